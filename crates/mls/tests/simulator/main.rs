//! Random MLS calls. Members join, leave and reload. The network loses, delays and doubles messages,
//! and falls apart. The server replays, bends and withholds. A member is dishonest. The cryptography
//! is real. The invariants are checked every 50 ms, and convergence after all faults have ended.
//!
//! `SEALFRAME_RUNS=n` plays n calls from `SEALFRAME_FIRST` on. `SEALFRAME_REPORT=folder` writes
//! `groups.json` there. `SEALFRAME_SEED=n cargo test -p sealframe-mls --test simulator calls --
//! --nocapture` plays one call and prints its story.
#![allow(unreachable_pub, reason = "a test has no outside")]

#[path = "../common/mod.rs"]
mod common;

mod broken;
mod checks;
mod plan;
mod run;
mod steps;

use run::{Done, Run};
use sealframe_mls::faults::Fault;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// `cargo test` plays 12 calls.
const RUNS: u64 = 12;

#[test]
fn random_calls_keep_every_promise() {
    if let Some(seed) = number("SEALFRAME_SEED") {
        match one_call(seed, None) {
            Ok(done) => print!("{}{done}", done.story),
            Err(why) => panic!("{why}"),
        }
        return;
    }
    let runs = number("SEALFRAME_RUNS").unwrap_or(RUNS);
    let total = many_calls(number("SEALFRAME_FIRST").unwrap_or(0), runs);
    report(&total);
}

/// Plays calls on all cores, until a promise is broken.
fn many_calls(first: u64, runs: u64) -> Done {
    let (next, failed) = (AtomicU64::new(first), AtomicBool::new(false));
    let total = Mutex::new(Done::default());
    on_all_cores(|| {
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + runs {
                return;
            }
            match one_call(seed, None) {
                Ok(done) => total.lock().expect("no panic").add(&done),
                Err(why) if failed.swap(true, Ordering::Relaxed) => drop(why),
                Err(why) => println!("\n{why}"),
            }
        }
    });
    assert!(!failed.into_inner(), "a promise was broken");
    total.into_inner().expect("no panic")
}

fn on_all_cores(work: impl Fn() + Sync) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(&work))));
}

/// Plays one call. An error has its story and its seed.
fn one_call(seed: u64, fault: Option<Fault>) -> Result<Done, String> {
    let mut run = Run::new(seed, fault);
    let played = catch_unwind(AssertUnwindSafe(|| run.play()));
    let why = match played {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(why)) => why,
        Err(_) => "a panic".to_owned(),
    };
    run.tell_story(&why);
    Err(format!("{}a broken promise: SEALFRAME_SEED={seed} plays it again", run.story))
}

fn report(done: &Done) {
    match std::env::var("SEALFRAME_REPORT") {
        Ok(folder) => std::fs::write(format!("{folder}/groups.json"), done.json().to_string())
            .expect("a folder to write to"),
        Err(_) => println!("{done}"),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}
