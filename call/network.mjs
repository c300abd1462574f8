// A network of one's own, to be made bad: the command runs again in a network namespace that has a
// loopback and one made-up interface and ends with its last process. Nothing of it is ever outside.
import { execFileSync, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { Stop } from "../scripts/steps.mjs";

/** In the environment of the command that runs again: the namespace that it left. */
const OUTSIDE = "SEALFRAME_OUTSIDE";
const here = () => readlinkSync("/proc/self/ns/net");

/** Where media goes. Firefox gathers no candidates where there is nothing but loopback. */
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
 * All packets between local addresses pass by loopback. There is no netem in every kernel, so the
 * detour of a delayed packet is a class that lets one through in about 25 ms: its size counts with
 * 2000 bytes more, at 100 kB/s. Those behind a delayed packet overtake it.
 */
const DETOUR = [
  "tc qdisc add dev lo root handle 1: htb default 0",
  "tc class add dev lo parent 1: classid 1:2 htb rate 800kbit burst 10 cburst 10 quantum 6000 overhead 2000",
  "tc qdisc add dev lo parent 1:2 pfifo limit 10",
];

const TABLE = [
  "nft add table ip sealframe",
  // Not where they leave: a sender would be told that its packet was refused.
  "nft add chain ip sealframe arriving { type filter hook input priority 0; }",
  "nft add chain ip sealframe leaving { type filter hook output priority 0; }",
];

/** Of 100 packets. */
const DUPLICATED = 5;
const DELAYED = 10;

/** True in the command that runs again. */
export function isPrivate() {
  return OUTSIDE in process.env && process.env[OUTSIDE] !== here();
}

/** One for media only: under loss browsers go from one to another, and Janus does not always follow. */
export function mediaAddress() {
  return isPrivate() ? ADDRESS : "127.0.0.1";
}

/** Says what is missing, before anything is begun. */
export function checkAllowed() {
  if (!isAllowed()) throw new Stop("--loss needs a network namespace of its own: run it as root, where those are allowed");
}

/** Runs this command again in a network of its own. @returns its exit code */
export function runPrivately() {
  const env = { ...process.env, [OUTSIDE]: here() };
  const again = spawn("unshare", ["--net", process.execPath, ...process.argv.slice(1)], { stdio: "inherit", env });
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.removeAllListeners(signal).on(signal, () => again.kill(signal));
  return new Promise((done, failed) => again.once("error", failed).once("exit", (code) => done(code ?? 1)));
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
    if (!isPrivate() || sh("ip route") !== "") throw new Error("this is everybody's network");
    [...INTERFACES, ...DETOUR, ...TABLE].forEach(sh);
  }

  /** From now on `loss` of 100 datagrams are lost; with `disorder` some come twice, and some late. */
  impair(loss, disorder) {
    const some = (percent) => `meta l4proto udp numgen random mod 100 < ${percent} counter`;
    sh(`nft add rule ip sealframe arriving ${some(loss)} drop`);
    if (!disorder) return;
    sh(`nft add rule ip sealframe leaving ${some(DUPLICATED)} dup to 127.0.0.1 device lo`);
    sh(`nft add rule ip sealframe leaving ${some(DELAYED)} meta priority set 1:2`);
  }

  /** From now on no datagram is lost. @returns how many were lost, duplicated, delayed */
  mend() {
    const counts = this.counts(true);
    for (const chain of ["arriving", "leaving"]) sh(`nft flush chain ip sealframe ${chain}`);
    return counts;
  }

  /** How many were lost by now, and with `disorder` duplicated and delayed. */
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

/** Words are parted by spaces: these commands have none with a space in it. */
function sh(command) {
  const [program, ...words] = command.split(" ");
  return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
