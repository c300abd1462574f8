/** Sealframe for programs that are no browser: recorders, transcribers, agents. */
export { SealframeError } from "../shared/errors.js";
export { Call } from "./call.js";
export { deviceFile } from "./device-file.js";
export { Sealframe } from "./sealframe.js";
export { Track } from "./track.js";

export type { Keys, Person } from "../page/options.js";
export type { KeyEvents, TargetOf } from "../shared/events.js";
export type { ErrorCode, StopCode, StreamCode } from "../shared/codes.js";
export type {
  Bundle,
  Bytes,
  Labels,
  MemberStats,
  State,
  StateChange,
  Stats,
  StreamStats,
} from "../shared/types.js";
export type { SigningKey } from "./device-file.js";
export type { JoinOptions, StartOptions } from "./sealframe.js";
export type { OpenTrackOptions, SealTrackOptions } from "./track.js";
