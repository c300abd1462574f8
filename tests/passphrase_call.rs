//! A call whose members share a passphrase's key: frames, data, and the separation of senders.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::StreamIndex;
use sealframe::key::{CallKey, Limits, SenderId};
use sealframe::session::Input;
use sealframe::{Call, Error, Millis};

const FRAME: &[u8] = b"a frame of audio";

fn call(own: &str) -> Call {
    let own = SenderId::try_from(own).expect("a name");
    Call::new(own, Limits::default(), Millis(0))
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A member with the key of this byte, in its own worker: no two draw the same random numbers.
fn member(own: &str, key: u8) -> Call {
    let mut call = call(own);
    let seed =
        own.bytes().fold(0, |sum, byte| u64::wrapping_mul(257, sum).wrapping_add(byte.into()));
    call.set_call_key(CallKey::from(&[key; 32]), Millis(0), &mut rng(seed)).expect("a fresh call");
    call
}

fn seal(call: &mut Call) -> Result<Vec<u8>, Error> {
    let stream = call.seal_stream(MediaKind::Audio, "mic")?;
    call.scratch(FRAME.len())?.copy_from_slice(FRAME);
    let range = call.seal(stream, Some(Codec::Opus), FRAME.len())?;
    Ok(call.bytes(range).to_vec())
}

fn open(call: &mut Call, from: &str, wire: &[u8]) -> Result<Vec<u8>, Error> {
    let stream = call.open_stream(MediaKind::Audio, from, "mic")?;
    let opened = open_on(call, stream, wire);
    call.release_stream(stream);
    opened
}

fn open_on(call: &mut Call, stream: StreamIndex, wire: &[u8]) -> Result<Vec<u8>, Error> {
    call.scratch(wire.len())?.copy_from_slice(wire);
    let range = call.open(stream, Some(Codec::Opus), wire.len())?;
    Ok(call.bytes(range).to_vec())
}

#[test]
fn members_with_the_same_passphrase_open_each_other() {
    let (mut alice, mut bob, mut carol) =
        (member("alice", 1), member("bob", 1), member("carol", 1));
    let wire = seal(&mut alice).expect("sealed");
    assert_eq!(open(&mut bob, "alice", &wire).as_deref(), Ok(FRAME));
    assert_eq!(open(&mut carol, "alice", &wire).as_deref(), Ok(FRAME));
    let wire = seal(&mut bob).expect("sealed");
    assert_eq!(open(&mut alice, "bob", &wire).as_deref(), Ok(FRAME));
}

#[test]
fn streams_attached_before_the_key_use_it() {
    let (mut alice, mut bob) = (member("alice", 1), call("bob"));
    let wire = seal(&mut alice).expect("sealed");
    let stream = bob.open_stream(MediaKind::Audio, "alice", "mic").expect("attached");
    assert_eq!(open_on(&mut bob, stream, &wire), Err(Error::UnknownKey));
    bob.set_call_key(CallKey::from(&[1; 32]), Millis(0), &mut rng(1)).expect("a fresh call");
    assert_eq!(open_on(&mut bob, stream, &wire).as_deref(), Ok(FRAME));
}

#[test]
fn another_passphrase_opens_nothing() {
    let (mut alice, mut bob) = (member("alice", 1), member("bob", 2));
    let wire = seal(&mut alice).expect("sealed");
    assert_eq!(open(&mut bob, "alice", &wire), Err(Error::UnknownKey));
}

#[test]
fn a_frame_never_opens_as_another_members_or_as_our_own() {
    let (mut alice, mut bob) = (member("alice", 1), member("bob", 1));
    let wire = seal(&mut alice).expect("sealed");
    assert_eq!(open(&mut bob, "carol", &wire), Err(Error::UnknownKey));
    assert_eq!(open(&mut alice, "alice", &wire), Err(Error::UnknownKey));
    assert_eq!(open(&mut alice, "bob", &wire), Err(Error::UnknownKey));
}

#[test]
fn the_same_key_again_changes_nothing_and_another_replaces_it() {
    let (mut alice, mut bob) = (member("alice", 1), member("bob", 1));
    let first = seal(&mut alice).expect("sealed");
    alice.set_call_key(CallKey::from(&[1; 32]), Millis(0), &mut rng(77)).expect("the same");
    let second = seal(&mut alice).expect("sealed");
    assert_eq!(first[1..8], second[1..8], "the KID goes on");
    assert_ne!(first, second);
    open(&mut bob, "alice", &first).expect("genuine");
    bob.set_call_key(CallKey::from(&[1; 32]), Millis(0), &mut rng(78)).expect("the same");
    assert_eq!(open(&mut bob, "alice", &first), Err(Error::Duplicate));
    bob.set_call_key(CallKey::from(&[2; 32]), Millis(0), &mut rng(79)).expect("another");
    bob.tick(Millis(15_000), &mut rng(80)).expect("open");
    assert_eq!(open(&mut bob, "alice", &second), Err(Error::UnknownKey));
}

#[test]
fn a_call_refuses_keys_of_a_second_source() {
    let mut alice = member("alice", 1);
    let given = [("alice", [7; 32].as_slice())];
    assert_eq!(alice.set_keys(given.into_iter(), Millis(0), &mut rng(1)), Err(Error::BadArgument));
    let roster = Input::SetMembers(Vec::new());
    assert_eq!(alice.handle(roster, Millis(0), &mut rng(1)), Err(Error::BadArgument));
    let mut bob = call("bob");
    bob.set_keys([("bob", [7; 32].as_slice())].into_iter(), Millis(0), &mut rng(1))
        .expect("a fresh call");
    let late = bob.set_call_key(CallKey::from(&[1; 32]), Millis(0), &mut rng(1));
    assert_eq!(late, Err(Error::BadArgument));
}

#[test]
fn data_messages_need_no_stream_and_open_once() {
    let (mut alice, mut bob) = (member("alice", 1), member("bob", 1));
    let message = alice.seal_data(b"hello", Some("bob")).expect("sealed");
    let opened = bob.open_data(&message, "alice").expect("genuine");
    assert_eq!(opened.as_slice(), b"hello");
    assert_eq!(bob.open_data(&message, "alice").err(), Some(Error::Duplicate));
    assert_eq!(bob.open_data(&message, "").err(), Some(Error::BadArgument));
}

#[test]
fn at_most_64_unknown_senders_are_tried_per_tick_and_then_forgotten() {
    let (mut alice, mut bob) = (member("alice", 1), member("bob", 1));
    let message = alice.seal_data(b"hello", None).expect("sealed");
    for second in 1..100 {
        for n in 0..64 {
            let refused = bob.open_data(&message, &format!("stranger {second} {n}")).err();
            assert_eq!(refused, Some(Error::AuthenticationFailed));
        }
        assert_eq!(bob.open_data(&message, "one more").err(), Some(Error::UnknownKey));
        bob.tick(Millis(1_000 * second), &mut rng(1)).expect("open");
    }
    assert!(bob.open_data(&message, "alice").is_ok(), "unknown senders took her place");
}

#[test]
fn the_number_of_known_senders_is_limited() {
    let mut bob = member("bob", 1);
    let hello = |name: &str| member(name, 1).seal_data(b"hello", None).expect("sealed");
    for n in 0..4096 {
        let name = format!("member {n}");
        assert!(bob.open_data(&hello(&name), &name).is_ok(), "{name}");
        bob.tick(Millis(1_000 * n), &mut rng(1)).expect("open");
    }
    assert_eq!(bob.open_data(&hello("alice"), "alice").err(), Some(Error::UnknownKey));
    let wire = seal(&mut member("alice", 1)).expect("sealed");
    let opened = open(&mut bob, "alice", &wire);
    assert_eq!(opened.as_deref(), Ok(FRAME), "streams are attached by the application: no limit");
}

#[test]
fn a_closed_call_has_no_keys() {
    let mut alice = member("alice", 1);
    alice.close();
    assert_eq!(alice.seal_data(b"hello", None).err(), Some(Error::CallClosed));
    assert_eq!(alice.open_data(b"hello", "bob").err(), Some(Error::CallClosed));
    let late = alice.set_call_key(CallKey::from(&[1; 32]), Millis(0), &mut rng(1));
    assert_eq!(late, Err(Error::CallClosed));
    assert!(!format!("{alice:?}").contains("CallKey"));
}
