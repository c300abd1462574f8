/** The form in front of the room. */
import { $, write } from "./dom.js";
import { invite } from "./page.js";

const NAME = "sealframe-demo/name";

/** Events: "join" (`detail`: name, way, passphrase and older, as they were chosen). */
export class Entrance extends EventTarget {
  #room;
  #key;

  /** @param {ReturnType<typeof import("./page.js").roomOfLink>} room @param {string} name that is proposed */
  constructor(room, name) {
    super();
    this.#room = room;
    this.#key = `sealframe-demo/in/${room.name}`;
    $("name").value = sessionStorage.getItem(NAME) ?? name;
    $("form").elements.way.value = room.way;
    $("form").onchange = () => this.#chosen();
    $("form").onsubmit = (event) => {
      event.preventDefault();
      this.#join();
    };
    this.#lockWay();
    this.#chosen();
  }

  /** Shows the form, or goes in at once if this tab was in before it was reloaded. */
  begin() {
    const before = JSON.parse(sessionStorage.getItem(this.#key) ?? "null");
    $("older").checked = before?.older ?? false;
    // A passphrase is stored nowhere.
    if (before && this.#room.way !== "passphrase") this.#join();
    else this.open();
  }

  /** @param {string} [problem] why nobody got in */
  open(problem = "") {
    sessionStorage.removeItem(this.#key);
    $("entrance").hidden = false;
    $("problem").hidden = problem === "";
    write($("problem"), problem);
    $("name").focus();
  }

  /** All in a room use the same way, so a link decides. */
  #lockWay() {
    if (!this.#room.invited) return;
    for (const input of $("form").elements.way) input.disabled = !input.checked;
    $("ways-note").hidden = false;
  }

  #chosen() {
    this.#room.way = $("form").elements.way.value;
    const isWords = this.#room.way === "passphrase";
    $("words").hidden = !isWords;
    $("passphrase").required = isWords;
    invite(this.#room);
  }

  #join() {
    const name = $("name").value.trim();
    if (!name) return;
    const { way } = this.#room;
    const older = $("older").checked;
    const passphrase = $("passphrase").value;
    $("passphrase").value = "";
    $("entrance").hidden = true;
    sessionStorage.setItem(NAME, name);
    sessionStorage.setItem(this.#key, JSON.stringify({ older }));
    this.dispatchEvent(new CustomEvent("join", { detail: { name, way, passphrase, older } }));
  }
}
