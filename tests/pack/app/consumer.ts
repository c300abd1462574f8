// An application in the strictest TypeScript. pack.test.mjs compiles it against the package.
import { type CallEvents, Sealframe, SealframeError, type State, type Stats } from "sealframe";

type IsAny<T> = 0 extends 1 & T ? true : false;
type Plain = string | number | boolean | undefined | null | Uint8Array | RTCRtpSender;
/** `true` if a type, or a part of it, is `any`; else `never`. */
type AnyIn<T> =
  IsAny<T> extends true
    ? true
    : T extends Plain
      ? never
      : T extends readonly (infer Item)[]
        ? AnyIn<Item>
        : { [K in keyof T]-?: AnyIn<T[K]> }[keyof T];
type HasNoAny<T> = [AnyIn<T>] extends [never] ? true : false;
/** The fields of each event that are ours. */
type EventFields = { [K in keyof CallEvents]: Omit<CallEvents[K], keyof Event> };

// These lines do not compile if the type on the left is `false`.
export const statsHaveNoAny: HasNoAny<Stats> = true;
export const eventsHaveNoAny: HasNoAny<EventFields> = true;
export const optionsHaveNoAny: HasNoAny<Parameters<typeof Sealframe.start>[0]> = true;
export const codeIsUnion: string extends SealframeError["code"] ? false : true = true;
// biome-ignore lint/suspicious/noExplicitAny: shows that the lines above find one.
export const anyIsFound: HasNoAny<{ deep: { field: any }[] }> = false;

export async function run(pc: RTCPeerConnection) {
  const sealframe = await Sealframe.start();
  const call = await sealframe.join("room-42");
  call.addEventListener("leak-stopped", ({ code, rtpSender }) =>
    code === "header-extension" ? rtpSender.getParameters() : (code satisfies "leak-stopped"),
  );
  call.addEventListener("state", ({ state, code }) => `${words(state)} ${code}`);
  for (const sender of pc.getSenders()) call.seal(sender, { track: "camera" });
  const { streams } = await call.stats();
  // @ts-expect-error: with noUncheckedIndexedAccess the first stream may be missing
  streams[0].state;
  // @ts-expect-error: no such option
  await sealframe.join("room-43", { password: "words" });
}

/** A `switch` over all states needs no default. */
function words(state: State): string {
  switch (state) {
    case "waiting-for-key":
      return "waiting";
    case "sealed":
      return "sealed";
    case "failing":
      return "failing";
    case "not-sealed":
      return "plaintext";
  }
}

export function isBusy(error: unknown): boolean {
  if (!(error instanceof SealframeError)) throw error;
  // @ts-expect-error: no such code
  if (error.code === "no-such-code") return false;
  return error.code === "device-busy";
}
