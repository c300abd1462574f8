// A private TURN server: Debian's coturn on loopback. Media take no other way than its relay.
import { join } from "node:path";
import { needProgram } from "../find-program.mjs";
import { mediaAddress } from "../network.mjs";
import { freePorts, Workshop } from "../programs.mjs";
import { setupProgram } from "../setup.mjs";

/** Milliseconds that a start may take. */
const START_LIMIT = 120_000;
const USER = { username: "sealframe", credential: "relay" };

export function setup() {
  return setupProgram("coturn");
}

/** @returns {Promise<import("./index.mjs").MediaServer>} once it answers */
export async function start() {
  const [port] = await freePorts(1);
  const address = mediaAddress();
  const workshop = await Workshop.open("turn");
  try {
    const server = workshop.run(needProgram("coturn"), settings(workshop.folder, address, port));
    await server.says("Total General servers", START_LIMIT);
  } catch (error) {
    await workshop.close();
    throw error;
  }
  const iceServers = [{ urls: `turn:${address}:${port}`, ...USER }];
  const configuration = { iceServers, iceTransportPolicy: "relay" };
  const page = { client: "direct", configuration };
  return { page, origins: [], close: () => workshop.close() };
}

function settings(folder, address, port) {
  return [
    "-n", // no file of settings
    `--listening-ip=${address}`,
    `--relay-ip=${address}`,
    `--listening-port=${port}`,
    "--allow-loopback-peers",
    "--lt-cred-mech",
    `--user=${USER.username}:${USER.credential}`,
    "--realm=sealframe",
    "--no-tls",
    "--no-dtls",
    "--no-cli",
    `--pidfile=${join(folder, "pid")}`,
    `--userdb=${join(folder, "users")}`,
    "--log-file=stdout",
  ];
}
