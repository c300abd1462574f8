// All that an application on mediasoup-client adds for sealframe.
import type { types } from "mediasoup-client";
import type { Bundle, Call } from "sealframe";
import { consume, produce, transportOptions } from "sealframe/mediasoup";

export type Offered = types.ConsumerOptions & { appData: { label: string } };
export const options = (call: Call, given: types.TransportOptions) => transportOptions(call, given);
export const publish = (call: Call, to: types.Transport, track: MediaStreamTrack, label: string) =>
  produce(call, to, { track, appData: { label } });
export const subscribe = (call: Call, to: types.Transport, offered: Offered, { id }: Bundle) =>
  consume(call, to, { ...offered, from: id });
