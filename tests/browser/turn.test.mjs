// Calls whose media take no other way than a TURN relay. Only `npm run test:long` runs them.
import { describe, test } from "node:test";
import { useServer } from "./sfu.mjs";

const skip = !process.env.SEALFRAME_LONG && "npm run test:long";

describe("calls via a relay", { skip }, () => {
  const call = useServer("turn");

  for (const [codec, from, to] of [
    ["vp8", "chromium", "chromium"],
    ["av1", "chromium", "firefox"],
  ]) {
    test(`${codec} via a relay, ${from} to ${to}`, () => call(codec, from, to));
  }
});
