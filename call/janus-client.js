// A client of Janus' videoroom: JSON over a WebSocket, one session, one handle. It knows nothing
// of keys: the connections that it is handed are protected already, or not.

const REQUEST_LIMIT = 60_000;
/** Janus forgets a session that is silent for a minute. */
const KEEPALIVE = 20_000;
/** The room's limit for a publisher, in bits per second; Janus reports it to browsers. */
const BITRATE = 2_000_000;

export class Videoroom {
  #waiting = new Map();
  #isUp = () => {};
  #count = 0;
  /** Media can flow between Janus and us. */
  #up = new Promise((done) => (this.#isUp = done));

  /** @param {string} url @param {string} room any name */
  static async enter(url, room) {
    const videoroom = new Videoroom();
    videoroom.room = room;
    await videoroom.#connect(url);
    videoroom.session = (await videoroom.#ask({ janus: "create" })).data.id;
    videoroom.handle = (await videoroom.#ask({ janus: "attach", plugin: "janus.plugin.videoroom" })).data.id;
    return videoroom;
  }

  /**
   * Makes the room, if it is not there, and sends in it.
   * @param {RTCPeerConnection} pc @param {string} codec of the video
   * @param {number} [every] how often Janus asks for a key frame by itself, in seconds
   * @returns the feed's name
   */
  async publish(pc, codec, every = 0) {
    const { room } = this;
    const { data: there } = await this.#say({ request: "exists", room });
    if (!there.exists) await this.#say({ request: "create", room, publishers: 2, bitrate: BITRATE, fir_freq: every, videocodec: codec, audiocodec: "opus" });
    const { data } = await this.#say({ request: "join", ptype: "publisher", room });
    this.#trickle(pc);
    await pc.setLocalDescription();
    const { jsep } = await this.#say({ request: "configure", audio: true, video: true }, pc.localDescription);
    await pc.setRemoteDescription(jsep);
    // Before that nobody can subscribe: "No such feed".
    await this.#up;
    return data.id;
  }

  /** Receives what `feed` sends. @param {RTCPeerConnection} pc */
  async subscribe(pc, feed) {
    const { room } = this;
    const { jsep } = await this.#say({ request: "join", ptype: "subscriber", room, streams: [{ feed }] });
    this.#trickle(pc);
    await pc.setRemoteDescription(jsep);
    await pc.setLocalDescription();
    await this.#say({ request: "start", room }, pc.localDescription);
  }

  /** Asks for another simulcast layer; 0 is the smallest. @param {string} mid of the video */
  async choose(mid, substream) {
    await this.#say({ request: "configure", streams: [{ mid, substream }] });
  }

  close() {
    clearInterval(this.timer);
    this.socket?.close();
  }

  async #connect(url) {
    const socket = new WebSocket(url, "janus-protocol");
    this.socket = socket;
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    await new Promise((done, failed) => {
      socket.onopen = done;
      socket.onerror = () => failed(new Error("Janus cannot be reached"));
    });
    this.timer = setInterval(() => this.#ask({ janus: "keepalive" }).catch(() => {}), KEEPALIVE);
  }

  #trickle(pc) {
    pc.onicecandidate = ({ candidate }) => {
      const told = candidate ? candidate.toJSON() : { completed: true };
      this.#ask({ janus: "trickle", handle_id: this.handle, candidate: told }).catch(() => {});
    };
  }

  /** A request to the room: what it answers, and its description. */
  async #say(body, jsep) {
    const { plugindata, jsep: description } = await this.#ask({ janus: "message", handle_id: this.handle, body, jsep });
    const { data } = plugindata;
    if (data.error) throw new Error(`Janus refuses ${body.request}: ${data.error}`);
    return { data, jsep: description };
  }

  #ask(message) {
    const transaction = `${++this.#count}`;
    const answer = new Promise((done, failed) => {
      const late = () => failed(new Error(`Janus does not answer: ${message.janus} ${message.body?.request ?? ""}`));
      const timer = setTimeout(late, REQUEST_LIMIT);
      // The answer to a message comes behind its "ack"; these two get no other.
      const acked = message.janus === "trickle" || message.janus === "keepalive";
      this.#waiting.set(transaction, { done, failed, timer, acked });
    });
    this.socket.send(JSON.stringify({ ...message, transaction, session_id: this.session }));
    return answer.finally(() => this.#forget(transaction));
  }

  #forget(transaction) {
    clearTimeout(this.#waiting.get(transaction)?.timer);
    this.#waiting.delete(transaction);
  }

  #hear(message) {
    if (message.janus === "webrtcup") this.#isUp();
    const asked = this.#waiting.get(message.transaction);
    if (!asked || (message.janus === "ack" && !asked.acked)) return;
    if (message.janus === "error") asked.failed(new Error(`Janus: ${message.error.reason}`));
    else asked.done(message);
  }
}
