//! A reload in the middle of a call: keys are gone, serials are stored, the device is the same.

mod common;

use common::world::{Event, Network, World};
use sealframe::Error;
use sealframe::session::{Input, Serials};

const ENVELOPE: u8 = 1;
const REQUEST: u8 = 3;

/// A call of three in which device 2 has just reloaded; the others did not notice.
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
    assert_eq!(world.packets(2, 0, REQUEST).len(), 1);
}

#[test]
fn so_it_is_when_answers_are_lost_late_and_doubled() {
    for seed in 0..8 {
        let mut world = reloaded(seed);
        world.network = Network { delay: (10, 500), loss: 25, duplicates: 25 };
        let took = world.run_until(15_000, |world| world.converged(&[0, 1, 2]));
        assert!(took.is_some(), "seed {seed}");
    }
}

#[test]
fn envelopes_from_before_the_reload_are_refused_after_it() {
    let mut world = World::call(3, 2);
    world.run(1_000);
    let frame = world.seal(0).expect("sealed");
    let old = world.packets(0, 1, ENVELOPE);
    world.close_tab(1);
    world.open_tab(1);
    world.network.loss = 100;
    world.tell(1, &[0]);
    for packet in &old {
        world.deliver(packet);
        world.run(50);
    }
    assert_eq!(world.refusals(1), [Error::StaleSerial].into());
    assert_eq!(world.open(0, 1, &frame), Err(Error::UnknownKey));
    world.network.loss = 0;
    let took = world.run_until(5_000, |world| world.converged(&[0, 1]));
    assert!(took.is_some());
}

#[test]
fn only_members_are_answered() {
    let mut world = reloaded(4);
    world.tell(0, &[1]);
    world.run(1_000);
    assert!(world.packets(2, 0, REQUEST).len() > 1);
    assert_eq!(world.refusals(0), [].into(), "who asks may be a member soon");
    world.run(10_000);
    assert_eq!(world.packets(0, 2, ENVELOPE).len(), 1, "the one from before");
    assert_eq!(world.refusals(0), [Error::NotAMember].into());
    assert_eq!(world.opens(0, 2), Err(Error::UnknownKey));
    assert_eq!(world.opens(1, 2), Ok(()));
}

#[test]
fn a_request_is_answered_with_the_own_key_only() {
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
fn a_replayed_request_is_answered_once() {
    let mut world = reloaded(6);
    world.run(3_000);
    let request = world.packets(2, 0, REQUEST).remove(0);
    let answers = world.packets(0, 2, ENVELOPE).len();
    for _ in 0..20 {
        world.deliver(&request);
        world.run(300);
    }
    assert_eq!(world.packets(0, 2, ENVELOPE).len(), answers);
}

#[test]
fn a_request_of_the_past_is_refused() {
    let mut world = reloaded(12);
    world.run(3_000);
    world.close_tab(2);
    world.open_tab(2);
    world.tell(2, &[0, 1]);
    world.run(3_000);
    let requests = world.packets(2, 0, REQUEST);
    let answers = world.packets(0, 2, ENVELOPE).len();
    assert!(requests.len() >= 2 && world.refusals(0).is_empty());
    world.deliver(&requests[0]);
    world.run(1_000);
    assert_eq!(world.refusals(0), [Error::StaleSerial].into());
    assert_eq!(world.packets(0, 2, ENVELOPE).len(), answers);
}

#[test]
fn requests_in_quick_succession_cost_few_answers() {
    let mut world = World::call(7, 2);
    world.run(1_000);
    let before = world.packets(0, 1, ENVELOPE).len();
    for _ in 0..50 {
        world.close_tab(1);
        world.open_tab(1);
        world.tell(1, &[0]);
        world.run(20);
    }
    world.run(1_000);
    assert!(world.packets(0, 1, ENVELOPE).len() - before <= 6);
    assert!(world.run_until(3_000, |world| world.converged(&[0, 1])).is_some());
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
fn a_clock_that_went_back_is_made_up_for_by_stored_serials() {
    let mut world = World::call(9, 2);
    world.run(60_000);
    world.close_tab(0);
    world.now.0 -= 3_600_000;
    world.close_tab(1); // its clock went back as well
    for at in 0..2 {
        world.open_tab(at);
        world.tell(at, &[1 - at]);
    }
    assert!(world.run_until(3_000, |world| world.converged(&[0, 1])).is_some());
    assert!((0..2).all(|at| world.refusals(at).is_empty()));
}

#[test]
fn what_is_stored_holds_no_secret_and_grows_with_each_envelope() {
    let mut world = World::call(10, 2);
    world.run(1_000);
    let before = world.nodes[1].stored.to_bytes();
    assert_eq!(before.len(), 9 + 24, "a version, two serials and a public name");
    world.input(0, Input::Rotate).expect("a rotation");
    world.run(1_000);
    assert_ne!(world.nodes[1].stored.to_bytes(), before);
    assert_eq!(Serials::parse(&before).expect("serials").to_bytes(), before);
}

#[test]
fn a_reload_during_a_rotation_is_survived() {
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
