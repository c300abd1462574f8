//! One application key for several senders: a KID belongs to whom it was first seen of, for ever.

mod common;

use common::pair::{End, id, key};
use sealframe::Error;
use sealframe::codec::{Codec, Kind};
use sealframe::frame::StreamIndex;
use sealframe::key::Limits;
use sealframe::sframe::Kid;

/// An end that seals under this KID; all these have the same key.
fn end(own: &str, kid: u64, names: &[&str]) -> End {
    let mut end = End::new(Limits::default());
    give(&mut end, own, kid, names);
    end
}

fn give(end: &mut End, own: &str, kid: u64, names: &[&str]) {
    let keys = names.iter().map(|name| (id(name), key(7))).collect();
    end.ring.set_application_keys(&id(own), Kid(kid), keys).expect("a new KID");
}

/// Bob, who listens to both, and two frames of Alice.
fn three() -> (End, [StreamIndex; 2], [Vec<u8>; 2]) {
    let mut alice = end("alice", 1 << 40, &["alice"]);
    let mut bob = end("bob", 2 << 40, &["alice", "bob", "carol"]);
    let seal = alice.sealing(Kind::Audio, "");
    let frames =
        [b"one", b"two"].map(|frame| alice.seal(seal, Codec::Opus, frame).expect("sealed"));
    let streams = ["alice", "carol"].map(|name| bob.opening(name, Kind::Audio, ""));
    (bob, streams, frames)
}

#[test]
fn a_forged_frame_first_claims_nothing() {
    let (mut bob, [as_alice, as_carol], [first, second]) = three();
    let mut bent = first.clone();
    *bent.last_mut().expect("a tag") ^= 1;
    assert_eq!(bob.open(as_carol, Codec::Opus, &bent), Err(Error::AuthenticationFailed));
    assert!(bob.open(as_alice, Codec::Opus, &first).is_ok());
    assert_eq!(bob.open(as_carol, Codec::Opus, &second), Err(Error::UnknownKey));
    assert!(bob.open(as_alice, Codec::Opus, &second).is_ok());
}

#[test]
fn frames_of_one_who_left_do_not_become_anothers() {
    let (mut bob, [as_alice, as_carol], [first, second]) = three();
    assert!(bob.open(as_alice, Codec::Opus, &first).is_ok());
    give(&mut bob, "bob", 2 << 40, &["bob", "carol"]);
    for frame in [first, second] {
        assert_eq!(bob.open(as_carol, Codec::Opus, &frame), Err(Error::UnknownKey));
    }
}

#[test]
fn own_frames_do_not_come_back_once_the_own_key_is_gone() {
    let (mut bob, [as_alice, _], _) = three();
    let seal = bob.sealing(Kind::Audio, "");
    let mine = bob.seal(seal, Codec::Opus, b"mine").expect("sealed");
    assert_eq!(bob.open(as_alice, Codec::Opus, &mine), Err(Error::UnknownKey));
    give(&mut bob, "bob", 3, &["alice"]);
    assert_eq!(bob.open(as_alice, Codec::Opus, &mine), Err(Error::UnknownKey));
}
