// A sends three layers of a simulcast, and B changes between them.

/** Milliseconds that a change of layers may take. */
const LIMIT = 60_000;
/** Layers that B asks for; 0 is the smallest. */
const LAYERS = [2, 0, 1];
/** The size of the picture in each layer. */
const SIZES = ["240x135", "480x270", "960x540"];

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const { b } = await room.enter(...room.names);
  const layers = [];
  for (const layer of LAYERS) layers.push(await b.ask("layer", "a", layer, LIMIT));
  await room.talk();
  const wanted = LAYERS.map((layer) => SIZES[layer]).join(", ");
  return { receiver: b, layers, unmet: [layers.join(", ") !== wanted && `layers of ${wanted}`] };
}
