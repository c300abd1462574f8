// What can happen in a call. Each file has one scenario, for calls direct and via an SFU alike.
//
// `run(room)` returns the member whose figures are reported, goals that were missed as `unmet`, and
// figures of its own. `members` is how many members it needs.
import * as broker from "./broker.mjs";
import * as churn from "./churn.mjs";
import * as join from "./join.mjs";
import * as late from "./late.mjs";
import * as layers from "./layers.mjs";
import * as leave from "./leave.mjs";
import * as lossy from "./loss.mjs";
import * as rejoin from "./rejoin.mjs";
import * as restart from "./restart.mjs";
import * as comeBack from "./return.mjs";
import * as steady from "./steady.mjs";

/** What `--scenario` takes. */
export const SCENARIOS = { broker, churn, join, late, leave, rejoin, restart, return: comeBack };

/** @param {{ scenario?: string, loss?: number, simulcast?: boolean }} options */
export function scenarioOf({ scenario, loss, simulcast }) {
  if (loss) return lossy;
  if (simulcast) return layers;
  return scenario ? SCENARIOS[scenario] : steady;
}
