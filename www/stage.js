/** The tiles: one for each member, with a name, a state and a picture. */
import { $, copyOf, isPressed, press, toggle, write } from "./dom.js";
import { BytePicture } from "./serverview.js";
import { reason } from "./words.js";

/** How each state reads. */
const STATES = {
  connecting: "Connecting",
  failed: "No connection",
  plain: "Not sealed: not shown",
  refused: "Refused: not genuine",
  removed: "Removed",
  sealed: "Sealed",
  silent: "Nothing arrives",
  waiting: "Waiting for a key",
};
/** States in which the last picture stays, under a veil. */
const HELD = ["failed", "plain", "refused", "silent", "waiting"];

/** Events: "view" (`detail`: whose frames the server's view shall show) and "remove" (`detail`: a device). */
export class Stage extends EventTarget {
  /** By device. @type {Map<string, Tile>} */
  #tiles = new Map();
  #loud = false;
  #canRemove;

  /** @param {boolean} canRemove whether members can be removed */
  constructor(canRemove) {
    super();
    this.#canRemove = canRemove;
    $("tiles").replaceChildren();
    toggle($("all-bytes"), (on) => this.#showAll(on));
    toggle($("sound"), (on) => this.#play(on));
    press($("all-bytes"), false);
    press($("sound"), false);
  }

  /** Our own tile. @param {string} id @param {string} name @param {MediaStream} stream */
  addOwn(id, name, stream) {
    const tile = this.#add(id, `${name} (you)`, stream);
    tile.element.classList.add("own");
    tile.video.muted = true;
    tile.element.querySelector(".remove").remove();
  }

  /** @param {import("./person.js").Person} person */
  add(person) {
    this.drop(person.id);
    const tile = this.#add(person.id, person.name, person.stream);
    tile.removal.hidden = !this.#canRemove;
    tile.removal.onclick = () => this.#tell("remove", person.id);
  }

  drop(id) {
    for (const key of [id, `${id} screen`]) {
      this.#tiles.get(key)?.element.remove();
      this.#tiles.delete(key);
    }
  }

  /** A tile for the screen that a person shares. @param {import("./person.js").Person} person */
  showScreen({ id, name, shares, screen, listed }) {
    const key = `${id} screen`;
    const isThere = this.#tiles.has(key);
    if (!screen || isThere === (shares && listed)) return;
    if (isThere) return this.drop(key);
    const tile = this.#add(key, `Screen of ${name}`, screen);
    tile.removal.remove();
    tile.element.classList.add("screen");
    this.#tiles.get(id)?.element.after(tile.element);
  }

  /** @param {string} id @returns {Tile | undefined} */
  of(id) {
    return this.#tiles.get(id);
  }

  /** Shows a frame as the server has it, if somebody wants to see it. */
  see({ sender, track, bytes, cut }) {
    if (track === "camera") this.#tiles.get(sender)?.see(bytes, cut);
    else this.#tiles.get(`${sender} ${track}`)?.see(bytes, cut);
  }

  /** Streams that a tile shows as bytes. */
  get watched() {
    return [...this.#tiles].filter(([, tile]) => tile.showsBytes).map(([id]) => streamOf(id));
  }

  #add(id, name, stream) {
    const tile = new Tile(id, name, stream);
    this.#tiles.set(id, tile);
    tile.video.muted = !this.#loud;
    toggle(tile.viewing, (on) => {
      tile.showBytes(on);
      this.#tell("view", { stream: streamOf(id), on });
    });
    if (isPressed($("all-bytes"))) tile.showBytes(true);
    $("tiles").append(tile.element);
    return tile;
  }

  #showAll(on) {
    for (const tile of this.#tiles.values()) tile.showBytes(on);
    this.#tell("view", {});
  }

  #play(on) {
    this.#loud = on;
    for (const { element, video } of this.#tiles.values())
      video.muted = !on || element.classList.contains("own");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The stream that a tile shows. @param {string} id a device, with " screen" behind it or without */
function streamOf(id) {
  return id.includes(" ") ? id : `${id} camera`;
}

class Tile {
  #bytes;

  constructor(id, name, stream) {
    const element = copyOf("tile");
    const find = (selector) => element.querySelector(selector);
    Object.assign(this, { element, video: find("video"), removal: find(".remove") });
    this.viewing = find(".view");
    this.canvas = find("canvas");
    element.dataset.device = id;
    element.dataset.name = name;
    find("h3").id = `name-${id.replace(" ", "-")}`;
    element.setAttribute("aria-labelledby", find("h3").id);
    write(find("h3"), name);
    write(find(".view .hidden"), ` of ${name}`);
    write(find(".remove .hidden"), ` (${name})`);
    this.video.srcObject = stream;
    this.video.setAttribute("aria-label", `Picture of ${name}`);
    this.canvas.setAttribute("aria-label", `${name} as the server sees it`);
    this.#bytes = new BytePicture(this.canvas);
    this.show("connecting");
  }

  get showsBytes() {
    return !this.canvas.hidden;
  }

  showBytes(on) {
    this.canvas.hidden = !on;
    press(this.viewing, on);
  }

  see(bytes, cut) {
    if (this.showsBytes) this.#bytes.show(bytes, cut);
  }

  /** @param {keyof STATES} state @param {string} [code] why */
  show(state, code = "") {
    this.element.dataset.state = state;
    write(this.element.querySelector(".state"), STATES[state]);
    const veil = this.element.querySelector(".veil");
    veil.hidden = !HELD.includes(state) || this.showsBytes;
    write(veil, veil.hidden ? "" : code ? `No frame opens: ${reason(code)}.` : `${STATES[state]}.`);
  }

  /** Ends the picture: nothing of a removed member is shown. @param {string} by a name, or "" */
  end(by) {
    this.video.hidden = by !== "";
    write(this.element.querySelector(".state"), by ? `Removed by ${by}` : STATES.connecting);
    this.element.dataset.state = by ? "removed" : "connecting";
    this.removal.firstChild.data = by ? "Let in again" : "Remove";
    this.element.querySelector(".veil").hidden = true;
  }

  /** @param {string} text beside the state, or "" */
  mark(text) {
    const badge = this.element.querySelector(".badge");
    badge.hidden = text === "";
    write(badge, text);
  }

  /** @param {boolean} on */
  speak(on) {
    this.element.classList.toggle("speaking", on);
  }
}
