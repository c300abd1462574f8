//! Unanswered messages are repeated at waits that double. Each wait is shortened at random, so that
//! members that lost the same message do not all send at once.

mod common;

use common::world::{START, World};
use std::collections::BTreeSet;

const ENVELOPE: u8 = 1;
const ANNOUNCEMENT: u8 = 3;
/// The longest wait of each repetition in milliseconds. The shortest is half of it.
const WAITS: [u64; 6] = [800, 1_600, 3_000, 3_000, 3_000, 3_000];
/// The same for a member from which nothing ever arrived.
const ABSENT: [u64; 9] = [800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000];
const SEEDS: u64 = 60;

/// The times, in milliseconds, at which one device sends this type to another that never answers.
/// The network loses everything from `lost` on. Host tasks take no time.
fn said(seed: u64, kind: u8, lost: u64, ms: u64) -> Vec<u64> {
    let mut world = World::on_fake_curve(seed, 2);
    world.network.delay = (10, 10);
    world.host_tasks = (0, 0);
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
        // The random half is used completely.
        let tenth = most / 20;
        assert!(least < most / 2 + tenth && longest > most - tenth, "{nth}: {least} to {longest}");
    }
    let different: BTreeSet<_> = waits.iter().collect();
    assert_eq!(different.len(), waits.len(), "two seeds have the same waits");
}

#[test]
fn an_envelope_is_repeated_at_waits_that_double_and_vary() {
    check(ENVELOPE, 20, 25, &WAITS, 20_000);
}

#[test]
fn announcements_to_an_absent_member_become_less_frequent() {
    check(ANNOUNCEMENT, 0, 0, &ABSENT, 300_000);
}
