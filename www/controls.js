/** The buttons below the tiles that concern what this page sends. */
import { $, press, toggle, write } from "./dom.js";

/**
 * @param {import("./source.js").Source} source
 * @param {{ failed(error: Error): void, leave(): void }} use
 */
export function followControls(source, { failed, leave }) {
  const show = () => {
    write($("source"), source.hasCamera ? "Camera off" : "Camera on");
    write($("share"), source.shares ? "Stop sharing" : "Share screen");
    press($("mute"), source.muted);
    write($("mute"), source.muted ? "Muted" : "Mute");
  };
  source.addEventListener("changed", show);
  toggle($("mute"), (on) => source.mute(on));
  $("source").hidden = !navigator.mediaDevices;
  $("source").onclick = () =>
    source.hasCamera ? source.useMade() : source.useCamera().catch(failed);
  $("share").hidden = !navigator.mediaDevices?.getDisplayMedia;
  $("share").onclick = () => (source.shares ? source.stopSharing() : source.share().catch(failed));
  $("leave").onclick = leave;
  show();
}
