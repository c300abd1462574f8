// The programs that tests, calls and the bench start, and where this machine has them. It imports
// Node's own modules only, because setup needs it before `npm ci`.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Stop } from "./steps.mjs";

/**
 * `env` names the variable that points to another place, `debian` the package that has the program.
 * Some are libraries. If few tests need a program, it `isRare`: `setupProgram` gets it when one of
 * them starts.
 * @type {Record<string, { env: string, names: string[], debian: string, folder?: string, isRare?: boolean }>}
 */
export const PROGRAMS = {
  chromium: {
    env: "CHROMIUM",
    names: ["chromium", "chromium-browser", "google-chrome"],
    debian: "chromium",
  },
  firefox: { env: "FIREFOX", names: ["firefox-esr", "firefox"], debian: "firefox-esr" },
  abc: { env: "ABC", names: ["berkeley-abc"], debian: "berkeley-abc" },
  janus: { env: "JANUS", names: ["janus"], debian: "janus" },
  coturn: { env: "TURNSERVER", names: ["turnserver"], debian: "coturn", isRare: true },
  "g++": { env: "CXX", names: ["g++"], debian: "g++", isRare: true },
  go: { env: "GO", names: ["go"], debian: "golang-go" },
  libsrtp2: library("SRTP", "srtp2/srtp.h", "libsrtp2-dev"),
  libssl: library("OPENSSL", "openssl/ssl.h", "libssl-dev"),
  libuv: library("LIBUV", "uv.h", "libuv1-dev"),
  pip: { env: "PIP", names: ["pip3"], debian: "python3-pip", isRare: true },
  pion: {
    env: "PION",
    names: ["webrtc"],
    folder: "/usr/share/gocode/src/github.com/pion",
    debian: "golang-github-pion-webrtc.v3-dev",
  },
  nft: { env: "NFT", names: ["nft"], debian: "nftables" },
  tc: { env: "TC", names: ["tc"], debian: "iproute2" },
  rabbitmq: {
    env: "RABBITMQ",
    names: ["rabbitmq-server"],
    // The command of this name in PATH is a wrapper that changes its user and its folder.
    folder: "/usr/lib/rabbitmq/bin",
    debian: "rabbitmq-server",
  },
};

/** The header of a C library. */
function library(env, header, debian) {
  return { env, names: [header], folder: "/usr/include", debian, isRare: true };
}

/** The path of a program, or undefined if this machine does not have it. @param {string} program */
export function findProgram(program) {
  const { env, names, folder } = PROGRAMS[program];
  // Network tools are not in every user's PATH.
  const folders = folder ? [folder] : [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env[env], ...paths].find((path) => path && existsSync(path));
}

/** The path of a program. It throws a Stop that says how to get one. @param {string} program */
export function needProgram(program) {
  const path = findProgram(program);
  const { env, debian } = PROGRAMS[program];
  if (path) return path;
  throw new Stop(
    `${program} is not installed. Name it in ${env}, or on Debian: apt install ${debian}`,
  );
}
