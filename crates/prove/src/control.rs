//! The negative control: the theorems have to fail if the engine is wrong.

use crate::faults::{Fault, Place, operators, with_fault};
use crate::goal::Goal;
use crate::theorems::{THEOREMS, Theorem};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The theorems in which operators are changed; the files that they speak of; and how many
/// executions of each place in such a file. A loop executes the same place more often.
const CHANGES: &[(&str, &[&str], usize)] = &[
    ("sbox", &["sbox.rs"], usize::MAX),
    ("round 1", &["rounds.rs"], 1),
    ("round 4", &["rounds.rs"], 1),
    ("last round", &["rounds.rs"], 8),
    ("key schedule", &["schedule.rs", "rounds.rs", "vector/shared.rs"], 3),
    ("round keys", &["schedule.rs"], 3),
    ("last byte", &["schedule.rs"], 1),
    ("two blocks, S-box", &["vperm.rs", "vector/shared.rs"], 4),
    ("two blocks, round 1", &["vperm.rs"], 4),
    ("two blocks, last round", &["vperm.rs"], 4),
    ("GHASH", &["ghash.rs", "vector/shared.rs"], 2),
    ("opening", &["gcm.rs", "ctr.rs", "ghash.rs"], 5),
];

/// One experiment: a theorem, and the number of the operator to be changed in it.
#[derive(Clone)]
pub struct Experiment {
    theorem: &'static Theorem,
    /// What the theorem says of the engine as it is.
    goals: Arc<Vec<Goal>>,
    operator: usize,
}

/// What came of an experiment.
pub struct Outcome {
    /// What was changed.
    pub fault: Fault,
    /// What the theorem makes of it.
    pub verdict: Verdict,
}

/// What a theorem makes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not hold any more.
    Refuted,
    /// It is about the same formulas as before: zeros were moved, or nothing depends on the result.
    Unchanged,
    /// It is not refuted: it does not prove what it claims, or the change makes no difference.
    Survived,
}

/// What came of the changes in one file of the engine.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Operators whose change was refuted.
    pub refuted: usize,
    /// Operators whose change left the formulas as they were.
    pub unchanged: usize,
    /// Operators whose change was not noticed.
    pub survived: usize,
    /// Places in the source at which no change was refuted.
    pub never: Vec<Place>,
}

/// All experiments.
pub fn experiments() -> Vec<Experiment> {
    let chosen = CHANGES.iter().flat_map(|(name, files, each)| {
        let found = THEOREMS.iter().find(|theorem| theorem.name == *name);
        let theorem = found.expect("a theorem of this name");
        let mut goals = vec![];
        let places = operators(|| goals = theorem.goals());
        let goals = Arc::new(goals);
        let chosen = choose(&places, files, *each).into_iter();
        chosen.map(move |operator| Experiment { theorem, goals: goals.clone(), operator })
    });
    chosen.collect()
}

/// At most `each` executions of each place in these files, spread over the run: the first of a loop
/// often moves zeros, and nobody needs what the last one leaves.
fn choose(places: &[Place], files: &[&str], each: usize) -> Vec<usize> {
    let mut executions: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for (number, place) in places.iter().enumerate() {
        if files.contains(&file_of(place)) {
            executions.entry(place).or_default().push(number);
        }
    }
    let spread = |numbers: Vec<usize>| {
        let count = each.min(numbers.len());
        (0..count).map(move |i| numbers[(2 * i + 1) * numbers.len() / (2 * count)])
    };
    executions.into_values().flat_map(spread).collect()
}

impl Experiment {
    /// Changes the operator and looks whether the theorem still holds.
    ///
    /// # Panics
    /// If the operator is not executed.
    pub fn run(&self) -> Outcome {
        let (goals, fault) = with_fault(self.operator, || self.theorem.goals());
        let fault = fault.expect("the operator is executed as it was when it was counted");
        let verdict = if goals == *self.goals {
            Verdict::Unchanged
        } else if is_refuted(&goals) {
            Verdict::Refuted
        } else {
            Verdict::Survived
        };
        Outcome { fault, verdict }
    }

    /// The theorem.
    pub fn theorem(&self) -> &'static str {
        self.theorem.name
    }
}

/// Random values come first: they take no time, and ABC takes seconds.
fn is_refuted(goals: &[Goal]) -> bool {
    goals.iter().any(Goal::differs_somewhere) || goals.iter().any(Goal::is_refuted_by_abc)
}

/// Adds up outcomes by file.
pub fn tally(outcomes: &[Outcome]) -> BTreeMap<&'static str, Tally> {
    let mut refuted: BTreeMap<Place, bool> = BTreeMap::new();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for Outcome { fault: Fault { place, .. }, verdict } in outcomes {
        *refuted.entry(place).or_default() |= *verdict == Verdict::Refuted;
        let tally = tallies.entry(file_of(place)).or_default();
        match verdict {
            Verdict::Refuted => tally.refuted += 1,
            Verdict::Unchanged => tally.unchanged += 1,
            Verdict::Survived => tally.survived += 1,
        }
    }
    for (place, _) in refuted.into_iter().filter(|(_, is_refuted)| !is_refuted) {
        tallies.entry(file_of(place)).or_default().never.push(place);
    }
    tallies
}

/// The name of a file below the engine's folder.
fn file_of(place: Place) -> &'static str {
    place.file().rsplit("src/engine/").next().unwrap_or_default()
}
