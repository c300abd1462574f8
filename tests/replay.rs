//! A frame that was opened once never opens again: not after a reload, and not after its key was
//! removed and returned.

mod common;

use common::pair::{End, id, key, shared};
use common::world::World;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::{DataChannels, Label};
use sealframe::key::{Counters, DeviceKid, KeyGrant, Limits};
use sealframe::session::Input;
use sealframe::sframe::{Kid, ratchet};
use sealframe::{Error, Millis};

const ENVELOPE: u8 = 1;

/// A call of two devices. Device 1 has opened these frames of device 0.
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
fn a_sender_removed_for_a_moment_brings_no_old_frame_back() {
    let (mut world, frames) = heard(2);
    world.tell(1, &[]);
    world.tell(1, &[0]);
    world.run(5_000);
    opens_none(&mut world, &frames);
}

/// The server delivers the first of two envelopes, keeps the second, and delivers it after a
/// reload. It is newer than the accepted one, and older than the frames opened since.
#[test]
fn an_envelope_kept_back_until_after_a_reload_opens_nothing() {
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
fn a_key_opens_only_from_the_counters_in_its_envelope() {
    let (mut alice, mut bob) = (End::new(Limits::default()), End::new(Limits::default()));
    let (data, label, kid) = (DataChannels::default(), Label::default(), DeviceKid::first(7));
    alice.ring.install_own(kid.kid(), &key(1)).expect("new");
    let seal = alice.sealing(MediaKind::Audio, "");
    let mut both = || {
        let frame = alice.seal(seal, Codec::Opus, b"frame").expect("sealed");
        let message = data.seal(&mut alice.ring, &label, None, b"data").expect("sealed");
        (frame, message, alice.ring.counters(kid.kid()))
    };
    let (_, _, next) = both();
    assert_eq!(next, Counters { frames: 1, data: 1 });
    let (before, last, next) = both();
    let (after, newest, _) = both();
    bob.ring.install_device(&id("alice"), kid, KeyGrant { base_key: key(1), next });
    let open = bob.opening("alice", MediaKind::Audio, "");
    assert_eq!(bob.open(open, Codec::Opus, &before), Err(Error::TooOld));
    assert_eq!(bob.open(open, Codec::Opus, &after).as_deref(), Ok(b"frame".as_slice()));
    let mut data = DataChannels::default();
    let mut opened =
        |message| data.open(&mut bob.ring, &label, &id("alice"), &id("bob"), message).err();
    assert_eq!([opened(&last), opened(&newest)], [Some(Error::TooOld), None]);
}

/// The sender's ratchet has turned, and the receiver has dropped the earlier step. An envelope with
/// that step, which the server kept back, restores neither that step nor a later one.
#[test]
fn an_expired_ratchet_step_never_returns() {
    let (mut alice, mut bob) = (End::new(Limits::default()), End::new(Limits::default()));
    let first = DeviceKid::first(3);
    let second = first.next_step().expect("a step");
    bob.ring.install_device(&id("alice"), first, key(1));
    let open = bob.opening("alice", MediaKind::Audio, "");
    let mut frames = Vec::new();
    for (kid, key) in [(first, key(1)), (second, ratchet(&key(1)))] {
        alice.ring.install_own(kid.kid(), &key).expect("new");
        let seal = alice.sealing(MediaKind::Audio, "");
        frames.push(alice.seal(seal, Codec::Opus, b"frame").expect("sealed"));
        assert!(bob.open(open, Codec::Opus, frames.last().expect("one")).is_ok());
    }
    bob.ring.tick(Millis(10_000));
    bob.ring.install_device(&id("alice"), first, key(1));
    assert_eq!(bob.open(open, Codec::Opus, &frames[0]), Err(Error::UnknownKey));
    assert_eq!(bob.open(open, Codec::Opus, &frames[1]), Err(Error::Duplicate));
    // Another key with the same number is not a step of it: the newest one sent counts.
    bob.ring.install_device(&id("alice"), first, key(2));
    assert_eq!(bob.open(open, Codec::Opus, &frames[0]), Err(Error::AuthenticationFailed));
}

#[test]
fn a_waiting_or_earlier_own_key_reports_counters_of_zero() {
    let mut alice = End::new(Limits::default());
    alice.ring.install_own(Kid(16), &key(1)).expect("new");
    let seal = alice.sealing(MediaKind::Audio, "");
    alice.seal(seal, Codec::Opus, b"frame").expect("sealed");
    assert_eq!(alice.ring.counters(Kid(32)), Counters::default());
    assert_eq!(alice.ring.counters(Kid(16)), Counters { frames: 1, data: 0 });
}

/// Bob has opened one frame of Alice under this application key. Returns that frame and the next.
fn opened_once() -> (End, End, Vec<u8>, Vec<u8>) {
    let (mut alice, mut bob) = (End::alice(7, 1 << 40), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "");
    let frames =
        [b"once", b"next"].map(|frame| alice.seal(seal, Codec::Opus, frame).expect("sealed"));
    let open = bob.opening("alice", MediaKind::Audio, "");
    assert!(bob.open(open, Codec::Opus, &frames[0]).is_ok());
    let [once, next] = frames;
    (alice, bob, once, next)
}

fn give(bob: &mut End, bytes: &[u8]) {
    let keys = bytes.iter().map(|&byte| shared("alice", byte)).collect();
    bob.ring.set_shared_keys(&id("bob"), Kid(1), keys).expect("no own key");
}

#[test]
fn a_removed_and_reinstalled_application_key_keeps_its_replay_window() {
    let (_, mut bob, once, next) = opened_once();
    let open = bob.opening("alice", MediaKind::Audio, "");
    for _ in 0..3 {
        give(&mut bob, &[]);
        assert_eq!(bob.open(open, Codec::Opus, &once), Err(Error::UnknownKey));
        give(&mut bob, &[7]);
        assert_eq!(bob.open(open, Codec::Opus, &once), Err(Error::Duplicate));
    }
    assert_eq!(bob.open(open, Codec::Opus, &next).as_deref(), Ok(b"next".as_slice()));
}

#[test]
fn reinstalled_application_key_keeps_its_replay_window() {
    let (_, mut bob, once, next) = opened_once();
    let open = bob.opening("alice", MediaKind::Audio, "");
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

/// If there were more KIDs than are kept, none of them returns.
#[test]
fn frequent_restarts_of_a_sender_bring_no_old_frame_back() {
    let mut bob = End::bob(7);
    let open = bob.opening("alice", MediaKind::Audio, "");
    let first_of = |kid: u64| {
        let mut alice = End::alice(7, kid << 40);
        let seal = alice.sealing(MediaKind::Audio, "");
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
