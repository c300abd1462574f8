//! What members, removed members, thieves and the delivery service can do to a group on purpose, and
//! what they cannot. docs/proof/groups.md lists the attacks.

mod common;

use common::rogue::Rogue;
use common::world::{Network, Setting, World};
use sealframe_mls::faults::Fault;
use sealframe_mls::group::{Input, Membership, Output};
use sealframe_mls::{Error, Millis};
use sha2::{Digest, Sha256};

/// Nothing of a removed device opens after 3,000 ms.
const REMOVED: u64 = 3_000;
/// Members are one group again within 5,000 ms.
const HEALS: u64 = 5_000;
const COMMIT: u8 = 1;
const BEACON: u8 = 2;
const INFO: u8 = 4;

/// A call, and its devices by leaf index.
fn call(count: usize, records: bool) -> (World, Vec<usize>) {
    call_of_seed(1, count, records)
}

fn call_of_seed(seed: u64, count: usize, records: bool) -> (World, Vec<usize>) {
    let mut world = World::new(seed, count, Setting::PLAIN);
    world.records = records;
    let all: Vec<_> = (0..count).collect();
    world.enter(&all);
    world.until_one_group(&all, HEALS).expect("a group");
    world.run(3_000);
    let members = world.report(0).expect("a group").members;
    let at = |id| world.nodes.iter().position(|node| node.id == id).expect("a device");
    let by_leaf = members.into_iter().map(|(_, id)| at(id)).collect();
    (world, by_leaf)
}

/// The newest message of a type of a device, if there is one that is not `old`.
fn newest(world: &World, from: usize, kind: u8) -> Option<Vec<u8>> {
    let mut packets = world.seen.iter().rev();
    let packet = packets.find(|packet| packet.from == from && packet.bytes[1] == kind);
    packet.map(|packet| packet.bytes.clone())
}

fn seals_for(world: &World, at: usize, device: usize) -> bool {
    let keys = world.nodes[at].media.seals().expect("a key");
    keys.members.iter().any(|(_, id)| *id == world.nodes[device].id)
}

fn refused(world: &World, at: usize, code: Error) -> u64 {
    world.nodes[at].refused.get(&code).copied().unwrap_or_default()
}

/// The lowest leaf is removed, hears nothing of it, and commits all the time. The server brings each
/// of its commits to all. Whether somebody seals for it after 3 seconds.
fn puts_off_its_removal(fault: Option<Fault>) -> bool {
    let (mut world, by_leaf) = call(4, false);
    let (removed, rest) = (by_leaf[0], by_leaf[1..].to_vec());
    world.nodes[removed].part = 1;
    for at in &rest {
        world.nodes[*at].fault = fault;
        world.tell(*at, &rest);
    }
    let start = world.now;
    let mut delivered = Vec::new();
    let mut late = false;
    while world.now.since(start) < 3 * REMOVED {
        world.input(removed, Input::Rotate).expect("a group");
        world.run(260); // at 60 ms no member follows it, with or without the check
        let commit = newest(&world, removed, COMMIT).filter(|commit| !delivered.contains(commit));
        if let Some(commit) = commit {
            for at in &rest {
                let _ = world.deliver(*at, &commit);
            }
            delivered.push(commit);
        }
        let is_late = world.now.since(start) > REMOVED;
        late |= is_late && rest.iter().any(|at| seals_for(&world, *at, removed));
    }
    assert!(delivered.len() > 10, "the removed device has hardly tried");
    late
}

#[test]
fn a_removed_member_that_goes_on_committing_is_out_within_three_seconds() {
    assert!(!puts_off_its_removal(None));
}

#[test]
fn without_the_check_of_the_committer_a_removed_member_stays() {
    assert!(puts_off_its_removal(Some(Fault::LetGhostsIn)));
}

/// The commit of a twin that gets this roster.
fn commit_of(twin: &mut Membership, roster: &[&[u8]], now: Millis) -> Vec<u8> {
    twin.handle(Input::SetMembers(roster), now).expect("good bundles");
    for ms in (0..3_000).step_by(50) {
        twin.handle(Input::Tick, now.plus(ms)).expect("open");
        while let Some(output) = twin.poll() {
            match output {
                Output::Send { bytes, .. } if bytes[1] == COMMIT => return bytes,
                _ => {}
            }
        }
    }
    panic!("no commit")
}

/// A member renews its leaf. A thief of its memory, who can have no leaf certified, commits for the
/// same epoch. Both commits; the owner's is first.
fn theft(seed: u64) -> (World, Vec<usize>, [Vec<u8>; 2]) {
    let (mut world, by_leaf) = call_of_seed(seed, 4, true);
    let (owner, removed) = (by_leaf[2], by_leaf[3]);
    let mut thief = world.copy_of(owner);
    assert_eq!(thief.report(), world.report(owner));
    let bundles: Vec<_> = world.nodes.iter().map(|node| node.bundle.clone()).collect();
    let rest = (0..4).filter(|at| *at != removed).map(|at| bundles[at].as_slice());
    let stolen = commit_of(&mut thief, &rest.collect::<Vec<_>>(), world.now);
    world.nodes[owner].part = 1;
    world.input(owner, Input::Rotate).expect("a group");
    world.run(700);
    let renewal = newest(&world, owner, COMMIT).expect("a commit");
    (world, by_leaf, [renewal, stolen])
}

#[test]
fn a_thief_of_a_leaf_key_does_not_displace_its_owners_renewal() {
    let mut had_lower_hash = 0;
    for seed in 1..6 {
        let (mut world, by_leaf, [renewal, stolen]) = theft(seed);
        had_lower_hash += u32::from(Sha256::digest(&stolen[26..]) < Sha256::digest(&renewal[26..]));
        let [first, second] = [by_leaf[0], by_leaf[1]];
        assert_eq!(world.deliver(first, &renewal), Ok(()));
        assert_eq!(world.deliver(first, &stolen), Err(Error::LateCommit));
        assert_eq!(world.deliver(second, &stolen), Ok(()));
        assert_eq!(world.deliver(second, &renewal), Ok(()));
        let branch = |at: usize| world.report(at).expect("a group").branch;
        assert_eq!(branch(first), branch(second));
    }
    assert!((1..5).contains(&had_lower_hash), "one order of the hashes was not tried");
}

#[test]
fn a_member_that_commits_twice_for_one_epoch_splits_nobody_for_long() {
    let (mut world, by_leaf, [one, other]) = theft(1);
    world.deliver(by_leaf[0], &one).expect("a good commit");
    world.deliver(by_leaf[1], &other).expect("a good commit");
    world.nodes[by_leaf[2]].part = 0;
    assert!(world.until_one_group(&[0, 1, 2, 3], HEALS).is_some());
}

#[test]
fn a_member_that_removes_an_honest_one_keeps_it_out_only_while_it_goes_on() {
    let (mut world, by_leaf) = call(4, false);
    let (traitor, victim) = (by_leaf[1], by_leaf[2]);
    let without: Vec<_> = (0..4).filter(|at| *at != victim).collect();
    world.tell(traitor, &without);
    world.nodes[traitor].told = vec![0, 1, 2, 3];
    world.run(1_200);
    assert!(world.nodes[victim].starts == 1, "it did not start again");
    let rest: Vec<_> = (0..4).filter(|at| *at != traitor).collect();
    rest.iter().for_each(|at| world.tell(*at, &rest));
    assert!(world.until_one_group(&rest, HEALS).is_some());
}

#[test]
fn a_member_that_removes_all_others_and_lets_nobody_in_does_not_end_the_call() {
    let (mut world, by_leaf) = call(4, false);
    let (traitor, rest) = (by_leaf[0], by_leaf[1..].to_vec());
    world.tell(traitor, &[traitor]);
    world.nodes[traitor].told = vec![0, 1, 2, 3]; // it speaks for its group of one
    world.run(1_000);
    assert!(rest.iter().all(|at| world.report(*at).is_none()), "nobody was removed");
    // 3,000 ms, 800 ms for each device on the roster, and the turns of those that look for a group.
    let patience = 3_000 + 4 * 800 + 2_600;
    assert!(world.until_one_group(&rest, patience + HEALS).is_some());
    assert!(newest(&world, traitor, BEACON).is_some());
}

#[test]
fn a_member_that_claims_a_lower_branch_moves_nobody() {
    let (mut world, by_leaf) = call(4, false);
    let mut rogue = Rogue::new(&world, by_leaf[3]);
    let entered = |world: &World| world.nodes.iter().map(|node| node.media.entered.len()).sum();
    let before: usize = entered(&world);
    for _ in 0..10 {
        let beacon = rogue.beacon(1_000, [9; 8], 0);
        for at in &by_leaf[..3] {
            let _ = world.deliver(*at, &beacon);
        }
        world.run(500);
    }
    assert!(world.is_one_group(&[0, 1, 2, 3]));
    assert_eq!(entered(&world), before, "somebody has changed branches");
    assert!(by_leaf.iter().all(|at| world.nodes[*at].media.seals().is_some()));
}

#[test]
fn notes_of_two_leaf_keys_of_one_device_are_taken_once_each() {
    let (mut world, by_leaf) = call(3, false);
    let (victim, device) = (by_leaf[0], by_leaf[2]);
    let mut old = Rogue::with_leaf(&world, device, 1);
    let mut new = Rogue::with_leaf(&world, device, 2);
    let (beacon, ask) = (old.beacon(1, [9; 8], 5), new.ask([7; 16]));
    assert_eq!(world.deliver(victim, &beacon), Ok(()));
    assert_eq!(world.deliver(victim, &ask), Ok(()));
    for note in [beacon, ask] {
        assert_eq!(world.deliver(victim, &note), Err(Error::Replayed));
    }
}

#[test]
fn old_infos_of_a_dead_leader_do_not_make_it_live() {
    let (mut world, by_leaf) = call(3, false);
    let (leader, next) = (by_leaf[0], by_leaf[1]);
    let info = newest(&world, leader, INFO).expect("it has let somebody in");
    world.stop(leader);
    world.seen.clear();
    for _ in 0..20 {
        world.run(200);
        for at in &by_leaf[1..] {
            assert!(world.deliver(*at, &info).is_err());
        }
    }
    assert!(newest(&world, next, BEACON).is_some(), "nobody speaks for the branch");
}

#[test]
fn an_external_commit_that_comes_again_lets_nobody_in() {
    let (mut world, by_leaf) = call(3, false);
    let (victim, joiner) = (by_leaf[0], by_leaf[1]);
    let all = [0, 1, 2];
    world.start(joiner);
    world.tell(joiner, &all);
    world.until_one_group(&all, HEALS).expect("a group");
    let join = newest(&world, joiner, COMMIT).expect("a commit");
    assert_eq!(world.deliver(victim, &join), Err(Error::Replayed));
    world.run(3_000);
    assert_eq!(world.deliver(victim, &join), Err(Error::LateCommit));
    let rest = [victim, by_leaf[2]];
    rest.iter().for_each(|at| world.tell(*at, &rest));
    world.until_one_group(&rest, HEALS).expect("a group");
    world.run(3_000);
    assert!(world.deliver(victim, &join).is_err());
    assert!(world.is_one_group(&rest));
}

#[test]
fn a_flood_of_commits_for_unknown_epochs_delays_nobody() {
    let (mut world, by_leaf) = call(3, false);
    let (victim, other) = (by_leaf[0], by_leaf[1]);
    world.input(other, Input::Rotate).expect("a group");
    world.run(700);
    let genuine = newest(&world, other, COMMIT).expect("a commit");
    for number in 0..500u64 {
        let mut junk = genuine.clone();
        junk[18..26].copy_from_slice(&number.to_be_bytes());
        let done = world.deliver(victim, &junk);
        let expected = if number < 64 { Ok(()) } else { Err(Error::TooManyMessages) };
        assert_eq!(done, expected, "{number}");
    }
    for at in [other, victim] {
        world.input(at, Input::Rotate).expect("a group");
        world.run(1_500);
        assert!(world.is_one_group(&[0, 1, 2]));
    }
    world.run(10_000);
    let state = format!("{:?}", world.nodes[victim].member);
    assert!(state.contains("held: Held([])"), "the flood is kept");
}

#[test]
fn a_device_joins_no_group_with_a_member_that_its_roster_does_not_name() {
    let mut world = World::new(1, 3, Setting::PLAIN);
    for at in [0, 1] {
        world.start(at);
        world.tell(at, &[0, 1, 2]);
    }
    world.until_one_group(&[0, 1], HEALS).expect("a group");
    world.start(2);
    world.tell(2, &[0, 2]);
    let ghost = world.nodes[1].id;
    for _ in 0..40 {
        world.run(50);
        let members = world.report(2).map(|report| report.members).unwrap_or_default();
        assert!(members.iter().all(|(_, id)| *id != ghost), "a ghost");
    }
    assert!(refused(&world, 2, Error::BadGroupInfo) > 0);
    world.tell(2, &[0, 1, 2]);
    assert!(world.until_one_group(&[0, 1, 2], 3 * HEALS).is_some());
}

#[test]
fn a_server_that_splits_a_call_and_replays_everything_only_delays() {
    let (mut world, by_leaf) = call(5, false);
    for at in [by_leaf[3], by_leaf[4]] {
        world.nodes[at].part = 1;
    }
    world.network = Network { doubled: 50, ..Network::GOOD };
    for at in [by_leaf[0], by_leaf[3]] {
        world.input(at, Input::Rotate).expect("a group");
    }
    world.run(4_000);
    for packet in world.seen.clone() {
        for to in 0..5 {
            let _ = world.deliver(to, &packet.bytes);
        }
    }
    world.nodes.iter_mut().for_each(|node| node.part = 0);
    assert!(world.until_one_group(&[0, 1, 2, 3, 4], HEALS).is_some());
}
