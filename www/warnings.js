/** What a user should know at once: unknown devices, and keys that a quantum computer could break. */
import { $, grouped, make, write } from "./dom.js";
import { tell } from "./timeline.js";
import { listed } from "./words.js";

/**
 * A person comes with a device that this browser never saw with that name.
 * @param {string} name @param {string[]} devices @param {(id: string) => void} compare
 */
export function warnOfDevices(name, devices, compare) {
  for (const id of devices) {
    tell(`${name} has a device that this browser never saw: ${grouped(id)}.`, "warn");
    const text = `${name} is here with a device that this browser never saw with that name (${grouped(id)}). It may be new. Or somebody else took the name: compare numbers to find out.`;
    const buttons = make("div", { className: "buttons" });
    const warning = make(
      "div",
      { className: "warning" },
      make("p", { textContent: text }),
      buttons,
    );
    const button = (textContent, onclick) =>
      buttons.append(make("button", { type: "button", textContent, onclick }));
    button(`Compare with ${name}`, () => compare(id));
    button("I know this device", () => warning.remove());
    warning.dataset.device = id;
    $("warnings").append(warning);
  }
}

/** @param {string} id a device that was compared or is gone */
export function endWarning(id) {
  $("warnings").querySelector(`[data-device="${id}"]`)?.remove();
}

/** @param {{ hybrid?: boolean, classic: string[], nameOf(id: string): string | undefined }} call */
export function showQuantum({ hybrid, classic, nameOf }) {
  const place = $("quantum");
  place.hidden = hybrid === undefined;
  const names = classic.map(nameOf).filter(Boolean);
  place.dataset.tone = hybrid ? "good" : "wait";
  if (hybrid)
    return write(
      place,
      "Recorded today, safe later: keys travel under two locks at once. One of them is made to withstand the quantum computers that may come (ML-KEM).",
    );
  const who = names.length > 0 ? listed(names) : "somebody";
  const has = names.length === 1 && names[0] !== "You" ? "has" : "have";
  write(
    place,
    `Not safe for ever: ${who} ${has} an older device. Keys to it lack the lock that withstands quantum computers (ML-KEM). If somebody records this call, such a computer could open it one day.`,
  );
}
