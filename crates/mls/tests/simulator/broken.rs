//! Breaks each invariant once on purpose. The simulator must find it.

use crate::one_call;
use sealframe_mls::faults::Fault;

/// At most 40 calls are played until a fault shows.
const CALLS: u64 = 40;

/// The story of the first call in which the fault shows.
fn found(fault: Fault) -> String {
    let mut stories = (0..CALLS).filter_map(|seed| one_call(seed, Some(fault)).err());
    stories.next().unwrap_or_else(|| panic!("{fault:?} was not found in {CALLS} calls"))
}

fn is_found(fault: Fault, reasons: &[&str]) {
    let story = found(fault);
    let named = reasons.iter().any(|reason| story.contains(reason));
    assert!(named, "{fault:?} was found as something else:\n{story}");
}

#[test]
fn keys_that_differ_are_found() {
    is_found(Fault::OwnSecret, &["agreement"]);
}

#[test]
fn a_replayed_commit_that_is_taken_is_found() {
    is_found(Fault::AnyCommit, &["comes again"]);
}

#[test]
fn silent_branches_are_found() {
    is_found(Fault::NoBeacons, &["no convergence"]);
}

#[test]
fn a_leaf_that_stays_is_found() {
    is_found(Fault::NoRemovals, &["may open"]);
}

#[test]
fn a_ghost_that_is_let_in_is_found() {
    is_found(Fault::LetGhostsIn, &["a ghost is let in"]);
}

#[test]
fn a_context_that_comes_again_is_found() {
    is_found(Fault::CountedContext, &["KIDs come again"]);
}

#[test]
fn states_that_are_kept_are_found() {
    is_found(Fault::KeepStates, &["old states are kept"]);
}

#[test]
fn an_endless_wait_for_a_dead_leader_is_found() {
    is_found(Fault::EndlessTurn, &["may open", "no convergence"]);
}
