/** What this side sends: camera and microphone, or a picture and a tone made here, and a screen. */
import { MadePicture, quietTone } from "./picture.js";

const CAMERA = { video: { width: 640, height: 360, frameRate: 24 }, audio: true };
const SCREEN = { video: { width: { max: 1280 }, height: { max: 720 }, frameRate: { max: 10 } } };
/** Of 20 ticks a second, a made-up picture changes at each of the first number, or each of the second. */
const STRIDE = { few: 1, many: 2 };

/**
 * Events: "track" (`detail`: a label and the track that is sent under it from now on) and "changed".
 */
export class Source extends EventTarget {
  muted = false;
  /** Whether made-up pictures save work, because many decode them. */
  calm = false;
  #picture;
  #made;
  /** @type {Record<string, MediaStreamTrack>} */
  #camera = {};
  #screen = null;
  #ticks = 0;

  /**
   * @param {string} deviceId
   * @param {EventTarget} ticker "tick" is when the next picture is due
   */
  constructor(deviceId, ticker) {
    super();
    this.#picture = new MadePicture(deviceId);
    this.#made = { camera: this.#picture.track, microphone: quietTone() };
    ticker.addEventListener("tick", () => this.#tick());
  }

  /** What is sent, by label. @returns {Record<string, MediaStreamTrack | null>} */
  get tracks() {
    return { ...this.#made, ...this.#camera, screen: this.#screen };
  }

  get hasCamera() {
    return "camera" in this.#camera;
  }

  get shares() {
    return this.#screen !== null;
  }

  /** In words: what is sent. */
  get words() {
    if (!this.hasCamera) return "a picture and a tone made here";
    return `camera and ${this.#camera.microphone ? "microphone" : "a quiet tone"}`;
  }

  /** The made-up picture says who made it. @param {string} name */
  sign(name) {
    this.#picture.label = name;
  }

  /** Camera and microphone if there are any and this page may use them. A camera alone will do. */
  async useCamera() {
    const stream = await ask(CAMERA).catch(() => ask({ ...CAMERA, audio: false }));
    const labels = { video: "camera", audio: "microphone" };
    this.#camera = Object.fromEntries(
      stream.getTracks().map((track) => [labels[track.kind], track]),
    );
    this.#send("camera", "microphone");
  }

  useMade() {
    Object.values(this.#camera).forEach((track) => track.stop());
    this.#camera = {};
    this.#send("camera", "microphone");
  }

  /** @param {boolean} on */
  mute(on) {
    this.muted = on;
    this.#send("microphone");
  }

  async share() {
    const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN);
    [this.#screen] = stream.getVideoTracks();
    this.#screen.onended = () => this.stopSharing();
    this.#send("screen");
  }

  stopSharing() {
    this.#screen?.stop();
    this.#screen = null;
    this.#send("screen");
  }

  #tick() {
    const stride = this.calm ? STRIDE.many : STRIDE.few;
    if (!this.hasCamera && this.#ticks++ % stride === 0) this.#picture.draw();
  }

  /** A muted microphone goes on to send: silence, sealed like everything else. */
  #send(...labels) {
    this.tracks.microphone.enabled = !this.muted;
    for (const label of labels) this.#tell("track", { label, track: this.tracks[label] });
    this.#tell("changed");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function ask(wanted) {
  if (!navigator.mediaDevices) throw new DOMException("no media devices", "NotFoundError");
  return navigator.mediaDevices.getUserMedia(wanted);
}
