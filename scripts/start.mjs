// `npm start`: builds what is missing, then serves the demo.
import { build } from "./build.mjs";
import { main, say } from "./steps.mjs";

await main(async () => {
  await build();
  const { serve } = await import("../www/serve.mjs");
  const server = await serve({
    host: process.env.HOST ?? "127.0.0.1",
    port: Number(process.env.PORT ?? 8080),
  });
  say(`\nThe demo is at ${server.url}; Ctrl+C ends it.`);
});
