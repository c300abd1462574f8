/** Types of a call's events in a page. */
import type { StopCode } from "../shared/codes.js";
import type { KeyEvents, TargetOf } from "../shared/events.js";
import type { Epoch, Labels, StateChange } from "../shared/types.js";

/** The fields of every event, by its name. */
export interface CallEvents extends KeyEvents {
  /** The devices of the call have a new epoch of their MLS group in common. */
  epoch: Event & Readonly<Epoch>;
  /** The state of a sender or receiver changed. It is in `rtpSender` or `rtpReceiver`. */
  state: Event &
    Readonly<StateChange> & {
      readonly rtpSender?: RTCRtpSender;
      readonly rtpReceiver?: RTCRtpReceiver;
    };
  /** This sender leaked, or would have; `code` says how. It has no track now. */
  "leak-stopped": Event &
    Readonly<Labels> & { readonly code: StopCode; readonly rtpSender: RTCRtpSender };
}

/** An EventTarget that knows these events. */
export type CallTarget = TargetOf<CallEvents>;
