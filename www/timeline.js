/** What happened, newest first: a line with a time for each event. */
import { $, make } from "./dom.js";

/** At most 200 lines are kept: nobody reads back further. */
const LINES = 200;
/** Milliseconds in which the same line is not repeated: picture and sound often say the same. */
const ECHO = 3000;

/** When each text was last said. @type {Map<string, number>} */
const said = new Map();

/** @param {string} text @param {"good" | "bad" | "warn" | ""} [tone] */
export function tell(text, tone = "") {
  const now = performance.now();
  if (now - (said.get(text) ?? -ECHO) < ECHO) return;
  said.set(text, now);
  const time = make("time", { textContent: new Date().toLocaleTimeString("en-GB") });
  const list = $("events");
  list.prepend(make("li", { className: tone }, time, make("span", { textContent: text })));
  while (list.children.length > LINES) list.lastChild.remove();
  if (said.size > LINES) said.clear();
}
