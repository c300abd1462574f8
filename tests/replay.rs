//! What was opened once is never opened again: not after a reload, nor after a key went and came back.

mod common;

use common::pair::{End, id, key, shared};
use common::world::World;
use sealframe::codec::{Codec, Kind};
use sealframe::frame::{DataChannels, Label};
use sealframe::key::{Counters, DeviceKid, GivenKey, Limits};
use sealframe::session::Input;
use sealframe::sframe::{Kid, ratchet};
use sealframe::{Error, Millis};

const ENVELOPE: u8 = 1;

/// A call of two in which device 1 has opened these frames of device 0.
fn heard(seed: u64) -> (World, Vec<Vec<u8>>) {
    let mut world = World::call(seed, 2);
    world.run(5_000);
    let frames: Vec<_> = (0..50).map(|_| world.seal(0).expect("sealed")).collect();
    for frame in &frames {
        assert_eq!(world.open(0, 1, frame), Ok(()));
        assert_eq!(world.open(0, 1, frame), Err(Error::Duplicate));
    }
    (world, frames)
}

fn opens_none(world: &mut World, frames: &[Vec<u8>]) {
    assert_eq!(world.opens(0, 1), Ok(()));
    for frame in frames {
        let refused = world.open(0, 1, frame);
        assert!(matches!(refused, Err(Error::TooOld | Error::UnknownKey)), "{refused:?}");
    }
    assert_eq!(world.opens(0, 1), Ok(()));
}

#[test]
fn a_reloaded_device_opens_nothing_from_before() {
    let (mut world, frames) = heard(1);
    world.close_tab(1);
    world.open_tab(1);
    world.tell(1, &[0]);
    world.run(5_000);
    opens_none(&mut world, &frames);
}

#[test]
fn nor_does_one_whose_roster_lacked_the_sender_for_a_moment() {
    let (mut world, frames) = heard(2);
    world.tell(1, &[]);
    world.tell(1, &[0]);
    world.run(5_000);
    opens_none(&mut world, &frames);
}

/// The server lets the first of two envelopes pass, keeps the second, and hands it out after a reload:
/// it is newer than what was taken, and made before what was opened since.
#[test]
fn an_envelope_that_was_kept_back_opens_nothing_after_a_reload() {
    let mut world = World::call(3, 2);
    world.run(5_000);
    world.close_tab(1);
    world.open_tab(1);
    world.tell(1, &[0]);
    assert!(world.run_until(2_000, |world| world.converged(&[0, 1])).is_some());
    world.run(1_000);
    world.input(0, Input::Rotate).expect("a rotation");
    let count = |world: &World| world.packets(0, 1, ENVELOPE).len();
    let before = count(&world);
    assert!(world.run_until(500, |world| count(world) > before).is_some());
    let kept = world.packets(0, 1, ENVELOPE).pop().expect("an envelope");
    world.lose_what_is_under_way();
    world.network.loss = 100;
    let frames: Vec<_> = (0..50).map(|_| world.seal(0).expect("sealed")).collect();
    assert!(frames.iter().all(|frame| world.open(0, 1, frame).is_ok()));
    world.run(2_500);

    world.close_tab(1);
    world.open_tab(1);
    world.tell(1, &[0]);
    world.deliver(&kept);
    world.run(50);
    assert_eq!(world.opens(0, 1), Err(Error::UnknownKey));
    world.network.loss = 0;
    world.run(5_000);
    assert!(world.converged(&[0, 1]));
    opens_none(&mut world, &frames);
}

#[test]
fn a_key_opens_from_the_counters_on_that_were_given_with_it() {
    let (mut alice, mut bob) = (End::new(Limits::default()), End::new(Limits::default()));
    let (data, label, kid) = (DataChannels::default(), Label::default(), DeviceKid::first(7));
    alice.ring.install_own(kid.kid(), &key(1)).expect("new");
    let seal = alice.sealing(Kind::Audio, "");
    let mut both = || {
        let frame = alice.seal(seal, Codec::Opus, b"frame").expect("sealed");
        let message = data.seal(&mut alice.ring, &label, None, b"data").expect("sealed");
        (frame, message, alice.ring.counters(kid.kid()))
    };
    let (_, _, next) = both();
    assert_eq!(next, Counters { frames: 1, data: 1 });
    let (before, last, next) = both();
    let (after, newest, _) = both();
    bob.ring.install_device(&id("alice"), kid, GivenKey { base_key: key(1), next });
    let open = bob.opening("alice", Kind::Audio, "");
    assert_eq!(bob.open(open, Codec::Opus, &before), Err(Error::TooOld));
    assert_eq!(bob.open(open, Codec::Opus, &after).as_deref(), Ok(b"frame".as_slice()));
    let mut data = DataChannels::default();
    let mut opened =
        |message| data.open(&mut bob.ring, &label, &id("alice"), &id("bob"), message).err();
    assert_eq!([opened(&last), opened(&newest)], [Some(Error::TooOld), None]);
}

/// The sender's ratchet has turned, and what it turned from is gone here: an envelope with that step,
/// which the server kept back, brings nothing back, neither of that step nor of those after it.
#[test]
fn a_step_that_is_gone_stays_gone() {
    let (mut alice, mut bob) = (End::new(Limits::default()), End::new(Limits::default()));
    let first = DeviceKid::first(3);
    let second = first.next_step().expect("a step");
    bob.ring.install_device(&id("alice"), first, key(1));
    let open = bob.opening("alice", Kind::Audio, "");
    let mut frames = Vec::new();
    for (kid, key) in [(first, key(1)), (second, ratchet(&key(1)))] {
        alice.ring.install_own(kid.kid(), &key).expect("new");
        let seal = alice.sealing(Kind::Audio, "");
        frames.push(alice.seal(seal, Codec::Opus, b"frame").expect("sealed"));
        assert!(bob.open(open, Codec::Opus, frames.last().expect("one")).is_ok());
    }
    bob.ring.tick(Millis(10_000));
    bob.ring.install_device(&id("alice"), first, key(1));
    assert_eq!(bob.open(open, Codec::Opus, &frames[0]), Err(Error::UnknownKey));
    assert_eq!(bob.open(open, Codec::Opus, &frames[1]), Err(Error::Duplicate));
    // Another key of the same number is no step of it: the newest one sent is right.
    bob.ring.install_device(&id("alice"), first, key(2));
    assert_eq!(bob.open(open, Codec::Opus, &frames[0]), Err(Error::AuthenticationFailed));
}

#[test]
fn a_key_that_waits_or_was_left_is_given_from_its_start() {
    let mut alice = End::new(Limits::default());
    alice.ring.install_own(Kid(16), &key(1)).expect("new");
    let seal = alice.sealing(Kind::Audio, "");
    alice.seal(seal, Codec::Opus, b"frame").expect("sealed");
    assert_eq!(alice.ring.counters(Kid(32)), Counters::default());
    assert_eq!(alice.ring.counters(Kid(16)), Counters { frames: 1, data: 0 });
}

/// Bob has opened a frame of Alice under this application key; what comes next is his next one.
fn opened_once() -> (End, End, Vec<u8>, Vec<u8>) {
    let (mut alice, mut bob) = (End::alice(7, 1 << 40), End::bob(7));
    let seal = alice.sealing(Kind::Audio, "");
    let frames =
        [b"once", b"next"].map(|frame| alice.seal(seal, Codec::Opus, frame).expect("sealed"));
    let open = bob.opening("alice", Kind::Audio, "");
    assert!(bob.open(open, Codec::Opus, &frames[0]).is_ok());
    let [once, next] = frames;
    (alice, bob, once, next)
}

fn give(bob: &mut End, bytes: &[u8]) {
    let keys = bytes.iter().map(|&byte| shared("alice", byte)).collect();
    bob.ring.set_shared_keys(&id("bob"), Kid(1), keys).expect("no own key");
}

#[test]
fn an_application_key_that_was_taken_away_and_given_again_goes_on() {
    let (_, mut bob, once, next) = opened_once();
    let open = bob.opening("alice", Kind::Audio, "");
    for _ in 0..3 {
        give(&mut bob, &[]);
        assert_eq!(bob.open(open, Codec::Opus, &once), Err(Error::UnknownKey));
        give(&mut bob, &[7]);
        assert_eq!(bob.open(open, Codec::Opus, &once), Err(Error::Duplicate));
    }
    assert_eq!(bob.open(open, Codec::Opus, &next).as_deref(), Ok(b"next".as_slice()));
}

#[test]
fn so_does_one_that_was_changed_and_changed_back() {
    let (_, mut bob, once, next) = opened_once();
    let open = bob.opening("alice", Kind::Audio, "");
    give(&mut bob, &[8]);
    bob.ring.tick(Millis(15_000));
    assert_eq!(bob.open(open, Codec::Opus, &next), Err(Error::UnknownKey));
    give(&mut bob, &[7]);
    assert_eq!(bob.open(open, Codec::Opus, &once), Err(Error::Duplicate));
    assert_eq!(bob.open(open, Codec::Opus, &next).as_deref(), Ok(b"next".as_slice()));
    give(&mut bob, &[]);
    give(&mut bob, &[7]);
    assert_eq!(bob.open(open, Codec::Opus, &next), Err(Error::Duplicate));
}

/// Of more KIDs than are kept none is taken up again.
#[test]
fn a_sender_that_restarts_often_brings_nothing_back() {
    let mut bob = End::bob(7);
    let open = bob.opening("alice", Kind::Audio, "");
    let first_of = |kid: u64| {
        let mut alice = End::alice(7, kid << 40);
        let seal = alice.sealing(Kind::Audio, "");
        alice.seal(seal, Codec::Opus, b"frame").expect("sealed")
    };
    let frames: Vec<_> = (1..40).map(first_of).collect();
    for (second, frame) in (1..).zip(&frames) {
        assert!(bob.open(open, Codec::Opus, frame).is_ok());
        bob.ring.tick(Millis(second * 1_000));
        if second % 5 == 0 {
            give(&mut bob, &[]);
            give(&mut bob, &[7]);
        }
    }
    for frame in &frames {
        let refused = bob.open(open, Codec::Opus, frame);
        assert!(matches!(refused, Err(Error::Duplicate | Error::UnknownKey)), "{refused:?}");
        bob.ring.tick(Millis(1_000_000));
    }
}
