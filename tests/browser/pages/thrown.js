import { SealframeError } from "/dist/index.js";

/** What a call throws: at once or later, and whether it is one of ours. */
export async function thrown(act) {
  try {
    await act();
    return "nothing";
  } catch (error) {
    return error instanceof SealframeError ? error.code : `${error.name}: ${error.message}`;
  }
}
