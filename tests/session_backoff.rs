//! What is not answered is said again at waits that double, each shortened by chance, so that members
//! who lost the same message do not all speak at once.

mod common;

use common::world::{START, World};
use std::collections::BTreeSet;

const ENVELOPE: u8 = 1;
const REQUEST: u8 = 3;
/// What each wait is at the most; the least is half of it.
const WAITS: [u64; 6] = [800, 1_600, 3_000, 3_000, 3_000, 3_000];
const SEEDS: u64 = 60;

/// When one device says this to another that never answers, in milliseconds, by a network that loses
/// all; errands take no time.
fn said(seed: u64, kind: u8) -> Vec<u64> {
    let mut world = World::pretend(seed, 2);
    world.network.loss = 100;
    world.errands = (0, 0);
    world.roster(&[0, 1]);
    world.run(20_000);
    world.packets(0, 1, kind).iter().map(|packet| packet.at.since(START)).collect()
}

/// Of each seed the waits between what is said.
fn waits(kind: u8, first: u64) -> Vec<Vec<u64>> {
    let waits = |seed| {
        let said = said(seed, kind);
        assert_eq!(said[0], first, "seed {seed}");
        said.windows(2).map(|two| two[1] - two[0]).collect()
    };
    (0..SEEDS).map(waits).collect()
}

fn check(kind: u8, first: u64) {
    let waits = waits(kind, first);
    for (nth, most) in WAITS.into_iter().enumerate() {
        let these: Vec<u64> = waits.iter().map(|waits| waits[nth]).collect();
        let (least, longest) = (these.iter().min().copied(), these.iter().max().copied());
        let (least, longest) = (least.expect("some"), longest.expect("some"));
        assert!(most / 2 <= least && longest <= most, "wait {nth}: {least} to {longest}");
        // Of the half that is left to chance, all of it.
        let tenth = most / 20;
        assert!(least < most / 2 + tenth && longest > most - tenth, "{nth}: {least} to {longest}");
    }
    let different: BTreeSet<_> = waits.iter().collect();
    assert_eq!(different.len(), waits.len(), "no two seeds wait alike");
}

#[test]
fn an_envelope_is_sent_again_at_waits_that_double_and_vary() {
    check(ENVELOPE, 0);
}

#[test]
fn a_request_is_repeated_at_waits_that_double_and_vary() {
    check(REQUEST, 300);
}
