import { SealframeError } from "/dist/index.js";

/** The code of a SealframeError that `act` throws or rejects with, or the text of another error. */
export async function thrown(act) {
  try {
    await act();
    return "nothing";
  } catch (error) {
    return error instanceof SealframeError ? error.code : `${error.name}: ${error.message}`;
  }
}
