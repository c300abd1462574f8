// A bot in Node is a member of a call with a browser: it opens what the browser sends, and the
// browser shows what it sends.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { deviceFile, Sealframe } from "sealframe/node";
import { Bot } from "../../harness/bot.mjs";
import { sleep } from "../../harness/sleep.js";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

/** Milliseconds between two looks into the page's outbox. */
const POLL_MS = 20;

describe("a bot in Node", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines } = usePage(name, "bot.html");

    test("opens every frame of a browser, and the browser shows every frame of it", async (t) => {
      const folder = mkdtempSync(join(tmpdir(), "sealframe-"));
      const device = await deviceFile(join(folder, "bot"), new Uint8Array(32).fill(3));
      const sealframe = await Sealframe.start({ device });
      const call = await sealframe.join("room-42");
      const { id, bytes } = sealframe.bundle;
      const member = await run("start", { id, bytes: [...bytes] });
      call.addEventListener("message", ({ bytes }) => run("receive", [...bytes]).catch(() => {}));
      let over = false;
      const carry = async () => {
        while (!over) {
          for (const bytes of await run("outbox"))
            await call.receive(Uint8Array.from(bytes), member.id);
          await sleep(POLL_MS);
        }
      };
      const carrying = carry();
      await call.setMembers([{ id: member.id, bytes: Uint8Array.from(member.bytes) }]);
      const bot = new Bot(call, member.id);
      await run("accept", await bot.answer(await run("offer")));
      const shown = await run("watch");
      over = true;
      await carrying;
      const { audio, video } = bot.counts;
      t.diagnostic(`first frame after ${Math.round(bot.firstAfter)} ms`);
      t.diagnostic(`${video.opened} pictures and ${audio.opened} sounds opened`);
      assert.deepEqual([audio.came - audio.opened, video.came - video.opened], [0, 0]);
      assert.ok(audio.opened > 50 && video.opened > 30, JSON.stringify(bot.counts));
      assert.deepEqual(shown.wrong, [], "frames that the browser could not open");
      assert.ok(shown.audio > 50 && shown.video > 30, JSON.stringify(shown));
      assert.ok(shown.picture > 10 && shown.tone, JSON.stringify(shown));
      assert.equal(bot.ivf().readUInt32LE(24), video.opened);
      assert.equal(bot.recording.video[0].frame[0] & 1, 0, "the recording starts with a key frame");
      const { seconds, hertz } = await run("play", [...bot.ogg()]);
      assert.ok(seconds > 1, `${seconds} s of sound`);
      assert.ok(Math.abs(hertz - 500) < 10, `a tone of ${hertz} Hz`);
      await bot.close();
      await sealframe.close();
      rmSync(folder, { recursive: true });
    });

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));
  });
});
