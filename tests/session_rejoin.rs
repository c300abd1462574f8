//! A reload during a call: the keys are gone, nothing of the call is stored, and the device is the
//! same.

mod common;

use common::world::{Event, Network, World};
use sealframe::Error;

const ENVELOPE: u8 = 1;
const ANNOUNCEMENT: u8 = 3;

/// A call of three in which device 2 has just reloaded. The others do not know it yet.
fn reloaded(seed: u64) -> World {
    let mut world = World::call(seed, 3);
    world.run(5_000);
    world.close_tab(2);
    world.run(700);
    world.open_tab(2);
    world.tell(2, &[0, 1]);
    world
}

#[test]
fn a_reloaded_device_is_back_within_a_second() {
    let mut world = reloaded(1);
    let took = world.run_until(2_000, |world| world.converged(&[0, 1, 2]));
    assert!(took.is_some_and(|ms| ms < 300), "{took:?}");
    world.run(3_000);
    assert!((0..3).all(|at| world.refusals(at).is_empty()));
    assert!((0..3).all(|at| world.twice(at).is_empty()), "a reload is no twin");
}

#[test]
fn a_reloaded_device_is_back_even_if_answers_are_lost_late_or_doubled() {
    for seed in 0..8 {
        let mut world = reloaded(seed);
        world.network = Network { delay: (10, 500), loss: 25, duplicates: 25 };
        let took = world.run_until(15_000, |world| world.converged(&[0, 1, 2]));
        assert!(took.is_some(), "seed {seed}");
        world.network = Network::GOOD;
        world.run(20_000);
        assert!((0..3).all(|at| world.twice(at).is_empty()), "a reload is no twin, seed {seed}");
    }
}

#[test]
fn messages_made_before_a_device_entered_are_refused() {
    let mut world = World::call(3, 2);
    world.run(1_000);
    let frame = world.seal(0).expect("sealed");
    let before = world.seen.clone();
    world.close_tab(1);
    world.open_tab(1);
    world.network.loss = 100;
    world.tell(1, &[0]);
    for packet in before.iter().filter(|packet| packet.to == 1) {
        world.deliver(packet);
        world.run(50);
    }
    assert!(world.refusals(1).is_empty(), "it is dropped without a report");
    assert_eq!(world.open(0, 1, &frame), Err(Error::UnknownKey));
    world.network.loss = 0;
    let took = world.run_until(5_000, |world| world.converged(&[0, 1]));
    assert!(took.is_some());
}

#[test]
fn announcements_of_devices_off_the_roster_get_no_answer() {
    let mut world = reloaded(4);
    world.tell(0, &[1]);
    world.run(1_000);
    assert!(world.packets(2, 0, ANNOUNCEMENT).len() > 1);
    let sent = world.packets(0, 2, ENVELOPE).len() + world.packets(0, 2, ANNOUNCEMENT).len();
    world.run(80_000);
    let later = world.packets(0, 2, ENVELOPE).len() + world.packets(0, 2, ANNOUNCEMENT).len();
    assert_eq!(sent, later);
    assert_eq!(world.refusals(0), [Error::NotAMember].into());
    assert_eq!(world.opens(0, 2), Err(Error::UnknownKey));
    assert_eq!(world.opens(1, 2), Ok(()));
}

#[test]
fn an_announcement_is_answered_only_with_our_own_key() {
    let mut world = World::call(5, 3);
    world.run(1_000);
    world.close_tab(2);
    world.nodes[1].cut_off = true;
    world.open_tab(2);
    world.tell(2, &[0, 1]);
    world.run(5_000);
    assert_eq!(world.opens(0, 2), Ok(()));
    assert_eq!(world.opens(1, 2), Err(Error::UnknownKey));
}

#[test]
fn a_replayed_announcement_changes_nothing() {
    let mut world = reloaded(6);
    world.run(3_000);
    let old = world.packets(2, 0, ANNOUNCEMENT);
    let (before, envelopes) = (world.own_keys(0, world.now), world.packets(0, 2, ENVELOPE).len());
    for packet in old.iter().cycle().take(40) {
        world.deliver(packet);
        world.run(300);
    }
    assert_eq!(world.packets(0, 2, ENVELOPE).len(), envelopes);
    assert_eq!(world.own_keys(0, world.now), before);
    assert!((0..3).all(|at| world.twice(at).is_empty()));
    assert!(world.converged(&[0, 1, 2]));
}

#[test]
fn reloads_in_quick_succession_cost_few_answers() {
    let mut world = World::call(7, 2);
    world.run(1_000);
    let count = |world: &World, kind| world.packets(0, 1, kind).len();
    let (envelopes, answers) = (count(&world, ENVELOPE), count(&world, ANNOUNCEMENT));
    for _ in 0..50 {
        world.close_tab(1);
        world.open_tab(1);
        world.tell(1, &[0]);
        world.run(20);
    }
    world.run(1_000);
    assert!(count(&world, ENVELOPE) - envelopes <= 8);
    assert!(count(&world, ANNOUNCEMENT) - answers <= 10);
    assert!(world.run_until(3_000, |world| world.converged(&[0, 1])).is_some());
    assert!(world.twice(0).is_empty());
}

#[test]
fn a_restarted_device_seals_with_another_key() {
    let mut world = World::call(8, 2);
    let own = |world: &World| {
        let of = |event: &(_, Event)| match event.1 {
            Event::OwnKey(kid) => Some(kid),
            _ => None,
        };
        world.nodes[0].events.iter().filter_map(of).collect::<Vec<_>>()
    };
    let before = own(&world);
    world.close_tab(0);
    world.open_tab(0);
    world.tell(0, &[1]);
    let after = own(&world);
    assert_eq!((before.len(), after.len()), (1, 2));
    assert_ne!(before[0], after[1]);
    assert!(world.run_until(3_000, |world| world.converged(&[0, 1])).is_some());
}

#[test]
fn clocks_that_are_months_off_delay_nothing() {
    const MONTH: i64 = 30 * 24 * 3_600_000;
    let mut world = World::call(9, 3);
    world.run(60_000);
    for (at, ms) in [(0, -MONTH), (1, 7 * MONTH), (2, 3 * MONTH)] {
        world.close_tab(at);
        world.nodes[at].ahead = ms;
        world.open_tab(at);
        world.tell(at, &[0, 1, 2]);
        world.run(10);
    }
    assert!(world.run_until(3_000, |world| world.converged(&[0, 1, 2])).is_some());
    assert!((0..3).all(|at| world.refusals(at).is_empty()));
}

#[test]
fn a_reload_during_a_rotation_converges() {
    for wait in [0, 20, 60, 500, 1_900, 2_100] {
        let mut world = World::call(11, 4);
        world.run(2_000);
        world.roster(&[0, 1, 2]);
        world.run(wait);
        world.close_tab(1);
        world.open_tab(1);
        world.tell(1, &[0, 2]);
        let took = world.run_until(5_000, |world| world.converged(&[0, 1, 2]));
        assert!(took.is_some(), "after {wait} ms");
        world.run(3_000);
        assert!(world.converged(&[0, 1, 2]), "after {wait} ms");
    }
}

/// A member that removed another and added it again must not accept earlier envelopes.
#[test]
fn an_envelope_withheld_before_a_removal_is_refused_after_the_return() {
    let mut world = World::call(12, 2);
    world.run(1_000);
    world.input(0, sealframe::session::Input::Rotate).expect("a rotation");
    world.run_until(1_000, |world| world.packets(0, 1, ENVELOPE).len() == 2);
    let withheld = world.packets(0, 1, ENVELOPE).pop().expect("an envelope");
    world.lose_what_is_under_way();
    world.network.loss = 100;
    world.run(5_000);
    let frame = world.seal(0).expect("sealed");
    world.tell(1, &[]);
    world.tell(1, &[0]);
    world.deliver(&withheld);
    world.run(100);
    assert_eq!(world.open(0, 1, &frame), Err(Error::UnknownKey), "before they have met");
    world.network.loss = 0;
    for _ in 0..3_000 {
        world.run(1);
        world.lose(|packet| packet.from == 0 && packet.bytes[1] == ENVELOPE);
    }
    world.deliver(&withheld);
    world.run(30);
    assert_eq!(world.open(0, 1, &frame), Err(Error::UnknownKey), "after they have met");
    let took = world.run_until(5_000, |world| world.converged(&[0, 1]));
    assert!(took.is_some());
}
