//! Which devices can open which frames while devices join and leave.

mod common;

use common::world::World;
use sealframe::Error;

#[test]
fn all_members_open_each_other() {
    let mut world = World::call(1, 4);
    assert!(world.converged(&[0, 1, 2, 3]));
    assert!((0..4).all(|at| world.refusals(at).is_empty()));
}

#[test]
fn the_first_key_seals_at_once() {
    let mut world = World::new(2, 2);
    assert_eq!(world.seal(0), Err(Error::NoKey));
    world.tell(0, &[]);
    assert!(world.seal(0).is_ok());
    world.tell(1, &[0]);
    assert!(world.seal(1).is_ok());
}

#[test]
fn the_same_roster_again_changes_nothing() {
    let mut world = World::call(3, 3);
    world.run(1_000); // for the last acks
    let (start, messages) = (world.now, world.seen.len());
    for _ in 0..10 {
        world.roster(&[2, 1, 0, 1]);
        world.run(1_500);
    }
    assert_eq!((world.own_keys(0, start), world.seen.len()), (0, messages));
}

#[test]
fn a_newcomer_cannot_open_earlier_frames() {
    let mut world = World::new(4, 3);
    world.roster(&[0, 1]);
    world.run(2_000);
    let past: Vec<_> = (0..2).map(|at| world.seal(at).expect("sealed")).collect();
    world.roster(&[0, 1, 2]);
    let took = world.run_until(2_000, |world| world.converged(&[0, 1, 2]));
    assert!(took.is_some_and(|ms| ms < 200), "{took:?}");
    for (at, frame) in past.iter().enumerate() {
        assert_eq!(world.open(at, 2, frame), Err(Error::UnknownKey));
    }
    assert_eq!(world.open(0, 1, &past[0]), Ok(()), "an earlier member still opens it");
}

#[test]
fn a_join_costs_other_members_no_frame_and_no_message() {
    let mut world = World::new(5, 3);
    world.roster(&[0, 1]);
    world.run(2_000);
    let messages = world.packets(0, 1, 1).len();
    world.roster(&[0, 1, 2]);
    let lost = world.run_until(3_000, |world| !world.converged(&[0, 1]));
    assert_eq!(lost, None);
    assert_eq!(world.packets(0, 1, 1).len(), messages);
}

#[test]
fn a_removed_member_cannot_open_later_frames() {
    let mut world = World::call(6, 3);
    world.run(1_000);
    let before = world.now;
    world.roster(&[0, 1]);
    assert_eq!(world.opens(2, 0), Err(Error::UnknownKey), "its keys are gone at once");
    let took =
        world.run_until(3_000, |world| world.opens(0, 2).is_err() && world.opens(1, 2).is_err());
    assert!(took.is_some_and(|ms| ms < 300), "{took:?}");
    world.run(20_000);
    assert!(world.converged(&[0, 1]));
    assert!(world.seen.iter().all(|p| p.at < before || p.to != 2), "an envelope was sent to it");
}

#[test]
fn a_removal_costs_the_others_no_frame() {
    let mut world = World::call(7, 4);
    world.roster(&[0, 1, 2]);
    let lost = world.run_until(15_000, |world| !world.converged(&[0, 1, 2]));
    assert_eq!(lost, None);
}

#[test]
fn a_silent_member_delays_the_new_key_by_two_seconds() {
    let mut world = World::call(8, 4);
    world.run(1_000);
    world.nodes[2].cut_off = true;
    world.roster(&[0, 1, 2]);
    let took = world.run_until(5_000, |world| world.opens(0, 3).is_err());
    assert_eq!(took, Some(2_000));
    assert_eq!(world.opens(0, 2), Err(Error::UnknownKey));
    world.nodes[2].cut_off = false;
    let took = world.run_until(5_000, |world| world.converged(&[0, 1, 2]));
    assert!(took.is_some_and(|ms| ms < 3_300), "{took:?}");
}

#[test]
fn a_burst_of_a_hundred_joins_is_two_rotations() {
    let mut world = World::new(9, 101);
    world.tell(0, &[]);
    world.run(3_000);
    let start = world.now;
    for joined in 1..=100 {
        world.tell(joined, &[0]);
        world.tell(0, &(1..=joined).collect::<Vec<_>>());
        world.run(9);
    }
    world.run(1_000);
    assert!(world.own_keys(0, start) <= 2);
    let served = (1..=100).filter(|&to| !world.packets(0, to, 1).is_empty()).count();
    assert_eq!(served, 100);
}

#[test]
fn a_burst_of_leaves_is_two_rotations() {
    let mut world = World::call(10, 8);
    world.run(3_000);
    let start = world.now;
    for left in (1..8).rev() {
        world.tell(0, &(0..left).collect::<Vec<_>>());
        world.run(100);
    }
    world.run(5_000);
    assert!(world.own_keys(0, start) <= 2);
    assert!((1..8).all(|at| world.opens(0, at).is_err()));
}

#[test]
fn a_device_added_and_removed_within_a_second_costs_no_rotation() {
    let mut world = World::call(11, 3);
    world.run(2_000);
    world.tell(0, &[1]);
    world.run(500); // the second change waits until a second has passed since the first
    world.tell(0, &[1, 2]);
    world.run(100);
    world.tell(0, &[1]);
    let start = world.now;
    world.run(5_000);
    assert_eq!(world.own_keys(0, start), 0);
}

#[test]
fn a_generation_ends_with_a_random_key() {
    let mut world = World::new(12, 20);
    world.tell(0, &[]);
    for joined in 1..20 {
        let members: Vec<_> = (0..=joined).collect();
        world.tell(joined, &members);
        world.roster(&members);
        world.run(4_000);
        assert!(world.converged(&members), "{joined}");
    }
}

#[test]
fn a_returning_member_gets_a_key_but_not_the_one_of_its_absence() {
    let mut world = World::call(13, 3);
    world.roster(&[0, 1]);
    world.run(4_000);
    let absent = world.seal(0).expect("sealed");
    world.roster(&[0, 1, 2]);
    world.run(4_000);
    assert!(world.converged(&[0, 1, 2]));
    assert_eq!(world.open(0, 2, &absent), Err(Error::UnknownKey));
}

#[test]
fn a_newcomer_during_a_rotation_gets_the_staged_key() {
    let mut world = World::new(14, 4);
    world.roster(&[0, 1, 2]);
    world.run(3_000);
    world.nodes[1].cut_off = true; // then the rotation takes its two seconds
    world.tell(0, &[1]);
    world.run(500);
    let past = world.seal(0).expect("sealed");
    world.tell(0, &[1, 3]);
    world.tell(3, &[0, 1]);
    world.run(5_000);
    assert_eq!(world.opens(0, 3), Ok(()));
    assert_eq!(world.open(0, 3, &past), Err(Error::UnknownKey));
}

#[test]
fn rotating_on_request_makes_a_random_key() {
    let mut world = World::call(15, 2);
    world.run(2_000);
    let start = world.now;
    world.input(0, sealframe::session::Input::Rotate).expect("a rotation");
    world.input(0, sealframe::session::Input::Rotate).expect("one is on its way");
    let lost = world.run_until(2_000, |world| world.opens(0, 1).is_err());
    assert_eq!((lost, world.own_keys(0, start)), (None, 1));
    assert_eq!(world.packets(0, 1, 1).len(), 2);
}
