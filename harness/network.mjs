// A private network that can lose datagrams. The command runs again in a network namespace with a
// loopback and one made-up interface. The namespace ends with its last process, and nothing leaves
// it.
import { execFileSync, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { Stop } from "./steps.mjs";

/** Environment variable of the command that runs again. Its value is the namespace that it left. */
const OUTSIDE = "SEALFRAME_OUTSIDE";
const here = () => readlinkSync("/proc/self/ns/net");

/** The addresses of media. Firefox gathers no candidates if there is only a loopback interface. */
const ADDRESS = "10.77.0.1";
const INTERFACES = [
  "ip link set lo up",
  "ip link add sealframe0 type veth peer name sealframe1",
  `ip address add ${ADDRESS}/24 dev sealframe0`,
  "ip link set sealframe0 up",
  "ip link set sealframe1 up",
  "ip route add default dev sealframe0",
  "sysctl -q net.ipv6.conf.all.disable_ipv6=1",
];

/**
 * All packets between local addresses pass through loopback. Some kernels lack netem, so a delayed
 * packet goes through a class of 100 kB/s that counts 2000 bytes more per packet. That delays it by
 * about 25 ms, and later packets overtake it.
 */
const DETOUR = [
  "tc qdisc add dev lo root handle 1: htb default 0",
  "tc class add dev lo parent 1: classid 1:2 htb rate 800kbit burst 10 cburst 10 quantum 6000 overhead 2000",
  "tc qdisc add dev lo parent 1:2 pfifo limit 10",
];

const TABLE = [
  "nft add table ip sealframe",
  // Packets are dropped on arrival. If they were dropped on departure, the sender would get an
  // error.
  "nft add chain ip sealframe arriving { type filter hook input priority 0; }",
  "nft add chain ip sealframe leaving { type filter hook output priority 0; }",
];

/** Percentage of the packets. */
const DUPLICATED = 5;
const DELAYED = 10;

/** True in the command that runs again. */
export function isPrivate() {
  return OUTSIDE in process.env && process.env[OUTSIDE] !== here();
}

/**
 * One address for media only: under loss browsers switch addresses, and Janus does not always
 * follow.
 */
export function mediaAddress() {
  return isPrivate() ? ADDRESS : "127.0.0.1";
}

/** Throws a Stop that says what is missing, before anything starts. */
export function checkAllowed() {
  if (!isAllowed())
    throw new Stop(
      "this call needs a network namespace of its own: run it as root, where those are allowed",
    );
}

/** Runs this command again in a private network. @returns its exit code */
export function runPrivately() {
  const env = { ...process.env, [OUTSIDE]: here() };
  const again = spawn("unshare", ["--net", process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
    env,
  });
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"])
    process.removeAllListeners(signal).on(signal, () => again.kill(signal));
  return new Promise((done, failed) =>
    again.once("error", failed).once("exit", (code) => done(code ?? 1)),
  );
}

/** Whether this user may make network namespaces. */
export function isAllowed() {
  try {
    sh("unshare --net true");
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** The network that `runPrivately` runs in. */
export class Network {
  constructor() {
    if (!isPrivate() || sh("ip route") !== "") throw new Error("this network is not private");
    [...INTERFACES, ...DETOUR, ...TABLE].forEach(sh);
  }

  /** Starts losing `loss` percent of the datagrams. With `disorder` others come twice or late. */
  impair(loss, disorder) {
    const some = (percent) => `meta l4proto udp numgen random mod 100 < ${percent} counter`;
    sh(`nft add rule ip sealframe arriving ${some(loss)} drop`);
    if (!disorder) return;
    sh(`nft add rule ip sealframe leaving ${some(DUPLICATED)} dup to 127.0.0.1 device lo`);
    sh(`nft add rule ip sealframe leaving ${some(DELAYED)} meta priority set 1:2`);
  }

  /** Stops losing datagrams. @returns how many were lost, duplicated and delayed */
  mend() {
    const counts = this.counts(true);
    for (const chain of ["arriving", "leaving"]) sh(`nft flush chain ip sealframe ${chain}`);
    return counts;
  }

  /**
   * How many datagrams were lost so far, and with `disorder` how many were duplicated and delayed.
   */
  counts(disorder) {
    const [[dropped], [duplicated = 0, delayed = 0]] = ["arriving", "leaving"].map(counters);
    return disorder ? { dropped, duplicated, delayed } : { dropped };
  }
}

function counters(chain) {
  const { nftables } = JSON.parse(sh(`nft -j list chain ip sealframe ${chain}`));
  const statements = nftables.flatMap(({ rule }) => rule?.expr ?? []);
  return statements.flatMap(({ counter }) => (counter ? [counter.packets] : []));
}

/** Runs a command, split at spaces. No argument here contains a space. */
function sh(command) {
  const [program, ...words] = command.split(" ");
  return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
