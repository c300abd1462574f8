/** The parts of the page that are there in every state: status, link, and what stops everything. */
import { $, write } from "./dom.js";

/** @param {"wait" | "good" | "bad"} tone @param {string} text */
export function status(tone, text) {
  $("status").dataset.tone = tone;
  write($("status"), text);
}

/** The page cannot go on. @param {string} why */
export function halt(why) {
  status("bad", "Cannot start");
  $("halt").hidden = false;
  write($("halt"), why);
}

/**
 * The room, and how its members get their keys. They are behind the #, so that requests for this
 * page do not have them. `invited`: a link said so.
 * @returns {{ name: string, way: string, invited: boolean }}
 */
export function roomOfLink() {
  const [, name, way = "devices"] =
    /^#([a-z0-9-]{1,40})(?:\/(mls|passphrase))?$/.exec(location.hash) ?? [];
  return name ? { name, way, invited: true } : { name: newName(), way: "devices", invited: false };
}

/** Puts the room into the address and the link. @param {{ name: string, way: string }} room */
export function invite({ name, way }) {
  history.replaceState(null, "", way === "devices" ? `#${name}` : `#${name}/${way}`);
  $("link").value = $("other").href = location.href;
}

/** Makes the link easy to copy. */
export function followLink() {
  $("link").onfocus = () => $("link").select();
  $("copy").onclick = copyLink;
  addEventListener("hashchange", () => location.reload());
}

function newName() {
  const letters = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(letters, (byte) => "abcdefghijkmnpqrstuvwxyz23456789"[byte % 32]).join("");
}

async function copyLink() {
  $("link").select();
  const copied = await navigator.clipboard.writeText(location.href).then(
    () => true,
    () => false,
  );
  write($("copy"), copied ? "Copied" : "Press Ctrl+C");
  setTimeout(() => write($("copy"), "Copy link"), 2000);
}
