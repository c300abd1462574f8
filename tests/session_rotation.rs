//! The ends of a key: by frames, by age, and by its time to open.

mod common;

use common::pair::{End, id, key};
use common::world::{START, World};
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::key::{DeviceKid, Limits};
use sealframe::session::Input;
use sealframe::{Error, Millis};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// A call of two. The first has these limits.
fn limited(seed: u64, limits: Limits) -> World {
    let mut world = World::on_fake_curve(seed, 2);
    world.nodes[0].tab.as_mut().expect("open").end = End::new(limits);
    let mut world = world.met();
    world.run(2_000);
    world
}

#[test]
fn the_default_limits_are_those_of_the_protocol() {
    let Limits { rotate_frames, rotate_age, max_frames, max_blocks } = Limits::default();
    assert_eq!((rotate_frames, rotate_age), (16_777_216, 86_400_000), "2^24 frames, 24 hours");
    assert_eq!((max_frames, max_blocks), (4_294_967_296, 68_719_476_736), "2^32 and 2^36");
}

#[test]
fn the_ratchet_turns_at_the_frame_limit_and_costs_no_frame_or_message() {
    let mut world = limited(1, Limits { rotate_frames: 40, ..Limits::default() });
    let (messages, changes) = (world.seen.len(), world.own_keys(0, START));
    let before = world.seal(0).expect("sealed");
    for _ in 0..45 {
        assert_eq!(world.opens(0, 1), Ok(()));
        world.run(50);
    }
    world.run(1_100);
    assert_eq!(world.own_keys(0, START), changes + 1);
    assert_eq!(world.seen.len(), messages);
    assert_eq!(world.opens(0, 1), Ok(()));
    assert_eq!(world.open(0, 1, &before), Ok(()), "the step before, for ten seconds");
}

#[test]
fn the_ratchet_turns_after_24_hours() {
    let mut world = limited(2, Limits::default());
    let (messages, changes) = (world.seen.len(), world.own_keys(0, START));
    world.jump(0, DAY - 10_000);
    world.run(1_000);
    assert_eq!(world.own_keys(0, START), changes);
    world.jump(0, 10_000);
    world.run(2_000);
    assert_eq!(world.own_keys(0, START), changes + 1);
    assert_eq!((world.opens(0, 1), world.seen.len()), (Ok(()), messages));
}

#[test]
fn a_key_worn_by_age_does_not_delay_the_key_after_a_removal() {
    let mut world = World::on_fake_curve(4, 4);
    world.roster(&[0, 1, 2]);
    world.run(3_000);
    world.tell(0, &[0, 1, 2, 3]);
    world.run(100);
    world.tell(0, &[0, 1, 3]);
    assert_eq!(world.opens(0, 2), Ok(()), "a second until that is acted on");
    world.jump(0, DAY);
    world.run(2_100);
    assert_eq!(world.opens(0, 2), Err(Error::UnknownKey));
}

#[test]
fn at_the_hard_limit_nothing_is_sealed_before_the_next_key() {
    let mut world = limited(3, Limits { max_frames: 200, ..Limits::default() });
    let sealed = (0..300).take_while(|_| world.seal(0).is_ok()).count();
    assert!((100..=200).contains(&sealed), "{sealed}");
    for _ in 0..3 {
        world.run(5_000);
        assert_eq!(world.seal(0), Err(Error::CounterExhausted));
    }
    world.input(0, Input::Rotate).expect("a rotation");
    world.run(2_500);
    assert_eq!(world.opens(0, 1), Ok(()));
}

#[test]
fn a_devices_old_key_expires_10s_after_the_first_frame_of_the_new_one() {
    let (mut alice, mut bob) = (Changing::new(), Changing::new());
    let old = alice.seals(1);
    bob.takes(1, 0);
    bob.takes(2, 0);
    let new = alice.seals(2);
    assert_eq!(bob.opens(&new[0], 1_000), Ok(()));
    assert_eq!(bob.opens(&old[0], 10_999), Ok(()));
    assert_eq!(bob.opens(&old[1], 11_000), Err(Error::UnknownKey));
}

#[test]
fn later_keys_and_frames_never_extend_the_expiry_of_an_old_key() {
    let (mut alice, mut bob) = (Changing::new(), Changing::new());
    let old = alice.seals(1);
    bob.takes(1, 0);
    bob.takes(2, 0); // the old one expires 15 seconds later
    let new = alice.seals(2);
    assert_eq!(bob.opens(&new[0], 14_000), Ok(()), "ten more seconds would be 24");
    bob.takes(3, 14_500);
    assert_eq!(bob.opens(&old[0], 14_999), Ok(()));
    assert_eq!(bob.opens(&old[1], 15_000), Err(Error::UnknownKey));
}

#[test]
fn an_expiry_is_cancelled_if_the_sender_names_the_key_again() {
    let (mut alice, mut bob) = (Changing::new(), Changing::new());
    let old = alice.seals(1);
    bob.takes(1, 0);
    bob.takes(2, 0);
    let new = alice.seals(2);
    assert_eq!(bob.opens(&new[0], 1_000), Ok(()), "the old one ends at 11,000");
    bob.takes(1, 10_000);
    bob.takes(1, 10_500);
    assert_eq!(bob.opens(&old[0], 20_000), Ok(()));
    assert_eq!(bob.opens(&old[0], 20_000), Err(Error::Duplicate), "its windows stayed");
    assert_eq!(bob.opens(&new[1], 25_000), Err(Error::UnknownKey), "that one ended instead");
    assert_eq!(bob.opens(&old[1], 90_000), Ok(()));
}

/// An end of a call whose keys the test changes directly.
struct Changing(End);

impl Changing {
    fn new() -> Self {
        Self(End::new(Limits::default()))
    }

    /// Three frames under the key with this number.
    fn seals(&mut self, number: u8) -> Vec<Vec<u8>> {
        let kid = DeviceKid::first(number.into()).kid();
        self.0.ring.install_own(kid, &key(number)).expect("a new key");
        let stream = self.0.sealing(MediaKind::Audio, "");
        (0..3).map(|_| self.0.seal(stream, Codec::Opus, b"a frame").expect("sealed")).collect()
    }

    fn takes(&mut self, number: u8, now: u64) {
        self.0.ring.tick(Millis(now));
        self.0.ring.install_device(&id("alice"), DeviceKid::first(number.into()), key(number));
    }

    fn opens(&mut self, frame: &[u8], now: u64) -> Result<(), Error> {
        self.0.ring.tick(Millis(now));
        let stream = self.0.opening("alice", MediaKind::Audio, "");
        self.0.open(stream, Codec::Opus, frame).map(drop)
    }
}
