// A client of Janus' videoroom: JSON over a WebSocket, one session, one handle. It knows nothing
// of keys. The caller protects the connections.

/** Milliseconds that Janus may take to answer. */
const REQUEST_LIMIT = 60_000;
/** Milliseconds between signs of life: Janus forgets a session that is silent for a minute. */
const KEEPALIVE = 20_000;
/** At most 2 Mbit/s for a publisher, in bits per second. Janus reports it to browsers. */
const BITRATE = 2_000_000;
/** At most 12 publish in a room: six members, each of which may be gone and back. */
const PUBLISHERS = 12;
/** Janus' code for a room that another publisher has just made. */
const ROOM_EXISTS = 427;

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
    videoroom.handle = (
      await videoroom.#ask({ janus: "attach", plugin: "janus.plugin.videoroom" })
    ).data.id;
    return videoroom;
  }

  /**
   * Makes the room if it does not exist, and publishes in it.
   * @param {RTCPeerConnection} pc @param {string} codec of the video
   * @param {number} [every] seconds between key frames that Janus asks for by itself; 0 for none
   * @returns the name of the feed
   */
  async publish(pc, codec, every = 0) {
    const { room } = this;
    await this.#makeRoom(codec, every);
    const { data } = await this.#say({ request: "join", ptype: "publisher", room });
    this.#trickle(pc);
    await pc.setLocalDescription();
    const { jsep } = await this.#say(
      { request: "configure", audio: true, video: true },
      pc.localDescription,
    );
    await pc.setRemoteDescription(jsep);
    // Before that Janus answers subscribers with "No such feed".
    await this.#up;
    return data.id;
  }

  /** Receives what `feed` sends. @param {RTCPeerConnection} pc */
  async subscribe(pc, feed) {
    const { room } = this;
    const { jsep } = await this.#say({
      request: "join",
      ptype: "subscriber",
      room,
      streams: [{ feed }],
    });
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

  async #makeRoom(codec, every) {
    const { room } = this;
    const { data } = await this.#say({ request: "exists", room });
    if (data.exists) return;
    const limits = { publishers: PUBLISHERS, bitrate: BITRATE, fir_freq: every };
    const codecs = { videocodec: codec, audiocodec: "opus" };
    await this.#say({ request: "create", room, ...limits, ...codecs }).catch((error) => {
      if (error.code !== ROOM_EXISTS) throw error;
    });
  }

  #trickle(pc) {
    pc.onicecandidate = ({ candidate }) => {
      const known = candidate ? candidate.toJSON() : { completed: true };
      this.#ask({ janus: "trickle", handle_id: this.handle, candidate: known }).catch(() => {});
    };
  }

  /** Sends a request to the room. @returns what it answers, and its description */
  async #say(body, jsep) {
    const { plugindata, jsep: description } = await this.#ask({
      janus: "message",
      handle_id: this.handle,
      body,
      jsep,
    });
    const { data } = plugindata;
    if (data.error) {
      const error = new Error(`Janus refuses ${body.request}: ${data.error}`);
      throw Object.assign(error, { code: data.error_code });
    }
    return { data, jsep: description };
  }

  #ask(message) {
    const transaction = `${++this.#count}`;
    const answer = new Promise((done, failed) => {
      const late = () =>
        failed(new Error(`Janus does not answer: ${message.janus} ${message.body?.request ?? ""}`));
      const timer = setTimeout(late, REQUEST_LIMIT);
      // A message gets an answer after its "ack"; these two get an "ack" only.
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
