//! Calls as they are meant to be, and those in which one thing goes wrong.

mod common;

use common::world::{Network, Setting, World};
use sealframe_mls::faults::Fault;
use sealframe_mls::group::{EpochKeys, Input};
use sealframe_mls::{Error, Suite};

/// How long a group may take to be one again, in milliseconds.
const HEALS: u64 = 5_000;
const MINUTE: u64 = 60_000;

fn call(count: usize, setting: Setting) -> (World, Vec<usize>) {
    let mut world = World::new(1, count, setting);
    let members: Vec<_> = (0..count).collect();
    world.enter(&members);
    assert!(world.until_one_group(&members, HEALS).is_some(), "no group");
    (world, members)
}

#[test]
fn devices_that_enter_at_once_are_one_group() {
    for suite in Suite::ALL {
        let (world, members) = call(4, Setting { suite, ..Setting::PLAIN });
        let codes = members.iter().map(|at| {
            let (keys, _) = world.nodes[*at].media.entered.last().expect("an epoch");
            (keys.code.clone(), keys.secret.clone())
        });
        let codes: Vec<_> = codes.collect();
        assert!(codes.iter().all(|code| *code == codes[0] && code.0.len() == 30));
    }
}

#[test]
fn a_device_alone_has_a_group_at_once() {
    let mut world = World::new(1, 1, Setting::PLAIN);
    world.enter(&[0]);
    world.run(100);
    assert!(world.is_one_group(&[0]));
    assert!(world.nodes[0].media.seals().is_some());
}

#[test]
fn a_removed_device_is_out_within_three_seconds() {
    let (mut world, _) = call(4, Setting::PLAIN);
    world.run(3_000);
    for at in [0, 2, 3] {
        world.tell(at, &[0, 2, 3]);
    }
    world.run(3_000);
    assert!(world.is_one_group(&[0, 2, 3]));
    for at in [0, 2, 3] {
        let keys = world.nodes[at].media.seals().expect("a key");
        assert!(keys.members.iter().all(|(_, id)| *id != world.nodes[1].id));
    }
}

#[test]
fn the_next_device_removes_where_the_lowest_is_gone() {
    let (mut world, _) = call(4, Setting::PLAIN);
    world.run(3_000);
    let report = world.report(0).expect("a group");
    let lowest = report.members[0].1;
    let lowest = world.nodes.iter().position(|node| node.id == lowest).expect("a node");
    world.stop(lowest);
    let rest: Vec<_> = (0..4).filter(|at| *at != lowest).collect();
    rest.iter().for_each(|at| world.tell(*at, &rest));
    world.run(3_000);
    assert!(world.is_one_group(&rest));
}

#[test]
fn a_device_that_reloads_joins_again() {
    let (mut world, members) = call(3, Setting::PLAIN);
    world.start(1);
    world.tell(1, &members);
    assert!(world.until_one_group(&members, 2_000).is_some());
}

#[test]
fn two_workers_with_one_device_do_not_take_the_leaf_from_each_other_all_the_time() {
    let mut world = World::new(7, 4, Setting::PLAIN);
    world.twin(3, 2);
    world.enter(&[0, 1, 2]);
    assert!(world.until_one_group(&[0, 1, 2], 5_000).is_some());
    world.start(3);
    (0..4).for_each(|at| world.tell(at, &[0, 1, 2, 3]));
    world.run(5_000);
    assert_eq!([world.nodes[2].displaced, world.nodes[3].displaced], [1, 0]);
    assert!(world.report(2).is_none() && world.report(3).is_some());
    let epoch = world.report(0).expect("a group").epoch;
    world.run(20_000);
    assert_eq!(world.report(0).expect("a group").epoch, epoch);
    world.stop(3);
    world.run(10_000);
    assert!(world.is_one_group(&[0, 1, 2]));
}

#[test]
fn a_member_that_the_roster_names_again_before_it_is_out_gets_its_keys_back() {
    let (mut world, members) = call(3, Setting::PLAIN);
    world.tell(0, &[0, 1]);
    world.tell(0, &members);
    assert_eq!(world.nodes[0].media.given_back, 1);
    world.tell(0, &members);
    assert_eq!(world.nodes[0].media.given_back, 1);
}

#[test]
fn two_parts_of_a_network_are_one_group_again() {
    let (mut world, members) = call(5, Setting::PLAIN);
    for at in [3, 4] {
        world.nodes[at].part = 1;
    }
    for at in [0, 3] {
        world.input(at, Input::Rotate).expect("a group");
    }
    world.run(6_000);
    assert!(!world.is_one_group(&members));
    world.nodes.iter_mut().for_each(|node| node.part = 0);
    assert!(world.until_one_group(&members, HEALS).is_some());
}

/// One device joins at a time, so each adds 250 ms. The lowest lead must not wait for those that
/// joined another branch meanwhile.
#[test]
fn as_many_groups_as_devices_become_one() {
    let members: Vec<_> = (0..20).collect();
    let mut world = World::new(3, 20, Setting::PLAIN);
    (0..20).for_each(|at| world.nodes[at].part = at as u8);
    world.enter(&members);
    world.run(6_000);
    assert!(members.iter().all(|at| world.report(*at).is_some()));
    world.nodes.iter_mut().for_each(|node| node.part = 0);
    assert!(world.until_one_group(&members, HEALS + 20 * 250).is_some());
}

#[test]
fn a_passphrase_is_in_every_commit() {
    let setting = Setting { has_passphrase: true, ..Setting::PLAIN };
    let (mut world, members) = call(3, setting);
    world.setting.has_passphrase = false;
    world.start(2);
    world.tell(2, &members);
    world.run(10_000);
    assert!(!world.is_one_group(&members), "a device without the passphrase is in");
    assert!(world.nodes[0].refused.contains_key(&Error::BadCommit));
}

#[test]
fn a_transport_that_orders_messages_decides_races() {
    let setting = Setting { is_ordered: true, ..Setting::PLAIN };
    let (mut world, members) = call(5, setting);
    for at in members.clone() {
        world.input(at, Input::Rotate).expect("a group");
    }
    world.run(12_000);
    assert!(world.is_one_group(&members));
    assert!(members.iter().all(|at| world.report(*at).expect("a group").kept == 0));
}

#[test]
fn a_renewal_that_loses_a_race_is_made_again() {
    for (seed, is_ordered) in (1..=4).flat_map(|seed| [(seed, false), (seed, true)]) {
        let members: Vec<_> = (0..5).collect();
        let mut world = World::new(seed, 5, Setting { is_ordered, ..Setting::PLAIN });
        world.enter(&members);
        assert!(world.until_one_group(&members, HEALS).is_some(), "no group");
        // All commits are on their way before the first arrives.
        world.network = Network { delay: (100, 400), ..Network::GOOD };
        world.run(3_000);
        let epoch = |world: &World| world.report(0).expect("a group").epoch;
        let before = epoch(&world);
        for at in members.clone() {
            world.input(at, Input::Rotate).expect("a group");
        }
        world.run(30_000);
        assert!(world.is_one_group(&members));
        let renewals = epoch(&world) - before;
        assert!(renewals >= 5, "seed {seed}, ordered: {is_ordered}: {renewals} of 5 renewals");
    }
}

#[test]
fn commits_of_all_at_once_leave_one_group() {
    let (mut world, members) = call(6, Setting::PLAIN);
    for at in members.clone() {
        world.input(at, Input::Rotate).expect("a group");
    }
    world.run(20_000);
    assert!(world.is_one_group(&members));
}

#[test]
fn a_branch_that_let_in_a_removed_device_comes_back() {
    let (mut world, _) = call(3, Setting::PLAIN);
    world.run(3_000);
    let by_leaf = world.report(0).expect("a group").members;
    let at = |n: usize| world.nodes.iter().position(|node| node.id == by_leaf[n].1);
    let (second, third) = (at(1).expect("a node"), at(2).expect("a node"));
    world.tell(second, &[second, third]);
    world.run(4_000);
    assert!(!world.is_one_group(&[second, third]), "the third has not let the first in again");
    world.tell(third, &[second, third]);
    assert!(world.until_one_group(&[second, third], HEALS).is_some());
}

/// Two members commit at once, and nobody says which commit holds: the rule alone decides.
fn race(strange: Option<Fault>) -> bool {
    let (mut world, members) = call(4, Setting::PLAIN);
    world.run(3_000);
    world.network = Network { delay: (100, 900), ..Network::GOOD };
    world.nodes.iter_mut().for_each(|node| node.fault = Some(Fault::NoBeacons));
    world.nodes[2].fault = strange.or(Some(Fault::NoBeacons));
    for at in [0, 1, 3] {
        world.input(at, Input::Rotate).expect("a group");
    }
    world.run(30);
    world.run(1_400);
    world.is_one_group(&members)
}

#[test]
fn the_better_of_two_commits_holds_in_whatever_order_they_come() {
    assert!(race(None));
}

#[test]
fn a_member_with_another_rule_for_races_is_noticed() {
    assert!(!race(Some(Fault::WorseCommitWins)));
}

#[test]
fn a_lost_message_is_said_again() {
    let (mut world, members) = call(4, Setting::PLAIN);
    world.network = Network { loss: 30, ..Network::GOOD };
    for round in 0..6 {
        world.input(round % 4, Input::Rotate).expect("a group");
        world.run(2_000);
    }
    world.network = Network::GOOD;
    assert!(world.until_one_group(&members, HEALS).is_some());
}

#[test]
fn leaves_are_renewed_and_those_that_are_not_are_taken_out() {
    let (mut world, members) = call(3, Setting::PLAIN);
    let keys = |world: &World| world.nodes[0].media.entered.len();
    let before = keys(&world);
    world.run(11 * MINUTE);
    assert!(keys(&world) >= before + 3, "somebody has not renewed its leaf");
    assert!(world.is_one_group(&members));
    // It goes on as ever, with a leaf that a thief may have.
    world.nodes[2].fault = Some(Fault::NoRenewal);
    world.run(31 * MINUTE);
    let other = world.nodes[2].id;
    let has_leaf = |keys: &EpochKeys| keys.members.iter().any(|(_, id)| *id == other);
    let mut entered = world.nodes[0].media.entered.iter().skip(before);
    assert!(entered.any(|(keys, _)| !has_leaf(keys)), "a stale leaf was never taken out");
}

#[test]
fn after_closing_every_input_is_refused() {
    let (mut world, _) = call(2, Setting::PLAIN);
    world.input(0, Input::Close).expect("an open call");
    assert_eq!(world.input(0, Input::Tick), Err(Error::CallClosed));
    assert_eq!(world.report(0), None);
}
