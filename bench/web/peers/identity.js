/** The floor: the cost of streams and harness if frames stay untouched. */
import { pump } from "../pump.js";

export async function startPipe() {
  return { connect: (_direction, pipe) => void pump(pipe, (frame) => frame.data) };
}

export async function startCipher() {
  return () => ({ seal: (frame) => frame, open: (frame) => frame });
}
