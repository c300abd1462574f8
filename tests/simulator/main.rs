//! Random calls. Members come, go and reload, and lose their stores and their clocks. The network
//! loses, delays, duplicates and partitions. The server replays, changes, swaps and forges. Some
//! promises are checked all the time, others after everything has healed.
//!
//! P-256 is fake in most runs, and RSA always is. ML-KEM is real. Results of host tasks come in any
//! order, some much later.
//!
//! `npm run sim` plays ten thousand calls. `SEALFRAME_SEED=n cargo test --profile sim --test
//! simulator -- --nocapture calls` plays one and prints its story.

#![allow(unreachable_pub, reason = "nothing is outside of a test")]

#[path = "../common/mod.rs"]
mod common;

mod devices;
mod flow;
mod holdings;
mod ledger;
mod plan;
mod rotation;
mod run;
mod server;
mod steps;
mod total;

use run::{Done, Run};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use total::Total;

/// Number of calls that `cargo test` plays.
const RUNS: u64 = 60;
const ROTATIONS: u64 = 2;

#[test]
fn random_calls_keep_every_promise() {
    if let Some(seed) = number("SEALFRAME_SEED") {
        print!("{}", one_call(seed).expect("a call in which all promises are kept").story);
        return;
    }
    let (runs, first) = (number("SEALFRAME_RUNS").unwrap_or(RUNS), number("SEALFRAME_FIRST"));
    let total = many_calls(first.unwrap_or(0), runs);
    report("calls", total.into_inner().expect("no panic").report());
}

#[test]
fn rotations_lose_no_frame() {
    let rotations = number("SEALFRAME_ROTATIONS").unwrap_or(ROTATIONS);
    report("rotations", json!(rotation::all(rotations)));
}

/// Plays calls on all cores, up to the first in which a promise is broken.
fn many_calls(first: u64, runs: u64) -> Mutex<Total> {
    let (next, failed) = (AtomicU64::new(first), AtomicBool::new(false));
    let (total, start) = (Mutex::new(Total::default()), Instant::now());
    on_all_cores(|| {
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + runs {
                return;
            }
            match one_call(seed) {
                Ok(done) => count(&total, done, runs, start),
                Err(why) if failed.swap(true, Ordering::Relaxed) => drop(why),
                Err(why) => println!("\n{why}"),
            }
        }
    });
    assert!(!failed.into_inner(), "a promise was broken");
    total
}

fn on_all_cores(work: impl Fn() + Sync) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(&work))));
}

fn count(total: &Mutex<Total>, done: Done, runs: u64, start: Instant) {
    let mut total = total.lock().expect("no panic");
    total.add(done);
    let played = total.runs() as u64;
    if played.is_multiple_of(1_000) && played < runs {
        println!("{played} of {runs} runs, {:.0} s", start.elapsed().as_secs_f64());
    }
}

/// Plays one call. An error has its story and its seed.
fn one_call(seed: u64) -> Result<Done, String> {
    let mut run = Run::new(seed);
    let played = catch_unwind(AssertUnwindSafe(|| run.play()));
    match played {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(_)) => {}
        Err(_) => run.tell_story("a panic"),
    }
    Err(format!("{}a broken promise: npm run sim -- --seed {seed} plays it again", run.story))
}

/// Writes the report for `npm run sim`, if it has asked for one.
fn report(what: &str, report: Value) {
    match std::env::var("SEALFRAME_REPORT") {
        Ok(folder) => std::fs::write(format!("{folder}/{what}.json"), report.to_string())
            .expect("a folder to write to"),
        Err(_) => println!("{report:#}"),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}
