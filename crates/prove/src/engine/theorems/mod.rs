//! The theorems. Each builds formulas with the engine and with a standard, and states goals.

mod compose;
mod counter;
mod gcm;
mod ghash;
mod glue;
mod layout;
mod lookup;
mod rounds;
mod sbox;
mod schedule;
mod vperm;

use crate::goal::{Goal, Method};
use crate::graph::{self, Bit, take_duties};
use crate::linear;

/// Something that holds of the engine.
#[derive(Clone, Copy)]
pub struct Theorem {
    /// A short name.
    pub name: &'static str,
    /// What is proven, and of which clause.
    pub claim: &'static str,
    /// Whether it takes less than a second or two.
    pub is_quick: bool,
    goals: fn() -> Vec<Goal>,
}

impl Theorem {
    /// Runs the engine on formulas. What this returns no longer needs the graph of this thread.
    pub fn goals(&self) -> Vec<Goal> {
        take_duties();
        graph::clear();
        linear::clear();
        let mut goals = (self.goals)();
        // A goal speaks of indices that depend on inputs. The others are right or wrong at once.
        let mut wrong = take_duties();
        wrong.retain(|duty| *duty == Bit::ONE);
        if !wrong.is_empty() {
            goals.push(Goal::new("index", Method::Same, &wrong, &vec![Bit::ZERO; wrong.len()]));
        }
        goals
    }
}

/// All theorems, by what they build on.
pub const THEOREMS: &[Theorem] = &[
    lookup::THEOREM,
    sbox::THEOREM,
    rounds::ROUND_1,
    rounds::ROUND_2,
    rounds::ROUND_3,
    rounds::ROUND_4,
    rounds::LAST,
    schedule::WORDS,
    schedule::PLANES,
    counter::SHORTCUT,
    counter::BLOCKS,
    compose::ROUNDS,
    compose::BATCHES,
    vperm::INPUT,
    vperm::SBOX,
    vperm::ROUND_1,
    vperm::ROUND_2,
    vperm::ROUND_3,
    vperm::ROUND_4,
    vperm::LAST,
    vperm::WHOLE,
    ghash::GROUP,
    ghash::POWERS,
    glue::SETUP,
    glue::STREAM,
    glue::BLOCKS,
    gcm::LENGTHS,
    gcm::VERDICT,
];
