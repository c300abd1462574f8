//! What is not answered is said again at waits that double, each shortened by chance, so that
//! members who lost the same message do not all speak at once.

mod common;

use common::world::{START, World};
use std::collections::BTreeSet;

const ENVELOPE: u8 = 1;
const ANNOUNCEMENT: u8 = 3;
/// What each wait is at the most; the least is half of it.
const WAITS: [u64; 6] = [800, 1_600, 3_000, 3_000, 3_000, 3_000];
/// The same for a member that was never heard.
const ABSENT: [u64; 9] = [800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000];
const SEEDS: u64 = 60;

/// When one device says this to another that never answers, in milliseconds, by a network that
/// loses all from `lost` on; errands take no time.
fn said(seed: u64, kind: u8, lost: u64, ms: u64) -> Vec<u64> {
    let mut world = World::pretend(seed, 2);
    world.network.delay = (10, 10);
    world.errands = (0, 0);
    world.roster(&[0, 1]);
    world.run(lost);
    world.network.loss = 100;
    world.lose_what_is_under_way();
    world.run(ms);
    world.packets(0, 1, kind).iter().map(|packet| packet.at.since(START)).collect()
}

fn check(kind: u8, first: u64, lost: u64, limits: &[u64], ms: u64) {
    let waits = |seed| {
        let said = said(seed, kind, lost, ms);
        assert_eq!(said[0], first, "seed {seed}");
        said.windows(2).map(|two| two[1] - two[0]).collect()
    };
    let waits: Vec<Vec<u64>> = (0..SEEDS).map(waits).collect();
    for (nth, &most) in limits.iter().enumerate() {
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
    check(ENVELOPE, 20, 25, &WAITS, 20_000);
}

#[test]
fn a_member_that_was_never_heard_is_told_of_us_ever_more_seldom() {
    check(ANNOUNCEMENT, 0, 0, &ABSENT, 300_000);
}
