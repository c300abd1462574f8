// A picture and a member for applications, and a look at what arrives.
import { type Bundle, type Call, Sealframe } from "sealframe";

/** At most this many milliseconds until a picture is shown. Only a fault reaches it. */
const PATIENCE_MS = 30_000;
/** As many colours as a picture that runs has soon, and one that stands still never has. */
const ENOUGH = 10;

export interface Member {
  sealframe: Sealframe;
  call: Call;
  bundle: Bundle;
}

/** One of several devices of this profile, in a call. */
export async function member(name: string, room: string): Promise<Member> {
  const sealframe = await Sealframe.start({ name });
  return { sealframe, bundle: sealframe.bundle as Bundle, call: await sealframe.join(room) };
}

/** A camera that shows one colour, which changes. */
export function camera(): MediaStreamTrack {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  let tick = 0;
  const draw = () => {
    context.fillStyle = `hsl(${tick++ % 360} 80% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  draw();
  const track = canvas.captureStream().getVideoTracks()[0] as MediaStreamTrack;
  const timer = setInterval(
    () => (track.readyState === "ended" ? clearInterval(timer) : draw()),
    40,
  );
  return track;
}

/**
 * Plays a track until the picture has changed often enough, or too long. Firefox does not count the
 * frames that it shows. @returns how often it changed
 */
export async function shown(track: MediaStreamTrack): Promise<number> {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream([track]) });
  document.body.append(video);
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  const colours = new Set<string>();
  await until(() => {
    if (video.videoWidth === 0) return false;
    context.drawImage(video, 0, 0, 1, 1);
    colours.add(context.getImageData(0, 0, 1, 1).data.join());
    return colours.size >= ENOUGH;
  });
  return colours.size;
}

/** 50 ms. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

/** Waits until the test holds, or too long. */
export async function until(test: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !test(); ) await pause();
}

/** What the stream of the other side's camera has counted. */
export async function opened({ call }: Member) {
  const { streams } = await call.stats();
  const stream = streams.find(({ direction }) => direction === "open");
  return { frames: stream?.frames ?? 0, dropped: Object.keys(stream?.dropped ?? {}) };
}

/** "done", or the code of an error. */
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code ?? String(error),
  );
