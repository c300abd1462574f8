// `npm run build`: sets up what a build needs, then builds dist/.
import { build } from "../harness/build.mjs";
import { main } from "../harness/steps.mjs";

await main(build);
