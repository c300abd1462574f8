//! `cargo run -p prove [-- --quick] [NAME…]`: proves every theorem, or those named, and prints a line
//! for each. `control` is the negative control. `--quick` leaves out what takes seconds.

use prove::control::{self, Experiment, Outcome, Tally, Verdict};
use prove::faults::Fault;
use prove::goal::{Goal, Size};
use prove::theorems::{THEOREMS, Theorem};
use prove::{Queue, abc};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The name of the negative control.
const CONTROL: &str = "control";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let names: Vec<&String> = arguments.iter().filter(|name| !name.starts_with("--")).collect();
    let known = |name: &str| name == CONTROL || THEOREMS.iter().any(|theorem| theorem.name == name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(format!("no theorem is called {name}"));
    }
    let is_chosen = |name: &str, quick: bool| {
        if names.is_empty() { quick || !is_quick } else { names.iter().any(|n| *n == name) }
    };
    let version = abc::version()?;
    let theorems = THEOREMS.iter().filter(|theorem| is_chosen(theorem.name, theorem.is_quick));
    prove_all(theorems.collect(), &version)?;
    if is_chosen(CONTROL, false) { check_control() } else { Ok(()) }
}

fn prove_all(theorems: Vec<&'static Theorem>, version: &str) -> Result<(), String> {
    let count = theorems.len();
    let mut failed = 0;
    if count > 0 {
        println!("{}", heading());
    }
    Queue::run(
        theorems,
        |theorem| prove_one(theorem),
        |theorem, proof| {
            println!("{}", proof.line(theorem, version));
            for failure in &proof.failures {
                println!("    {failure}");
            }
            failed += usize::from(!proof.failures.is_empty());
        },
    );
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {count} theorems are not proven")) }
}

/// What came of a theorem.
struct Proof {
    goals: Vec<Goal>,
    failures: Vec<String>,
    time: Duration,
}

fn prove_one(theorem: &Theorem) -> Proof {
    let start = Instant::now();
    let goals = theorem.goals();
    let failures = goals.iter().filter_map(|goal| goal.prove().err()).collect();
    Proof { goals, failures, time: start.elapsed() }
}

impl Proof {
    /// Name, size of the largest goal, time, methods and claim.
    fn line(&self, theorem: &Theorem, version: &str) -> String {
        let verdict = if self.failures.is_empty() { "proven" } else { "FAILED" };
        let sizes = self.goals.iter().map(Goal::size);
        let Size { inputs, outputs, left, right } =
            sizes.max_by_key(|size| size.left + size.right).unwrap_or_default();
        let methods: BTreeSet<&str> = self.goals.iter().map(Goal::method).collect();
        let methods: Vec<&str> = methods.into_iter().collect();
        let methods = methods.join(", ").replace("ABC", version);
        let (goals, time) = (self.goals.len(), self.time.as_secs_f64());
        let sizes = format!("{goals:5} {inputs:6} {outputs:7} {left:7} {right:7} {time:5.1}");
        format!("{verdict} {:22} {sizes}  {}; by {methods}", theorem.name, theorem.claim)
    }
}

/// What the columns of a line are.
fn heading() -> String {
    let columns = "goals inputs outputs  engine  theirs  time";
    format!("       {:22} {columns}", "nodes of the largest:")
}

/// Prints what the theorems make of a wrong engine. Fails if they do not notice.
fn check_control() -> Result<(), String> {
    let start = Instant::now();
    let mut outcomes = vec![];
    Queue::run(control::experiments(), Experiment::run, |experiment, outcome: Outcome| {
        let Fault { change, place } = outcome.fault;
        if outcome.verdict == Verdict::Survived {
            println!("NOT NOTICED by {}: {change} at {place}", experiment.theorem());
        }
        outcomes.push(outcome);
    });
    println!("\nNegative control: one operator of the engine is changed at a time.");
    println!("file               refuted  not noticed  no effect  places never refuted");
    let mut sum = Tally::default();
    for (file, Tally { refuted, unchanged, survived, never }) in control::tally(&outcomes) {
        println!("{file:17} {refuted:8} {survived:12} {unchanged:10} {:21}", never.len());
        sum.refuted += refuted;
        sum.survived += survived;
        sum.never.extend(never);
    }
    println!("{} changes refuted, {:.1} s", sum.refuted, start.elapsed().as_secs_f64());
    for place in &sum.never {
        println!("NEVER NOTICED: changes at {place}");
    }
    match (sum.survived, sum.never.len()) {
        (0, 0) => Ok(()),
        (changes, places) => Err(format!("{changes} changes and {places} places were not noticed")),
    }
}
