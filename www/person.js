/** Another member, as this page knows it. */

/**
 * Events: "link" (`detail`: the state of the connection) and "changed" (something of what others
 * see of it).
 */
export class Person extends EventTarget {
  /** Who took this person off the list of members, or "" if it is on it. */
  removedBy = "";
  muted = false;
  /** Whether this person shares a screen. */
  shares = false;
  /** What it counted last of the frames that reach it: refused, opened and plain, by sender. */
  report = { refused: {}, opened: {}, plain: {} };
  /** What it sends, opened: camera and microphone, and the screen. */
  stream = new MediaStream();
  screen = new MediaStream();

  /** @param {{ relayId: string, id: string, name: string, bundle: string }} hello */
  constructor(hello) {
    super();
    this.relayId = hello.relayId;
    this.id = hello.id;
    this.name = hello.name;
    this.bundle = hello.bundle;
  }

  /** Whether it is on this page's list of members. */
  get listed() {
    return !this.removedBy;
  }

  /** @param {{ label: string, track: MediaStreamTrack }} received */
  play({ label, track }) {
    const stream = label === "screen" ? this.screen : this.stream;
    for (const old of stream.getTracks())
      if (old.kind === track.kind && old !== track) stream.removeTrack(old);
    stream.addTrack(track);
    this.changed();
  }

  /** @param {string} state of the connection */
  connected(state) {
    this.dispatchEvent(new CustomEvent("link", { detail: state }));
  }

  /** @param {Partial<Person>} [news] */
  changed(news = {}) {
    Object.assign(this, news);
    this.dispatchEvent(new CustomEvent("changed"));
  }
}
