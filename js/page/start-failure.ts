/** Why worker.js did not start, as far as a page can find out: browsers report only that. */
import { within } from "../shared/time-limit.js";
import type { Cause } from "../shared/types.js";

/** How the end of a worker looked to the page. */
export type WorkerEnd = Omit<Cause, "url">;

/** At most this many milliseconds are spent on fetching the file once more. */
const FETCH_LIMIT_MS = 10_000;
/** Milliseconds to wait for the event of a policy violation, which comes after the failure. */
const VIOLATION_WAIT_MS = 200;

/** Collects the directives of the page's policy that forbid this file, until `signal` aborts. */
export function violations(url: string, signal: AbortSignal): Set<string> {
  const found = new Set<string>();
  const note = ({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent) => {
    if (blockedURI && url.startsWith(blockedURI)) found.add(effectiveDirective);
  };
  document.addEventListener("securitypolicyviolation", note, { signal });
  return found;
}

export async function causeOf(url: string, end: WorkerEnd, violated: Set<string>): Promise<Cause> {
  return { url, ...(end.reason === "not-run" ? await investigate(url, violated) : end) };
}

async function investigate(url: string, violated: Set<string>): Promise<WorkerEnd> {
  const response = await within(fetch(url), FETCH_LIMIT_MS, Error()).catch(() => undefined);
  await new Promise((done) => setTimeout(done, VIOLATION_WAIT_MS));
  if (new URL(url).origin !== location.origin) return { reason: "other-origin" };
  if (violated.has("worker-src")) return { reason: "worker-blocked" };
  if (!response) return { reason: violated.size ? "not-run" : "network" };
  if (!response.ok) return { reason: "http-status", status: response.status };
  const isScript = /script/.test(response.headers.get("content-type") ?? "");
  return { reason: isScript ? "not-run" : "wrong-file" };
}
