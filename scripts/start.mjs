// `npm start`: builds what is missing, then serves the demo.
import { build } from "../harness/build.mjs";
import { main, say } from "../harness/steps.mjs";

await main(async () => {
  await build();
  // Imported late: in a fresh clone `build` has just installed the packages that it imports.
  const { serve } = await import("../harness/serve.mjs");
  const server = await serve({
    host: process.env.HOST ?? "127.0.0.1",
    port: Number(process.env.PORT ?? 8080),
  });
  say(`\nThe demo is at ${server.url}; Ctrl+C ends it.`);
});
