//! Many devices join in turn, and one application learns of each later than another.

mod common;

use common::device::Device;
use common::stolen::Stolen;
use common::world::{Event, World};
use sealframe::session::Input;

const ALICE: usize = 0;
const BOB: usize = 1;
const MALLORY: usize = 2;
const ENVELOPE: u8 = 1;
const JOINERS: usize = 30;

/// One device joins each second. Bob's application learns of each three seconds later than Alice's,
/// which also lists `beside`. Alice makes a new key in between.
fn storm(world: &mut World, beside: &[usize], mut each: impl FnMut(&mut World, usize)) {
    for second in 0..JOINERS {
        let joiners = |count: usize| (3..3 + count).collect::<Vec<_>>();
        let of_alice = [&[ALICE, BOB], beside, &joiners(second)].concat();
        world.tell(ALICE, &of_alice);
        world.tell(BOB, &[&[ALICE, BOB], joiners(second.saturating_sub(3)).as_slice()].concat());
        if second % 10 == 5 {
            world.input(ALICE, Input::Rotate).expect("a rotation");
        }
        world.run(1_000);
        each(world, second);
    }
}

fn called() -> World {
    let mut world = World::of(1, (0..3 + JOINERS as u64).map(Device::on_fake_curve));
    (3..3 + JOINERS).for_each(|at| world.close_tab(at));
    world.roster(&[ALICE, BOB]);
    world.run(3_000);
    world
}

#[test]
fn no_frame_is_lost_while_rosters_differ_for_half_a_minute() {
    let mut world = called();
    storm(&mut world, &[], |world, second| {
        assert!(world.opens(ALICE, BOB).is_ok(), "in second {second}");
        assert!(world.opens(BOB, ALICE).is_ok(), "in second {second}");
    });
    let told = |(_, event): &&(_, Event)| matches!(event, Event::Untrusted(..));
    assert_eq!(world.nodes[BOB].events.iter().find(told), None);
}

#[test]
fn different_rosters_cost_one_envelope_every_few_seconds() {
    let mut world = called();
    storm(&mut world, &[], |_, _| {});
    let asked = world.packets(BOB, ALICE, ENVELOPE).len();
    assert!(asked < JOINERS / 2, "{asked} envelopes in {JOINERS} seconds");
}

#[test]
fn joins_give_a_device_that_was_never_listed_no_time() {
    let mut world = called();
    world.tell(MALLORY, &[ALICE, BOB, MALLORY]);
    storm(&mut world, &[MALLORY], |world, second| {
        if second >= 22 {
            let stolen = Stolen::of(world, ALICE, MALLORY);
            assert!(!stolen.opens_as_owner(world, ALICE, BOB), "in second {second}");
        }
    });
}
