// A worker dies and cannot be replaced: scenarios for no-worker.test.mjs.
import { Sealframe } from "/dist/index.js";
import { kill, record, within } from "./deaths.js";
import { keyed, workers } from "./pair.js";

globalThis.scenarios = {
  /**
   * Begins calls whose workers come from these files. The test changes the files before the workers
   * end.
   */
  async "begin elsewhere"(files) {
    globalThis.elsewhere = [];
    for (const file of files) {
      const workerUrl = new URL(file, location).href;
      const own = await Sealframe.start({ device: false, workerUrl });
      elsewhere.push({ own, workerUrl, call: await keyed(own), worker: workers.at(-1) });
    }
  },

  /**
   * Ends the workers.
   * @returns when and how each call continued or ended, and how many workers it started
   */
  async "end elsewhere"() {
    const start = performance.now();
    const ended = elsewhere.map(async ({ own, call, worker, workerUrl }) => {
      const events = record(call, "restarted", "error");
      const before = workers.filter(({ url }) => url === workerUrl).length;
      kill(worker);
      const stats = await within(call.stats(), "stats", 150_000).then(
        () => "done",
        (error) => error.code,
      );
      const at = performance.now() - start;
      await own.close();
      return {
        stats,
        at,
        events,
        workers: workers.filter(({ url }) => url === workerUrl).length - before,
      };
    });
    return Promise.all(ended);
  },
};

globalThis.ready = true;
