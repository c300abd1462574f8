/** `sealframe/mediasoup`: seals the producers and opens the consumers of a mediasoup-client. */
import { type Call, SealframeError } from "./index.js";

/** Options of a transport of mediasoup-client. */
export interface TransportOptions {
  additionalSettings?: Partial<RTCConfiguration>;
}

/** The transport of `device.createSendTransport()`. */
export interface SendTransport {
  // biome-ignore lint/suspicious/noExplicitAny: the options and producer of any version fit.
  produce(options: any): Promise<any>;
}

/** The transport of `device.createRecvTransport()`. */
export interface ReceiveTransport {
  // biome-ignore lint/suspicious/noExplicitAny: the options and consumer of any version fit.
  consume(options: any): Promise<any>;
}

/** The label that both ends know a track by. It travels with the producer. */
export interface Labelled {
  appData: { label: string };
}

/** The part of the options that this module reads. */
interface Options {
  appData?: { label?: unknown };
  onRtpSender?: (sender: RTCRtpSender) => void;
  onRtpReceiver?: (receiver: RTCRtpReceiver) => void;
}

/** Adds the call's configuration to the options of a transport. Both transports need it. */
export function transportOptions<T extends TransportOptions>(call: Call, options: T): T {
  const additionalSettings = call.configuration(options.additionalSettings);
  return { ...options, additionalSettings };
}

/** `transport.produce()`, whose sender is sealed before it can send. */
export function produce<T extends SendTransport>(
  call: Call,
  transport: T,
  options: NonNullable<Parameters<T["produce"]>[0]> & Labelled,
): Promise<Awaited<ReturnType<T["produce"]>>>;
export async function produce(call: Call, transport: SendTransport, options: Options) {
  const track = labelOf(options);
  const onRtpSender = (sender: RTCRtpSender) => {
    call.seal(sender, { track });
    options.onRtpSender?.(sender);
  };
  return transport.produce({ ...options, onRtpSender });
}

/**
 * `transport.consume()`, whose receiver renders genuine frames of the device `from` or nothing. The
 * server says which label the track has. It does not say which device sends it: that is for the
 * application to know.
 */
export function consume<T extends ReceiveTransport>(
  call: Call,
  transport: T,
  options: Parameters<T["consume"]>[0] & Labelled & { from: string },
): Promise<Awaited<ReturnType<T["consume"]>>>;
export async function consume(
  call: Call,
  transport: ReceiveTransport,
  { from, ...options }: Options & { from: string },
) {
  const track = labelOf(options);
  let failure: { error: unknown } | undefined;
  const onRtpReceiver = (receiver: RTCRtpReceiver) => {
    // mediasoup-client makes several consumers at once. If this threw, it would refuse them all.
    try {
      call.open(receiver, { from, track });
    } catch (error) {
      failure = { error };
    }
    options.onRtpReceiver?.(receiver);
  };
  const consumer = await transport.consume({ ...options, onRtpReceiver });
  if (!failure) return consumer;
  consumer.close();
  throw failure.error;
}

function labelOf({ appData }: Options): string {
  if (typeof appData?.label === "string") return appData.label;
  throw new SealframeError("bad-argument", "appData.label");
}
