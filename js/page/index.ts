/** End-to-end encryption for WebRTC calls: the public API. */
export { SealframeError } from "../shared/errors.js";
export { Call } from "./call.js";
export { Sealframe } from "./sealframe.js";

export type { ErrorCode, StopCode, StreamCode } from "../shared/codes.js";
export type {
  Bundle,
  Bytes,
  Cause,
  Labels,
  MemberStats,
  Progress,
  State,
  StateChange,
  Stats,
  StreamStats,
} from "../shared/types.js";
export type { CallEvents, CallTarget } from "./events.js";
export type { Missing, Support } from "./support.js";
export type {
  JoinOptions,
  Keys,
  OpenOptions,
  Person,
  Policy,
  SealOptions,
  StartOptions,
} from "./options.js";
