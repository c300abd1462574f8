//! Envelopes that come before the roster that names their sender: held for a while, believed as
//! little as any other.

mod common;

use common::world::{Network, World, entry};
use sealframe::Error;
use sealframe::session::{Input, Output};

const ENVELOPE: u8 = 1;
const REQUEST: u8 = 3;

/// A world in which devices from 1 on have sent device 0, which knows nobody, an envelope each.
/// From now on nothing passes.
fn early(seed: u64, devices: usize) -> World {
    let mut world = World::new(seed, devices as u64);
    (1..devices).for_each(|at| world.tell(at, &[0]));
    world.run(100);
    assert!((1..devices).all(|at| world.packets(at, 0, ENVELOPE).len() == 1));
    world.network = Network { loss: 100, ..Network::GOOD };
    world
}

fn keyed(world: &World) -> usize {
    let session = &world.nodes[0].tab.as_ref().expect("open").session;
    session.members().filter(|member| member.keyed).count()
}

#[test]
fn an_envelope_is_opened_as_soon_as_its_sender_is_a_member() {
    let mut world = early(1, 2);
    world.tell(0, &[1]);
    let took = world.run_until(3_000, |world| world.opens(1, 0).is_ok());
    assert!(took.is_some_and(|ms| ms < 20), "{took:?}");
    assert!(world.refusals(0).is_empty());
    assert!(world.packets(0, 1, REQUEST).is_empty());
}

#[test]
fn nothing_is_done_for_it_before() {
    let mut world = early(2, 3);
    let packet = world.packets(1, 0, ENVELOPE).remove(0);
    let from = Some(world.id(1));
    world.close_tab(0);
    world.open_tab(0);
    assert_eq!(world.ask(0, Input::Receive { bytes: &packet.bytes, from }), []);
    world.tell(0, &[2]);
    world.run(1_000);
    let roster = vec![entry(&world.nodes[2].device.bundle)];
    let done = world.ask(0, Input::SetMembers(roster));
    assert!(!done.iter().any(|output| matches!(output, Output::Verify { .. })), "{done:?}");
    assert_eq!((keyed(&world), world.opens(1, 0)), (0, Err(Error::UnknownKey)));
}

#[test]
fn after_ten_seconds_it_is_refused() {
    let mut world = early(3, 2);
    world.run(9_000);
    assert!(world.refusals(0).is_empty());
    world.run(2_000);
    assert_eq!(world.last_refusal(0), (Some(world.id(1)), Error::NotAMember));
    world.tell(0, &[1]);
    world.run(2_000);
    assert_eq!(keyed(&world), 0);
}

#[test]
fn where_512_wait_the_oldest_goes_for_another() {
    let mut world = early(4, 2);
    let packet = world.packets(1, 0, ENVELOPE).remove(0);
    let mut stranger = |number: u16| {
        let mut bytes = packet.bytes.clone();
        bytes[19..21].copy_from_slice(&number.to_be_bytes());
        world.receive(0, &bytes, None);
        world.refusals(0).len()
    };
    assert_eq!((1..512).map(&mut stranger).sum::<usize>(), 0);
    assert_eq!(stranger(512), 1);
    assert_eq!(world.last_refusal(0), (Some(world.id(1)), Error::NotAMember));
}

#[test]
fn the_same_one_again_takes_no_room() {
    let mut world = early(5, 33);
    let packet = world.packets(1, 0, ENVELOPE).remove(0);
    (0..100).for_each(|_| world.deliver(&packet));
    assert!(world.refusals(0).is_empty());
    world.tell(0, &[1]);
    world.run(100);
    assert_eq!(keyed(&world), 1);
}

/// The first of two devices hears of the second after that has asked for its key, and changed its
/// own, so many times. Nothing passes from then on.
fn late(seed: u64, rotations: usize) -> World {
    let mut world = World::new(seed, 2);
    world.tell(1, &[0]);
    world.run(8_000 - 2_010 * rotations as u64);
    for _ in 0..rotations {
        world.input(1, Input::Rotate).expect("a rotation");
        world.run(2_010);
    }
    world.network = Network { loss: 100, ..Network::GOOD };
    world.tell(0, &[1]);
    world.run(100);
    world
}

#[test]
fn requests_leave_room_for_a_new_key() {
    let mut world = late(9, 1);
    assert!(world.packets(1, 0, REQUEST).len() > 4);
    assert_eq!(world.opens(1, 0), Ok(()));
    assert!(world.refusals(0).is_empty());
}

#[test]
fn of_many_keys_the_newest_is_taken() {
    let mut world = late(10, 3);
    assert!(world.packets(1, 0, ENVELOPE).len() > 4);
    assert_eq!(world.opens(1, 0), Ok(()));
    assert!(world.refusals(0).contains(&Error::NotAMember), "the oldest");
}

#[test]
fn a_forged_one_is_refused_beside_the_genuine_one() {
    let mut world = early(6, 3);
    let mut packet = world.packets(1, 0, ENVELOPE).remove(0);
    *packet.bytes.last_mut().expect("a signature") ^= 1;
    world.deliver(&packet);
    world.tell(0, &[1]);
    world.run(100);
    assert_eq!(world.refusals(0), [Error::BadSignature].into());
    assert_eq!(world.opens(1, 0), Ok(()));
}

#[test]
fn one_that_comes_again_is_held_again() {
    let mut world = early(11, 2);
    let packet = world.packets(1, 0, ENVELOPE).remove(0);
    world.jump(0, 11_000); // and no tick: there is none before the first roster
    world.deliver(&packet);
    assert_eq!(world.last_refusal(0), (Some(world.id(1)), Error::NotAMember));
    world.tell(0, &[1]);
    world.run(100);
    assert_eq!(keyed(&world), 1);
}

#[test]
fn one_in_our_own_name_is_refused_at_once() {
    let mut world = early(7, 2);
    let mut packet = world.packets(1, 0, ENVELOPE).remove(0);
    let own = *world.nodes[0].device.id().as_bytes();
    packet.bytes[19..35].copy_from_slice(&own);
    world.receive(0, &packet.bytes, None);
    assert_eq!(world.last_refusal(0), (Some(world.id(0)), Error::NotAMember));
}

#[test]
fn a_close_lets_go_of_all() {
    let mut world = early(8, 5);
    assert!(world.state(0).contains("Early"));
    world.input(0, Input::Close).expect("closed");
    assert!(!world.state(0).contains("Early"));
}
