/** What this side sends: camera and microphone, or a picture and a tone made here. */
import { $, write } from "./dom.js";

const SIZE = { width: 640, height: 360 };
const CAMERA = { video: { width: 640, height: 360, frameRate: 24 }, audio: true };
const GESTURES = ["click", "keydown"];

/** The tracks that are sent, and the button that changes them. */
export class Source {
  #picture;
  #made;
  #camera;
  #replace;

  /**
   * @param {string} deviceId
   * @param {EventTarget} ticker "tick" is when the next picture is due
   * @param {(track: MediaStreamTrack) => void} replace called with each track that takes another's place
   */
  constructor(deviceId, ticker, replace) {
    this.#replace = replace;
    this.#picture = new GeneratedPicture(deviceId);
    this.#made = { video: this.#picture.track, audio: quietTone() };
    ticker.addEventListener("tick", () => this.#camera || this.#picture.draw());
    $("source").onclick = () => (this.#camera ? this.#useMade() : this.#useCamera());
    this.#show();
    this.#useCamera();
  }

  get tracks() {
    return Object.values({ ...this.#made, ...this.#camera });
  }

  async #useCamera() {
    try {
      this.#camera = await camera();
      this.#changed();
    } catch (error) {
      // Without a camera there is nothing to choose; one that was refused may be allowed later.
      $("source").hidden = error.name === "NotFoundError";
    }
  }

  #useMade() {
    Object.values(this.#camera).forEach((track) => track.stop());
    this.#camera = undefined;
    this.#changed();
  }

  #changed() {
    this.tracks.forEach((track) => this.#replace(track));
    $("source").hidden = false;
    this.#show();
  }

  #show() {
    const [video] = this.tracks;
    $("my-picture").srcObject = new MediaStream([video]);
    write($("source"), this.#camera ? "Camera off" : "Camera on");
    const sound = this.#camera?.audio ? "microphone" : "a quiet tone";
    write($("my-source"), this.#camera ? `camera and ${sound}` : "a picture and a tone made here");
  }
}

/** A landscape that drifts by, with a clock; its colour is this device's. */
class GeneratedPicture {
  #canvas = Object.assign(document.createElement("canvas"), SIZE);
  #pen = this.#canvas.getContext("2d", { alpha: false });
  #hue;

  /** @param {string} deviceId */
  constructor(deviceId) {
    this.#hue = Number.parseInt(deviceId.slice(0, 4), 16) % 360;
    this.label = deviceId.slice(0, 4);
    this.draw();
    [this.track] = this.#canvas.captureStream().getVideoTracks();
  }

  /** The next picture. */
  draw() {
    const seconds = Date.now() / 1000;
    this.#sky(seconds);
    for (let hill = 0; hill < 5; hill++) this.#hill(hill, seconds);
    this.#clock();
  }

  #sky(seconds) {
    const { width, height } = SIZE;
    const sky = this.#pen.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, `hsl(${this.#hue} 45% 62%)`);
    sky.addColorStop(1, `hsl(${(this.#hue + 40) % 360} 70% 88%)`);
    this.#pen.fillStyle = sky;
    this.#pen.fillRect(0, 0, width, height);
    const x = width * (0.5 + 0.38 * Math.sin(seconds / 3));
    const y = 105 - 40 * Math.cos(seconds / 3);
    this.#pen.fillStyle = "hsl(45 100% 94%)";
    this.#pen.beginPath();
    this.#pen.arc(x, y, 34, 0, 2 * Math.PI);
    this.#pen.fill();
  }

  /** @param {number} n from far to near @param {number} seconds */
  #hill(n, seconds) {
    const { width, height } = SIZE;
    const drift = seconds * 0.25 * (n + 1);
    this.#pen.fillStyle = `hsl(${(this.#hue + n * 8) % 360} ${38 + n * 4}% ${58 - n * 10}%)`;
    this.#pen.beginPath();
    this.#pen.moveTo(0, height);
    for (let x = 0; x <= width; x += 8) {
      const wave =
        Math.sin(x / (150 - n * 14) + drift + n) + 0.5 * Math.sin(x / (61 - n * 5) + drift * 1.7);
      this.#pen.lineTo(x, height * (0.5 + n * 0.1) - 22 * wave);
    }
    this.#pen.lineTo(width, height);
    this.#pen.fill();
  }

  #clock() {
    const time = new Date().toISOString().slice(11, 21);
    this.#pen.textAlign = "center";
    this.#pen.fillStyle = "hsl(0 0% 100% / 0.95)";
    this.#pen.font = "600 64px ui-monospace, Menlo, Consolas, monospace";
    this.#pen.fillText(time, SIZE.width / 2, 296);
    this.#pen.font = "22px system-ui, sans-serif";
    this.#pen.fillText(`made by device ${this.label}…`, SIZE.width / 2, 332);
  }
}

/** A low, quiet tone. It begins with the first click or key: browsers keep pages silent until then. */
function quietTone() {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const volume = new GainNode(context, { gain: 0.03 });
  const tone = new OscillatorNode(context, { frequency: 196 });
  tone.connect(volume).connect(out);
  const begin = () => {
    for (const gesture of GESTURES) removeEventListener(gesture, begin);
    context.resume().then(
      () => tone.start(),
      () => {},
    );
  };
  for (const gesture of GESTURES) addEventListener(gesture, begin);
  return out.stream.getAudioTracks()[0];
}

/** Camera and microphone if there are any and this page may use them; a camera alone will do. */
async function camera() {
  const stream = await ask(CAMERA).catch(() => ask({ ...CAMERA, audio: false }));
  return Object.fromEntries(stream.getTracks().map((track) => [track.kind, track]));
}

function ask(wanted) {
  if (!navigator.mediaDevices) throw new Error("no media devices");
  return navigator.mediaDevices.getUserMedia(wanted);
}
