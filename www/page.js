/** The parts of the page that say who is here and how it goes. */
import { $, make, write } from "./dom.js";

/** More lines than these nobody reads back. */
const LINES = 40;

/** @param {"wait" | "good" | "bad"} tone @param {string} text */
export function status(tone, text) {
  $("status").dataset.tone = tone;
  write($("status"), text);
}

/** One more line of what happened, newest first. @param {string} text @param {"good" | "bad" | ""} [tone] */
export function tell(text, tone = "") {
  const time = make("time", { textContent: new Date().toLocaleTimeString("en-GB") });
  $("events").prepend(make("li", { className: tone }, time, make("span", { textContent: text })));
  while ($("events").children.length > LINES) $("events").lastChild.remove();
}

/** The room's name is behind the #, where it stays out of the requests for this page. */
export function roomName() {
  const name = location.hash.slice(1);
  if (/^[a-z0-9-]{1,40}$/.test(name)) return name;
  const letters = crypto.getRandomValues(new Uint8Array(8));
  const made = Array.from(letters, (byte) => "abcdefghijkmnpqrstuvwxyz23456789"[byte % 32]).join(
    "",
  );
  history.replaceState(null, "", `#${made}`);
  return made;
}

/** The link to this room, to be copied or opened. */
export function invite() {
  $("link").value = $("other").href = location.href;
  $("link").onfocus = () => $("link").select();
  $("copy").onclick = copyLink;
  addEventListener("hashchange", () => location.reload());
}

/** @param {string} id 32 hexadecimal digits, shown in groups of four */
export function showId(element, id) {
  write(element, id ? id.match(/.{1,4}/g).join(" ") : "not here yet");
}

/**
 * What the other side's tile shows.
 * @param {"none" | "live" | "held"} picture none yet, moving, or stopped
 * @param {string} [why]
 */
export function theirPicture(picture, why = "") {
  $("theirs").dataset.picture = picture;
  $("empty").hidden = picture !== "none";
  $("held").hidden = picture !== "held";
  write($("held"), picture === "held" ? why : "");
  if (picture === "none" && why) write($("empty-text"), why);
}

/** A button that stays pressed. @param {HTMLElement} button @param {(on: boolean) => void} act */
export function toggle(button, act) {
  button.onclick = () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    act(on);
  };
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
