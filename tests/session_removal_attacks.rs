//! Attacks of a removed device, and a server that helps it, on members whose state differs.

mod common;

use common::device::Device;
use common::stolen::{Stolen, run_without};
use common::world::{Packet, World, entry};
use sealframe::key::DeviceKid;
use sealframe::session::{Entry, Input};

const ALICE: usize = 0;
const BOB: usize = 1;
const MALLORY: usize = 2;
const ENVELOPE: u8 = 1;
/// A key in doubt still opens for this time, in milliseconds.
const DOUBTED: u64 = 15_000;

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
    let mut world = World::of(2, (0..3).map(Device::on_fake_curve)).met();
    world.run(3_000);
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
