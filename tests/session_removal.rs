//! The end of trust after a removal: a device that received keys of the others can seal in their
//! names until they have stated which devices received which key.

mod common;

use common::device::Device;
use common::stolen::{ACK, ALICE, BOB, DOUBTED, ENVELOPE, MALLORY, Stolen, call, run_without};
use common::world::{Event, Network, Packet, START, World};
use sealframe::frame::{DataChannels, Label};
use sealframe::key::Ring;
use sealframe::session::Input;
use sealframe::{Error, Millis};

fn untrusted(world: &World, at: usize) -> Vec<&Event> {
    let events = world.nodes[at].events.iter().map(|(_, event)| event);
    events.filter(|event| matches!(event, Event::Untrusted(..) | Event::Trusted(_))).collect()
}

/// No message arrives any more, not even those that were sent before.
fn silence(world: &mut World) {
    world.network = Network { loss: 100, ..Network::GOOD };
    world.lose_what_is_under_way();
}

#[test]
fn a_removed_device_cannot_seal_for_others_if_the_server_withholds_new_keys() {
    let mut world = call(1, 3);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    world.roster(&[ALICE, BOB]);
    let of_alice = |packet: &Packet| packet.from == ALICE && packet.to == BOB;
    run_without(&mut world, DOUBTED - 100, of_alice);
    assert!(stolen.opens_as_owner(&mut world, ALICE, BOB), "the limit is not reached yet");
    run_without(&mut world, 100, of_alice);
    for days in 0..7 {
        assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB), "after {days} days");
        world.run_by(86_400_000, 3_600_000, |world| {
            world.lose(of_alice);
            false
        });
    }
}

#[test]
fn a_doubted_key_opens_nothing_from_the_15000th_millisecond_on() {
    let mut world = call(2, 3);
    world.roster(&[ALICE, BOB]);
    let frames: Vec<_> = (0..2).map(|_| world.seal(ALICE).expect("sealed")).collect();
    silence(&mut world);
    world.run(DOUBTED - 1);
    assert_eq!(world.open(ALICE, BOB, &frames[0]), Ok(()));
    world.run(1);
    assert_eq!(world.open(ALICE, BOB, &frames[1]), Err(Error::UntrustedKey));
}

#[test]
fn data_messages_of_a_removed_device_do_not_open() {
    let mut world = call(3, 3);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    let mut thief = Ring::default();
    thief.install_own(stolen.kid.kid(), &stolen.base_key).expect("a key");
    let (own, mut data) = (world.id(BOB), DataChannels::default());
    let mut open = |world: &mut World| {
        let sealed = data.seal(&mut thief, &Label::default(), None, b"hello").expect("sealed");
        let (from, tab) = (world.id(ALICE), world.nodes[BOB].tab.as_mut().expect("open"));
        let opened = data.open(&mut tab.end.ring, &Label::default(), &from, &own, &sealed);
        opened.map(|_| ())
    };
    world.roster(&[ALICE, BOB]);
    silence(&mut world);
    world.run(DOUBTED - 1);
    assert_eq!(open(&mut world), Ok(()));
    world.run(1);
    assert_eq!(open(&mut world), Err(Error::UntrustedKey));
}

#[test]
fn no_frame_is_lost_if_all_members_remove_a_device() {
    for seed in 0..6 {
        for apart in [0, 300, 3_000, 6_000] {
            let mut world = call(seed, 4);
            let remain = [ALICE, BOB, 3];
            for at in remain {
                world.tell(at, &remain);
                world.run(apart);
            }
            for _ in 0..80 {
                world.run(500);
                assert!(world.converged(&remain), "{apart} apart");
            }
            for at in remain {
                assert_eq!(untrusted(&world, at), Vec::<&Event>::new());
            }
        }
    }
}

#[test]
fn no_frame_is_lost_after_a_removal_with_20_percent_message_loss() {
    for seed in 0..20 {
        let mut world = call(seed, 4);
        world.network = Network { loss: 20, ..Network::GOOD };
        let remain = [ALICE, BOB, 3];
        world.roster(&remain);
        world.run(5_000); // until the new keys have arrived
        for _ in 0..60 {
            world.run(500);
            assert!(world.converged(&remain), "seed {seed}");
        }
    }
}

#[test]
fn an_owner_that_never_gave_the_removed_device_a_key_is_trusted() {
    let mut world = World::of(7, (0..3).map(Device::on_fake_curve));
    world.roster(&[ALICE, BOB]);
    world.run(3_000);
    // Mallory is on the rosters and was never in the call.
    world.close_tab(MALLORY);
    for at in [ALICE, BOB] {
        world.tell(at, &[ALICE, BOB, MALLORY]);
    }
    world.run(3_000);
    let kid = |world: &World| world.nodes[ALICE].tab.as_ref().expect("open").end.ring.own_kid();
    let before = kid(&world);
    world.roster(&[ALICE, BOB]);
    for _ in 0..60 {
        world.run(500);
        assert!(world.converged(&[ALICE, BOB]));
    }
    assert_eq!(kid(&world), before, "no new key is needed");
    assert_eq!(untrusted(&world, BOB), Vec::<&Event>::new());
}

#[test]
fn different_rosters_are_reported_and_frames_open_once_they_agree() {
    let mut world = call(8, 3);
    let mallory = world.id(MALLORY);
    let alice = world.id(ALICE);
    world.tell(BOB, &[ALICE, BOB]);
    world.run(DOUBTED - 1_000);
    assert!(world.opens(ALICE, BOB).is_ok());
    world.run(1_000);
    for _ in 0..60 {
        world.run(1_000);
        assert_eq!(world.opens(ALICE, BOB), Err(Error::UntrustedKey));
        assert!(world.opens(BOB, ALICE).is_ok(), "Alice names all who have Bob's key");
    }
    let told = Event::Untrusted(alice.clone(), vec![mallory]);
    assert_eq!(untrusted(&world, BOB), [&told]);
    world.tell(ALICE, &[ALICE, BOB]);
    let took = world.run_until(60_000, |world| world.opens(ALICE, BOB).is_ok());
    assert!(took.is_some_and(|ms| ms < 4_000), "{took:?}");
    assert_eq!(untrusted(&world, BOB), [&told, &Event::Trusted(alice)]);
    world.run(60_000);
    assert!(world.converged(&[ALICE, BOB]));
}

#[test]
fn a_long_disagreement_costs_one_message_a_minute() {
    let mut world = call(9, 3);
    world.tell(BOB, &[ALICE, BOB]);
    world.run(600_000);
    let before = world.packets(BOB, ALICE, ENVELOPE).len();
    world.run(600_000);
    let sent = world.packets(BOB, ALICE, ENVELOPE).len() - before;
    assert!((5..=25).contains(&sent), "{sent} in ten minutes");
}

#[test]
fn a_receiver_that_removes_last_accepts_the_owners_earlier_new_key() {
    // The owner removes first: its new key has arrived when the receiver removes the device.
    for late in [1_500, 5_000, 20_000, 100_000] {
        let mut world = call(10, 3);
        world.tell(ALICE, &[ALICE, BOB]);
        world.run(late);
        world.tell(BOB, &[ALICE, BOB]);
        for _ in 0..60 {
            world.run(500);
            assert!(world.opens(ALICE, BOB).is_ok(), "{late}");
        }
    }
}

#[test]
fn an_owner_without_a_new_key_states_the_holders_of_the_old_one() {
    let mut world = call(22, 3);
    world.input(ALICE, Input::Rotate).expect("a rotation");
    world.run(300); // all have that key, and the next must wait until a second has passed
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    let acks = world.packets(ALICE, BOB, ACK).len();
    world.roster(&[ALICE, BOB]);
    let envelope = |packet: &Packet| packet.to == BOB && packet.bytes[1] == ENVELOPE;
    run_without(&mut world, 500, envelope);
    assert!(world.packets(ALICE, BOB, ACK).len() > acks, "Alice has stated something");
    run_without(&mut world, DOUBTED, |packet| packet.from == ALICE && packet.to == BOB);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_reloaded_receiver_asks_from_the_start() {
    let mut world = call(14, 3);
    world.tell(BOB, &[ALICE, BOB]);
    world.run(2_000);
    world.close_tab(BOB);
    world.open_tab(BOB);
    world.tell(BOB, &[ALICE, BOB]);
    world.run(3_000);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    world.run(DOUBTED);
    assert!(
        !stolen.opens_as_owner(&mut world, ALICE, BOB),
        "Alice's key is known to one who is no member"
    );
    world.tell(ALICE, &[ALICE, BOB]);
    let took = world.run_until(60_000, |world| world.opens(ALICE, BOB).is_ok());
    assert!(took.is_some_and(|ms| ms < 4_000), "{took:?}");
}

#[test]
fn a_device_that_is_added_again_opens_and_is_opened() {
    for pause in [200, 2_000, 20_000] {
        let mut world = call(15, 3);
        let all = [ALICE, BOB, MALLORY];
        world.roster(&[ALICE, BOB]);
        world.run(pause);
        world.roster(&all);
        world.run(4_000);
        for _ in 0..60 {
            world.run(500);
            assert!(world.converged(&all), "{pause}");
        }
        for at in all {
            assert_eq!(untrusted(&world, at), Vec::<&Event>::new());
        }
    }
}

#[test]
fn acks_from_before_the_removal_clear_no_doubt() {
    let mut world = call(16, 3);
    let old = world.packets(ALICE, BOB, ACK);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    world.roster(&[ALICE, BOB]);
    silence(&mut world);
    for _ in 0..20 {
        world.run(1_000);
        old.iter().for_each(|packet| world.deliver(packet));
    }
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_late_statement_covers_no_removal_after_its_question() {
    let mut world = call(20, 4);
    // Device 3 leaves. Alice's statements about her key are kept back from then on.
    world.roster(&[ALICE, BOB, MALLORY]);
    world.run(5_000);
    world.roster(&[ALICE, BOB]);
    let acks = world.packets(ALICE, BOB, ACK).len();
    let of_alice = |packet: &Packet| packet.from == ALICE && packet.to == BOB;
    run_without(&mut world, 300, |packet| of_alice(packet) && packet.bytes[1] == ACK);
    let kept = world.packets(ALICE, BOB, ACK).split_off(acks);
    assert!(!kept.is_empty());
    // Mallory returns, receives the next step of the same key, and is removed once more.
    world.roster(&[ALICE, BOB, MALLORY]);
    run_without(&mut world, 1_500, |packet| of_alice(packet) && packet.bytes[1] == ACK);
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    world.tell(BOB, &[ALICE, BOB]);
    run_without(&mut world, 10, of_alice);
    kept.iter().for_each(|packet| world.deliver(packet));
    run_without(&mut world, DOUBTED, of_alice);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_later_step_of_a_key_in_doubt_opens_nothing() {
    let mut world = call(17, 3);
    let stolen = Stolen::of(&world, ALICE, MALLORY).next_step();
    world.roster(&[ALICE, BOB]);
    silence(&mut world);
    world.run(DOUBTED);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn members_reports_no_key_after_15s_of_doubt() {
    let mut world = call(18, 3);
    let alice = world.id(ALICE);
    let keyed = |world: &World| {
        let session = &world.nodes[BOB].tab.as_ref().expect("open").session;
        session.members().find(|member| *member.sender == alice).map(|member| member.keyed)
    };
    world.tell(BOB, &[ALICE, BOB]);
    world.run(DOUBTED - 1);
    assert_eq!(keyed(&world), Some(true));
    world.run(1_001);
    assert_eq!(keyed(&world), Some(false));
}

#[test]
fn a_clock_in_another_year_changes_nothing() {
    let mut world = World::of(19, (0..3).map(Device::on_fake_curve));
    world.jump(BOB, 200 * 86_400_000);
    let mut world = world.met();
    world.run(3_000);
    assert!(world.now > START && world.clock(BOB) > Millis(world.now.0 + 1));
    let stolen = Stolen::of(&world, ALICE, MALLORY);
    world.roster(&[ALICE, BOB]);
    run_without(&mut world, DOUBTED, |packet| packet.from == ALICE && packet.to == BOB);
    assert!(!stolen.opens_as_owner(&mut world, ALICE, BOB));
}

#[test]
fn a_member_is_still_asked_after_it_has_removed_others_a_hundred_times() {
    let mut world = call(23, 4);
    for _ in 0..100 {
        world.tell(ALICE, &[ALICE, BOB]);
        world.run(5_000);
        world.tell(ALICE, &[ALICE, BOB, MALLORY]);
        world.run(5_000);
    }
    // Bob never had a list of these three.
    world.tell(ALICE, &[ALICE, BOB, 3]);
    world.run(60_000);
    assert_eq!(world.opens(ALICE, BOB), Ok(()));
}
