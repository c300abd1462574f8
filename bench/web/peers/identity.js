/** The floor: what streams and the harness cost where nothing is done to a frame. */
import { pump } from "../pump.js";

export async function startPipe() {
  return { connect: (_direction, pipe) => void pump(pipe, (frame) => frame.data) };
}

export async function startCipher() {
  return () => ({ seal: (frame) => frame, open: (frame) => frame });
}
