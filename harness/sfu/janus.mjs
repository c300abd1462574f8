// A private Janus videoroom: Debian's program with our settings, on loopback only.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { needProgram } from "../find-program.mjs";
import { mediaAddress } from "../network.mjs";
import { Workshop, freePorts } from "../programs.mjs";

const START_LIMIT = 120_000;

/**
 * Modules of Debian's package that are not loaded: only the videoroom and WebSockets are needed.
 */
const UNUSED = {
  loggers: ["jsonlog"],
  plugins: [
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
  ],
  transports: ["http", "mqtt", "nanomsg", "pfunix", "rabbitmq"],
};

/** @returns {Promise<import("./index.mjs").MediaServer & { url: string }>} once it answers */
export async function start() {
  const [port] = await freePorts(1);
  const workshop = await Workshop.open("janus");
  const { folder } = workshop;
  const url = `ws://127.0.0.1:${port}`;
  try {
    await writeSettings(folder, port);
    const server = workshop.run(needProgram("janus"), [
      "-F",
      folder,
      "-C",
      join(folder, "janus.jcfg"),
    ]);
    await server.answers(url, "janus-protocol", START_LIMIT);
    const page = { client: "janus", url };
    return { page, origins: [url], url, close: () => workshop.close() };
  } catch (error) {
    await workshop.close();
    throw error;
  }
}

async function writeSettings(folder, port) {
  const disabled = Object.entries(UNUSED).map(([kind, names]) => {
    const files = names.map((name) => `libjanus_${name}.so`);
    return `${kind}: { disable = "${files.join(",")}" }`;
  });
  const files = {
    "janus.jcfg": [
      `general: { configs_folder = "${folder}", debug_level = 3, debug_colors = false }`,
      // Without trickle, candidates are in the descriptions, and the client has none to queue.
      `nat: { ice_enforce_list = "${mediaAddress()}", full_trickle = false }`,
      ...disabled,
    ],
    "janus.plugin.videoroom.jcfg": ["general: { string_ids = true }"],
    "janus.transport.websockets.jcfg": [
      `general: { ws = true, ws_ip = "127.0.0.1", ws_port = ${port}, wss = false }`,
      "admin: { admin_ws = false, admin_wss = false }",
    ],
  };
  const written = Object.entries(files).map(([name, lines]) =>
    writeFile(join(folder, name), `${lines.join("\n")}\n`),
  );
  await Promise.all(written);
}
