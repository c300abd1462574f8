//! The first states of every search. `npm run prove` searches the rest.

use model::check::Case;
use model::{incarnations, removal};

/// Enough states for the shortest story of each broken promise.
const STATES: usize = 2_500;

fn judge(cases: impl Iterator<Item = Case>) {
    let wrong: Vec<_> = cases.filter_map(|case| case.judge(STATES).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn incarnations_keep_their_promises_unless_a_rule_is_left_out() {
    judge(incarnations::scenarios::cases());
}

#[test]
fn removals_keep_their_promises_unless_a_rule_is_left_out() {
    judge(removal::scenarios::cases());
}
