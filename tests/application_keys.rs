//! Keys of the application's own exchange, such as the epochs of MLS. One replaces another while
//! frames are on their way, and no two members get it at the same time.

mod common;

use common::pair::{End, id, shared};
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::key::Limits;
use sealframe::sframe::Kid;
use sealframe::{Error, Millis};

const OPUS: Codec = Codec::Opus;

/// Alice and Bob, both with the keys of epoch 1.
struct Pair {
    alice: End,
    bob: End,
    kids: u64,
}

impl Pair {
    fn new() -> Self {
        let (alice, bob) = (End::new(Limits::default()), End::new(Limits::default()));
        let mut pair = Self { alice, bob, kids: 0 };
        pair.alice_enters(1);
        pair.bob_enters(1);
        assert_eq!(pair.passes(), Ok(()));
        pair
    }

    fn alice_enters(&mut self, epoch: u8) {
        self.kids += 1;
        enter(&mut self.alice, "alice", self.kids, &[("alice", epoch), ("bob", 100 + epoch)]);
    }

    fn bob_enters(&mut self, epoch: u8) {
        self.kids += 1;
        enter(&mut self.bob, "bob", self.kids, &[("alice", epoch), ("bob", 100 + epoch)]);
    }

    fn tick(&mut self, now: u64) {
        self.alice.ring.tick(Millis(now));
        self.bob.ring.tick(Millis(now));
    }

    fn seal(&mut self) -> Vec<u8> {
        let stream = self.alice.sealing(MediaKind::Audio, "");
        self.alice.seal(stream, OPUS, b"frame").expect("sealed")
    }

    fn open(&mut self, frame: &[u8]) -> Result<(), Error> {
        let stream = self.bob.opening("alice", MediaKind::Audio, "");
        self.bob.open(stream, OPUS, frame).map(|_| ())
    }

    fn passes(&mut self) -> Result<(), Error> {
        let frame = self.seal();
        self.open(&frame)
    }

    fn kid(&self) -> Option<Kid> {
        self.alice.ring.own_kid()
    }
}

fn enter(end: &mut End, own: &str, kid: u64, keys: &[(&str, u8)]) {
    let keys = keys.iter().map(|(name, byte)| shared(name, *byte)).collect();
    end.ring.set_shared_keys(&id(own), Kid(kid << 40), keys).expect("a new KID");
}

#[test]
fn no_frame_is_lost_whichever_member_gets_a_new_key_first() {
    for late in [0, 500, 1_900] {
        for alice_first in [true, false] {
            let mut pair = Pair::new();
            pair.tick(10_000);
            if alice_first {
                pair.alice_enters(2)
            } else {
                pair.bob_enters(2)
            }
            for now in (10_000..40_000).step_by(100) {
                if now == 10_000 + late {
                    if alice_first { pair.bob_enters(2) } else { pair.alice_enters(2) }
                }
                pair.tick(now);
                assert_eq!(pair.passes(), Ok(()), "{late} {alice_first} at {now}");
            }
        }
    }
}

#[test]
fn the_first_key_seals_at_once_and_a_new_key_after_two_seconds() {
    let mut pair = Pair::new();
    let first = pair.kid();
    pair.tick(10_000);
    pair.alice_enters(2);
    pair.tick(11_999);
    assert_eq!(pair.kid(), first);
    pair.tick(12_000);
    assert_ne!(pair.kid(), first);
}

#[test]
fn each_new_key_waits_two_seconds_and_delays_no_other() {
    let mut pair = Pair::new();
    let (mut kid, mut changes) = (pair.kid(), Vec::new());
    for now in (10_000..16_000).step_by(100) {
        pair.tick(now);
        if let Some(epoch) = [10_000, 11_000, 11_900].iter().position(|at| *at == now) {
            pair.alice_enters(2 + epoch as u8);
            pair.bob_enters(2 + epoch as u8);
        }
        assert_eq!(pair.passes(), Ok(()), "at {now}");
        if kid != pair.kid() {
            (kid, _) = (pair.kid(), changes.push(now));
        }
    }
    assert_eq!(changes, [12_000, 13_000, 13_900]);
}

#[test]
fn setting_the_old_key_again_keeps_it_and_its_counter() {
    let mut pair = Pair::new();
    let (first, frame) = (pair.kid(), pair.seal());
    pair.alice_enters(2);
    pair.alice_enters(1);
    pair.tick(60_000);
    assert_eq!(pair.kid(), first);
    assert_ne!(pair.seal(), frame);
}

#[test]
fn an_own_key_that_is_no_longer_set_seals_nothing() {
    let mut pair = Pair::new();
    pair.alice_enters(2);
    enter(&mut pair.alice, "alice", 77, &[("bob", 101)]);
    let stream = pair.alice.sealing(MediaKind::Audio, "");
    for now in [0, 2_000, 60_000] {
        pair.alice.ring.tick(Millis(now));
        assert_eq!(pair.alice.seal(stream, OPUS, b"frame"), Err(Error::NoKey));
    }
}

#[test]
fn old_key_expires_10s_after_the_first_frame_of_its_successor() {
    let mut pair = Pair::new();
    let old: Vec<_> = (0..3).map(|_| pair.seal()).collect();
    pair.alice_enters(2);
    pair.bob_enters(2);
    pair.tick(2_000);
    assert_eq!(pair.passes(), Ok(()), "a frame under the new key");
    assert_eq!(pair.open(&old[0]), Ok(()));
    pair.tick(11_999);
    assert_eq!(pair.open(&old[1]), Ok(()));
    assert_eq!(pair.open(&old[1]), Err(Error::Duplicate));
    pair.tick(12_000);
    assert!(pair.open(&old[2]).is_err());
    assert!(pair.open(&old[1]).is_err());
    assert_eq!(pair.passes(), Ok(()));
}

#[test]
fn old_key_expires_15s_after_its_successor_even_without_frames() {
    let mut pair = Pair::new();
    let old: Vec<_> = (0..2).map(|_| pair.seal()).collect();
    pair.bob_enters(2);
    pair.tick(14_999);
    assert_eq!(pair.open(&old[0]), Ok(()));
    pair.tick(15_000);
    assert_eq!(pair.open(&old[1]), Err(Error::UnknownKey));
}

/// A sender that starts with the old key and a new KID, as after a reload.
fn late(byte: u8, kid: u64) -> [Vec<u8>; 2] {
    let mut alice = End::alice(byte, kid << 40);
    let stream = alice.sealing(MediaKind::Audio, "");
    [(); 2].map(|()| alice.seal(stream, OPUS, b"frame").expect("sealed"))
}

#[test]
fn a_kid_learnt_late_expires_15s_after_the_successor_of_its_key() {
    let mut pair = Pair::new();
    let [first, second] = late(1, 90);
    pair.bob_enters(2);
    pair.tick(14_999);
    assert_eq!(pair.open(&first), Ok(()));
    pair.tick(15_000);
    assert_eq!(pair.open(&second), Err(Error::UnknownKey));
}

#[test]
fn a_kid_learnt_late_expires_10s_after_the_first_frame_of_the_successor() {
    let mut pair = Pair::new();
    let [first, second] = late(1, 90);
    pair.alice_enters(2);
    pair.bob_enters(2);
    pair.tick(2_000);
    assert_eq!(pair.passes(), Ok(()), "a frame under the new key");
    pair.tick(11_999);
    assert_eq!(pair.open(&first), Ok(()));
    pair.tick(12_000);
    assert_eq!(pair.open(&second), Err(Error::UnknownKey));
}

/// A removed member can do so in its last seconds, with the help of a server.
#[test]
fn many_kids_of_an_old_key_push_out_no_kid_of_the_new_one() {
    let mut pair = Pair::new();
    pair.alice_enters(2);
    pair.bob_enters(2);
    pair.tick(2_000);
    assert_eq!(pair.passes(), Ok(()));
    for second in 3..8 {
        for kid in 0..10 {
            assert_eq!(pair.open(&late(1, 10 * second + kid)[0]), Ok(()));
            assert_eq!(pair.passes(), Ok(()));
        }
        pair.tick(1_000 * second);
    }
}

#[test]
fn a_sender_takes_up_at_most_24_kids_between_two_ticks() {
    let mut pair = Pair::new();
    pair.tick(1_000);
    for second in 2..5 {
        let kids = 100 * second..100 * second + 50;
        let opened = kids.filter(|kid| pair.open(&late(1, *kid)[0]).is_ok());
        assert_eq!(opened.count(), 24);
        pair.tick(1_000 * second);
    }
}

#[test]
fn frames_of_a_sender_without_a_key_stop_opening_at_once() {
    let mut pair = Pair::new();
    let frame = pair.seal();
    enter(&mut pair.bob, "bob", 78, &[("bob", 101)]);
    assert_eq!(pair.open(&frame), Err(Error::UnknownKey));
}

/// Many epochs in a row: the memory for old keys is bounded, and every frame opens.
#[test]
fn a_key_per_epoch_opens_every_frame() {
    let mut pair = Pair::new();
    let mut all = Vec::new();
    for epoch in 2..90 {
        let now = 3_000 * u64::from(epoch);
        pair.alice_enters(epoch);
        pair.bob_enters(epoch);
        pair.tick(now);
        pair.tick(now + 2_000);
        all.push(pair.seal());
        assert_eq!(pair.open(all.last().expect("one")), Ok(()), "epoch {epoch}");
    }
    for frame in &all {
        assert!(pair.open(frame).is_err());
    }
}
