//! Announcements that arrive before their sender is on the roster are held for a while. They are
//! not trusted more than others. No other message is held.

mod common;

use common::world::{Network, Packet, World, entry};
use sealframe::Error;
use sealframe::session::{Input, Output};

const ENVELOPE: u8 = 1;
const ANNOUNCEMENT: u8 = 3;

/// A world in which devices from 1 on have announced themselves to device 0, whose roster is empty.
/// Later messages to device 0 are lost.
fn early(seed: u64, devices: usize) -> World {
    let mut world = World::new(seed, devices as u64);
    (1..devices).for_each(|at| world.tell(at, &[0]));
    world.run(100);
    assert!((1..devices).all(|at| world.packets(at, 0, ANNOUNCEMENT).len() == 1));
    world
}

fn announcement(world: &World, from: usize) -> Packet {
    world.packets(from, 0, ANNOUNCEMENT).remove(0)
}

/// The number of members that device 0 has answered.
fn answered(world: &World, members: core::ops::Range<usize>) -> usize {
    members.filter(|&to| !world.packets(0, to, ANNOUNCEMENT).is_empty()).count()
}

#[test]
fn an_announcement_is_answered_as_soon_as_its_sender_is_a_member() {
    let mut world = early(1, 2);
    world.tell(0, &[1]);
    let took = world.run_until(3_000, |world| world.converged(&[0, 1]));
    assert!(took.is_some_and(|ms| ms < 150), "{took:?}");
    assert!(world.refusals(0).is_empty());
    assert_eq!(world.packets(1, 0, ANNOUNCEMENT).len(), 2, "the second is an answer");
}

#[test]
fn an_announcement_has_no_effect_before_its_sender_is_a_member() {
    let mut world = early(2, 3);
    world.network = Network { loss: 100, ..Network::GOOD };
    let packet = announcement(&world, 1);
    let from = Some(world.id(1));
    world.close_tab(0);
    world.open_tab(0);
    assert_eq!(world.ask(0, Input::Receive { bytes: &packet.bytes, from }), []);
    let roster = vec![entry(&world.nodes[2].device.bundle)];
    let done = world.ask(0, Input::SetMembers(roster));
    assert!(!done.iter().any(|output| matches!(output, Output::Verify { .. })), "{done:?}");
}

#[test]
fn a_held_announcement_is_refused_after_10s() {
    let mut world = early(3, 2);
    world.network = Network { loss: 100, ..Network::GOOD };
    world.run(9_000);
    assert!(world.refusals(0).is_empty());
    world.run(2_000);
    assert_eq!(world.last_refusal(0), (Some(world.id(1)), Error::NotAMember));
    world.tell(0, &[1]);
    world.run(50);
    assert_eq!(world.packets(0, 1, ENVELOPE).len(), 0);
}

#[test]
fn a_513th_announcement_replaces_the_oldest_held_one() {
    let mut world = early(4, 2);
    let packet = announcement(&world, 1);
    let mut refused = 0;
    for number in 1..=512 {
        let stay = common::device::Device::on_fake_curve(1_000 + number).enter("room-42", number);
        let own = stay.own();
        let message = sealframe::envelope::Message::parse(&packet.bytes).expect("a message");
        let header = sealframe::envelope::Header {
            sender: own.bundle().id(),
            from: own.incarnation(),
            ..message.header
        };
        let unsigned = sealframe::envelope::Unsigned::announcement(
            &header,
            &own,
            [1; 16],
            [0; 16],
            &Default::default(),
        );
        world.receive(0, &unsigned.signed(&[0; 64]), None);
        refused = world.refusals(0).len();
        assert_eq!(refused, usize::from(number == 512), "{number}");
    }
    assert_eq!(refused, 1);
    assert_eq!(world.last_refusal(0), (Some(world.id(1)), Error::NotAMember));
}

#[test]
fn a_repeated_announcement_takes_no_further_room() {
    let mut world = early(5, 33);
    let packet = announcement(&world, 1);
    (0..1_000).for_each(|_| world.deliver(&packet));
    assert!(world.refusals(0).is_empty());
    world.tell(0, &(1..33).collect::<Vec<_>>());
    world.run(20);
    assert_eq!(answered(&world, 1..33), 32);
}

#[test]
fn the_last_of_several_held_announcements_counts() {
    let mut world = World::new(10, 2);
    for _ in 0..3 {
        world.close_tab(1);
        world.open_tab(1);
        world.tell(1, &[0]);
        world.run(100);
    }
    world.tell(0, &[1]);
    let took = world.run_until(3_000, |world| world.converged(&[0, 1]));
    assert!(took.is_some_and(|ms| ms < 150), "{took:?}");
    assert!(world.refusals(0).is_empty());
}

#[test]
fn a_forged_announcement_delays_ours_by_less_than_a_second() {
    let mut world = early(6, 2);
    let mut packet = announcement(&world, 1);
    *packet.bytes.last_mut().expect("a signature") ^= 1;
    world.deliver(&packet);
    world.tell(0, &[1]);
    let took = world.run_until(3_000, |world| world.converged(&[0, 1]));
    assert!(took.is_some_and(|ms| ms < 700), "{took:?}");
    assert_eq!(world.refusals(0), [Error::BadSignature].into());
}

#[test]
fn an_announcement_in_our_own_name_is_refused_at_once() {
    let mut world = early(7, 2);
    let own = world.nodes[0].stay().own();
    let header = sealframe::envelope::Header {
        sender: own.bundle().id(),
        from: own.incarnation(),
        ..world.header(1, 0, 1)
    };
    let mine = sealframe::envelope::Unsigned::announcement(
        &header,
        &own,
        [1; 16],
        [0; 16],
        &Default::default(),
    );
    world.receive(0, &mine.signed(&[0; 64]), None);
    assert_eq!(world.last_refusal(0), (Some(world.id(0)), Error::NotAMember));
}

#[test]
fn an_envelope_of_a_device_off_the_roster_is_refused_at_once() {
    let (mut world, packet) = World::one_envelope(9);
    world.tell(1, &[2]);
    world.deliver(&packet);
    assert_eq!(world.last_refusal(1), (Some(world.id(0)), Error::NotAMember));
    world.tell(1, &[0]);
    world.run(100);
    assert_eq!(world.opens(0, 1), Err(Error::UnknownKey));
}

#[test]
fn closing_drops_all_held_announcements() {
    let mut world = early(8, 5);
    assert!(world.state(0).contains("HeldMessage"));
    world.input(0, Input::Close).expect("closed");
    assert!(!world.state(0).contains("HeldMessage"));
}
