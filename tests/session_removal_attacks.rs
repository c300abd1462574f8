//! Attacks of a removed device, and a server that helps it, on members whose state differs.

mod common;

use common::device::Device;
use common::stolen::{ACK, ALICE, BOB, DOUBTED, ENVELOPE, MALLORY, Stolen, call, run_without};
use common::world::{Packet, World, entry};
use sealframe::key::DeviceKid;
use sealframe::session::{Entry, Input};

fn of_alice(packet: &Packet) -> bool {
    packet.from == ALICE && packet.to == BOB
}

#[test]
fn a_removed_device_cannot_seal_for_others_even_if_its_entry_was_refused() {
    let mut world = World::of(1, (0..3).map(Device::on_fake_curve));
    world.roster(&[ALICE, BOB]);
    world.run(3_000);
    // Alice accepts Mallory. Bob's version cannot read Mallory's bundle.
    world.tell(ALICE, &[ALICE, BOB, MALLORY]);
    world.tell(MALLORY, &[ALICE, BOB, MALLORY]);
    let refused = Entry::parse(b"of a later version", Some(world.id(MALLORY).as_str()));
    let entries = vec![entry(&world.nodes[ALICE].device.bundle), refused];
    assert!(world.input(BOB, Input::SetMembers(entries)).is_err());
    world.run(3_000);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    world.roster(&[ALICE, BOB]);
    run_without(&mut world, DOUBTED - 100, of_alice);
    assert!(stolen.opens_as_owner(&mut world, ALICE, BOB), "the limit is not reached yet");
    run_without(&mut world, 100, of_alice);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_reloaded_owner_reusing_a_generation_number_clears_only_its_new_key() {
    let mut world = call(2, 3);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    world.roster(&[ALICE, BOB]);
    run_without(&mut world, DOUBTED, of_alice);
    // A reload draws one of 4096 numbers.
    let has_the_number = |world: &World| {
        let kid = world.nodes[ALICE].tab.as_ref().and_then(|tab| tab.end.ring.own_kid());
        let kid = kid.and_then(DeviceKid::parse).expect("a key");
        kid.generation() == stolen.kid.generation()
    };
    while !has_the_number(&world) {
        world.close_tab(ALICE);
        world.open_tab(ALICE);
        world.tell(ALICE, &[ALICE, BOB]);
    }
    // Bob gets Alice's statements, but not the key.
    run_without(&mut world, 5_000, |packet| of_alice(packet) && packet.bytes[1] == ENVELOPE);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
    world.run(5_000);
    assert!(world.opens(ALICE, BOB).is_ok());
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB), "the new key replaced it");
}

#[test]
fn two_devices_removed_in_turn_cannot_seal_for_others() {
    let mut world = call(11, 4);
    let stolen = [MALLORY, 3].map(|thief| Stolen::of(&world, ALICE, thief));
    world.roster(&[ALICE, BOB, 3]);
    run_without(&mut world, 10_000, of_alice);
    world.roster(&[ALICE, BOB]);
    run_without(&mut world, 5_000, of_alice);
    for key in &stolen {
        assert!(!key.opens_as_owner(&mut world, ALICE, BOB), "the first removal's time is over");
    }
}

#[test]
fn a_statement_does_not_cover_a_later_removal() {
    let mut world = call(12, 4);
    let three = |world: &World| Stolen::of(world, ALICE, 3);
    world.roster(&[ALICE, BOB, 3]);
    world.run(5_000);
    let stolen = three(&world);
    assert!(world.opens(ALICE, BOB).is_ok(), "the first device does not have the new key");
    world.roster(&[ALICE, BOB]);
    run_without(&mut world, DOUBTED, of_alice);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_new_key_during_a_doubt_gains_no_time() {
    let mut world = call(13, 3);
    world.tell(BOB, &[ALICE, BOB]); // Alice keeps Mallory and sends it each new key
    for _ in 0..4 {
        world.run(3_000);
        world.input(ALICE, Input::Rotate).expect("a rotation");
    }
    world.run(3_001);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
    // A reload of the owner does not help either.
    world.close_tab(ALICE);
    world.open_tab(ALICE);
    world.tell(ALICE, &[ALICE, BOB, MALLORY]);
    world.run(3_000);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_first_key_withheld_until_after_the_removal_gains_no_time() {
    let mut world = World::of(21, (0..3).map(Device::on_fake_curve));
    let envelope = |packet: &Packet| packet.to == BOB && packet.bytes[1] == ENVELOPE;
    world.roster(&[ALICE, BOB, MALLORY]);
    run_without(&mut world, 3_000, envelope);
    let kept = world.packets(ALICE, BOB, ENVELOPE);
    world.tell(BOB, &[ALICE, BOB]);
    run_without(&mut world, DOUBTED - 2_000, envelope);
    kept.iter().for_each(|packet| world.deliver(packet));
    run_without(&mut world, 1_000, envelope);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    assert!(stolen.opens_as_owner(&mut world, ALICE, BOB), "the key was not accepted");
    run_without(&mut world, 1_000, envelope);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_device_removed_long_ago_does_not_speak_for_a_member_that_comes_back() {
    for seed in 0..10 {
        let mut world = call(seed, 3);
        let stolen = Stolen::of(&world, BOB, MALLORY);
        // Bob's application removes nobody, so Mallory keeps Bob's key.
        world.tell(ALICE, &[ALICE]);
        world.run(DOUBTED);
        world.tell(ALICE, &[ALICE, BOB]);
        world.run(3_000);
        assert!(!stolen.opens_as_owner(&mut world, BOB, ALICE), "seed {seed}");
    }
}

#[test]
fn a_device_removed_long_ago_does_not_speak_for_a_member_whose_list_is_withheld() {
    let mut world = call(3, 3);
    let stolen = Stolen::of(&world, BOB, MALLORY);
    world.tell(ALICE, &[ALICE]);
    world.run(DOUBTED);
    world.tell(ALICE, &[ALICE, BOB]);
    // The server passes on Bob's envelope with the old key, and none of his lists.
    let acks = |packet: &Packet| packet.from == BOB && packet.bytes[1] == ACK;
    for _ in 0..30 {
        run_without(&mut world, 100, acks);
        assert!(!stolen.opens_as_owner(&mut world, BOB, ALICE));
    }
}
