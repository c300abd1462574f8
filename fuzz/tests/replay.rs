//! Replays every target's seeds, and mutations of them.

use fuzz::{Mutator, TARGETS};

/// Mutations of a target. A release build has time for more.
const MUTATIONS: usize = if cfg!(debug_assertions) { 5_000 } else { 100_000 };
/// A call is played for each input of this target.
const SLOW: &str = "session";

#[test]
fn no_seed_or_mutation_breaks_a_promise() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        seeds.iter().for_each(|seed| (target.run)(seed));
        let mut mutator = Mutator::new(1);
        for _ in 0..if target.name == SLOW { MUTATIONS / 50 } else { MUTATIONS } {
            (target.run)(&mutator.variant(&seeds));
        }
    }
}
