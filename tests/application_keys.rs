//! Keys of the application's own exchange, such as the epochs of MLS: one takes the place of another
//! while frames are on their way, and no two members hear of it at the same time.

mod common;

use common::pair::{End, id, shared};
use sealframe::codec::{Codec, Kind};
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
        let stream = self.alice.sealing(Kind::Audio, "");
        self.alice.seal(stream, OPUS, b"frame").expect("sealed")
    }

    fn open(&mut self, frame: &[u8]) -> Result<(), Error> {
        let stream = self.bob.opening("alice", Kind::Audio, "");
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
fn whoever_hears_of_a_new_key_first_no_frame_is_lost() {
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
fn a_new_key_is_sealed_with_after_two_seconds_and_the_first_one_at_once() {
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
fn one_that_comes_meanwhile_does_not_put_it_off() {
    let mut pair = Pair::new();
    let first = pair.kid();
    pair.tick(10_000);
    for (epoch, now) in [(2, 11_000), (3, 11_500), (4, 11_900)] {
        pair.alice_enters(epoch);
        pair.tick(now);
    }
    assert_eq!(pair.kid(), first);
    pair.bob_enters(4);
    pair.tick(12_000);
    assert_ne!(pair.kid(), first);
    assert_eq!(pair.passes(), Ok(()));
}

#[test]
fn the_old_key_given_again_stays_and_its_counter_goes_on() {
    let mut pair = Pair::new();
    let (first, frame) = (pair.kid(), pair.seal());
    pair.alice_enters(2);
    pair.alice_enters(1);
    pair.tick(60_000);
    assert_eq!(pair.kid(), first);
    assert_ne!(pair.seal(), frame);
}

#[test]
fn an_own_key_that_is_not_given_any_more_seals_nothing() {
    let mut pair = Pair::new();
    pair.alice_enters(2);
    enter(&mut pair.alice, "alice", 77, &[("bob", 101)]);
    let stream = pair.alice.sealing(Kind::Audio, "");
    for now in [0, 2_000, 60_000] {
        pair.alice.ring.tick(Millis(now));
        assert_eq!(pair.alice.seal(stream, OPUS, b"frame"), Err(Error::NoKey));
    }
}

#[test]
fn an_old_key_opens_ten_seconds_after_the_first_frame_of_the_new_one() {
    let mut pair = Pair::new();
    let old: Vec<_> = (0..3).map(|_| pair.seal()).collect();
    pair.alice_enters(2);
    pair.bob_enters(2);
    pair.tick(2_000);
    assert_eq!(pair.passes(), Ok(()), "of the new one");
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
fn and_fifteen_after_the_new_one_came_where_no_frame_does() {
    let mut pair = Pair::new();
    let old: Vec<_> = (0..2).map(|_| pair.seal()).collect();
    pair.bob_enters(2);
    pair.tick(14_999);
    assert_eq!(pair.open(&old[0]), Ok(()));
    pair.tick(15_000);
    assert_eq!(pair.open(&old[1]), Err(Error::UnknownKey));
}

#[test]
fn a_sender_that_is_not_named_any_more_opens_nothing_at_once() {
    let mut pair = Pair::new();
    let frame = pair.seal();
    enter(&mut pair.bob, "bob", 78, &[("bob", 101)]);
    assert_eq!(pair.open(&frame), Err(Error::UnknownKey));
}

/// Many epochs in a row: what is kept of old ones is bounded, and each opens.
#[test]
fn epoch_after_epoch() {
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
