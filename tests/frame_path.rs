//! Sealing and opening: only authentic frames open, and each of them once.

mod common;

use common::pair::{End, id, key, shared};
use proptest::prelude::*;
use sealframe::Error;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::{Label, MAX_FRAME_LEN};
use sealframe::key::{DeviceKid, Limits, SenderId};
use sealframe::sframe::{Kid, ratchet};

const VP8_KEY: [u8; 24] =
    [0x10, 2, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

#[test]
fn an_opened_frame_is_identical_to_the_original() {
    let (mut alice, mut bob) = (End::alice(7, 99), End::bob(7));
    let seal = alice.sealing(MediaKind::Video, "camera");
    let open = bob.opening("alice", MediaKind::Video, "camera");
    for _ in 0..300 {
        let wire = alice.seal(seal, Codec::Vp8, &VP8_KEY).unwrap();
        assert_eq!(wire[..10], VP8_KEY[..10]);
        assert!(!wire[10..].windows(8).any(|w| VP8_KEY.windows(8).any(|v| v == w)));
        assert_eq!(bob.open(open, Codec::Vp8, &wire).unwrap(), VP8_KEY);
    }
}

#[test]
fn an_opus_frame_of_a_device_grows_by_at_most_22_bytes() {
    let mut alice = End::new(Limits::default());
    alice.ring.install_own(DeviceKid::first(0xfff).kid(), &key(1)).unwrap();
    let seal = alice.sealing(MediaKind::Audio, "");
    for n in 0..70_000 {
        let wire = alice.seal(seal, Codec::Opus, &[1, 2, 3]).unwrap();
        assert!(wire.len() - 3 <= 22, "frame {n}: {} bytes more", wire.len() - 3);
    }
}

#[test]
fn an_empty_frame_stays_empty() {
    let (mut alice, mut bob) = (End::alice(7, 9), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "");
    let open = bob.opening("alice", MediaKind::Audio, "");
    assert_eq!(alice.seal(seal, Codec::Opus, &[]), Ok(vec![]));
    assert_eq!(bob.open(open, Codec::Opus, &[]), Ok(vec![]));
}

#[test]
fn without_a_key_nothing_is_sealed() {
    let mut alice = End::new(Limits::default());
    let seal = alice.sealing(MediaKind::Audio, "");
    assert_eq!(alice.seal(seal, Codec::Opus, &[1]), Err(Error::NoKey));
}

#[test]
fn an_unknown_codec_or_one_of_the_other_kind_is_refused() {
    let mut alice = End::alice(7, 9);
    let seal = alice.sealing(MediaKind::Video, "");
    assert_eq!(alice.seal(seal, Codec::Opus, &[1]), Err(Error::UnknownCodec));
    alice.cryptor.scratch(1).unwrap();
    let result = alice.cryptor.seal(&mut alice.ring, seal, None, 1);
    assert_eq!(result, Err(Error::UnknownCodec));
}

#[test]
fn a_replayed_frame_is_refused_and_a_reordered_one_opens() {
    let (mut alice, mut bob) = (End::alice(7, 9), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "mic");
    let open = bob.opening("alice", MediaKind::Audio, "mic");
    let frames: Vec<_> =
        (0..3000u16).map(|n| alice.seal(seal, Codec::Opus, &n.to_be_bytes()).unwrap()).collect();
    for n in [5, 3, 9, 4, 2000] {
        assert_eq!(bob.open(open, Codec::Opus, &frames[n]), Ok((n as u16).to_be_bytes().to_vec()));
    }
    for n in [5, 3, 9, 4, 2000] {
        assert!(matches!(
            bob.open(open, Codec::Opus, &frames[n]),
            Err(Error::Duplicate | Error::TooOld)
        ));
    }
    assert_eq!(bob.open(open, Codec::Opus, &frames[0]), Err(Error::TooOld));
}

#[test]
fn a_frame_moved_to_another_stream_is_refused() {
    let (mut alice, mut bob) = (End::alice(7, 9), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "mic");
    let frame = alice.seal(seal, Codec::Opus, b"hello").unwrap();
    let other_track = bob.opening("alice", MediaKind::Audio, "screen");
    let first = alice.seal(seal, Codec::Opus, b"first").unwrap();
    assert_eq!(bob.open(other_track, Codec::Opus, &first), Err(Error::UnknownKey));
    let known = bob.opening("alice", MediaKind::Audio, "mic");
    assert_eq!(bob.open(known, Codec::Opus, &first).unwrap(), b"first");
    assert_eq!(bob.open(other_track, Codec::Opus, &frame), Err(Error::AuthenticationFailed));
    let right = bob.opening("alice", MediaKind::Audio, "mic");
    assert_eq!(bob.open(right, Codec::G722, &frame), Err(Error::AuthenticationFailed));
    let other_sender = bob.opening("carol", MediaKind::Audio, "mic");
    assert_eq!(bob.open(other_sender, Codec::Opus, &frame), Err(Error::UnknownKey));
    let other_kind = bob.opening("alice", MediaKind::Video, "mic");
    assert!(bob.open(other_kind, Codec::Vp8, &frame).is_err());
    assert_eq!(bob.open(right, Codec::Opus, &frame).unwrap(), b"hello");
}

#[test]
fn a_frame_never_opens_as_another_codec() {
    let codecs =
        |kind| Codec::ALL.map(|(codec, _)| codec).into_iter().filter(move |c| c.kind() == kind);
    for sealed in codecs(MediaKind::Audio) {
        let (mut alice, mut bob) = (End::alice(7, 9), End::bob(7));
        let seal = alice.sealing(MediaKind::Audio, "mic");
        let open = bob.opening("alice", MediaKind::Audio, "mic");
        // The KID of a shared key is known from its first authentic frame on.
        let first = alice.seal(seal, sealed, b"first").unwrap();
        assert_eq!(bob.open(open, sealed, &first).unwrap(), b"first");
        let frame = alice.seal(seal, sealed, &[0xfc; 120]).unwrap();
        for named in codecs(MediaKind::Audio).filter(|&named| named != sealed) {
            let opened = bob.open(open, named, &frame);
            assert_eq!(opened, Err(Error::AuthenticationFailed), "{sealed:?} as {named:?}");
        }
        assert_eq!(bob.open(open, sealed, &frame).unwrap(), [0xfc; 120]);
    }
}

#[test]
fn with_one_key_for_all_a_frame_opens_only_for_its_sender() {
    let end = |own: &str, kid: u64| {
        let mut end = End::new(Limits::default());
        let keys = ["alice", "bob", "carol"].map(|name| shared(name, 7)).to_vec();
        end.ring.set_shared_keys(&id(own), Kid(kid), keys).unwrap();
        end
    };
    let (mut alice, mut bob) = (end("alice", 1 << 40), end("bob", 2 << 40));
    let (seal_a, seal_b) = (alice.sealing(MediaKind::Audio, ""), bob.sealing(MediaKind::Audio, ""));
    let as_alice = bob.opening("alice", MediaKind::Audio, "");
    let as_carol = bob.opening("carol", MediaKind::Audio, "");
    let frame = alice.seal(seal_a, Codec::Opus, b"alice").unwrap();
    let moved = alice.seal(seal_a, Codec::Opus, b"alice again").unwrap();
    let mine = bob.seal(seal_b, Codec::Opus, b"bob").unwrap();
    assert_eq!(bob.open(as_alice, Codec::Opus, &frame).unwrap(), b"alice");
    assert_eq!(bob.open(as_carol, Codec::Opus, &moved), Err(Error::UnknownKey));
    assert_eq!(bob.open(as_carol, Codec::Opus, &mine), Err(Error::UnknownKey));
    assert_eq!(bob.open(as_alice, Codec::Opus, &moved).unwrap(), b"alice again");
}

#[test]
fn forged_kids_cost_few_derivations_and_no_genuine_key() {
    let (mut alice, mut bob) = (End::alice(7, 1 << 40), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "");
    let open = bob.opening("alice", MediaKind::Audio, "");
    let first = alice.seal(seal, Codec::Opus, b"one").unwrap();
    assert!(bob.open(open, Codec::Opus, &first).is_ok());
    let mut tried = 0;
    for n in 0..1000u32 {
        let mut forged = vec![0xb0, 1, 2, (n >> 8) as u8, n as u8];
        forged.extend([0; 20]);
        if n % 4 == 0 {
            // Without authentic frames in between the peer would be reported as not sealing.
            let genuine = alice.seal(seal, Codec::Opus, b"genuine").unwrap();
            assert!(bob.open(open, Codec::Opus, &genuine).is_ok());
        }
        match bob.open(open, Codec::Opus, &forged) {
            Err(Error::AuthenticationFailed) => tried += 1,
            Err(error) => assert!(matches!(error, Error::UnknownKey | Error::BadHeader)),
            Ok(_) => panic!("a forged frame was opened"),
        }
    }
    assert!(tried <= 8, "{tried} keys derived for forged frames");
    let second = alice.seal(seal, Codec::Opus, b"two").unwrap();
    assert_eq!(bob.open(open, Codec::Opus, &second).unwrap(), b"two");
}

#[test]
fn a_ratchet_step_is_derived_and_the_old_key_expires_10s_later() {
    let (mut alice, mut bob) = (End::new(Limits::default()), End::new(Limits::default()));
    let step0 = DeviceKid::first(3);
    let step2 = step0.next_step().unwrap().next_step().unwrap();
    alice.ring.install_own(step0.kid(), &key(1)).unwrap();
    bob.ring.install_device(&id("alice"), step0, key(1));
    let seal = alice.sealing(MediaKind::Audio, "");
    let open = bob.opening("alice", MediaKind::Audio, "");
    let old: Vec<_> = (0..3).map(|n| alice.seal(seal, Codec::Opus, &[n]).unwrap()).collect();
    alice.ring.install_own(step2.kid(), &ratchet(&ratchet(&key(1)))).unwrap();
    let new = alice.seal(seal, Codec::Opus, b"new").unwrap();
    bob.ring.tick(sealframe::Millis(1_000));
    assert!(bob.open(open, Codec::Opus, &old[0]).is_ok());
    assert!(bob.open(open, Codec::Opus, &new).is_ok());
    bob.ring.tick(sealframe::Millis(10_999));
    assert!(bob.open(open, Codec::Opus, &old[1]).is_ok());
    bob.ring.tick(sealframe::Millis(11_000));
    assert_eq!(bob.open(open, Codec::Opus, &old[2]), Err(Error::UnknownKey));
}

#[test]
fn installing_a_key_again_continues_its_counter_and_its_replay_window() {
    let (mut alice, mut bob) = (End::new(Limits::default()), End::new(Limits::default()));
    let (first, second) = (DeviceKid::first(1), DeviceKid::first(2));
    alice.ring.install_own(first.kid(), &key(1)).unwrap();
    bob.ring.install_device(&id("alice"), first, key(1));
    let seal = alice.sealing(MediaKind::Audio, "");
    let open = bob.opening("alice", MediaKind::Audio, "");
    let a = alice.seal(seal, Codec::Opus, b"same").unwrap();
    alice.ring.install_own(first.kid(), &key(1)).unwrap();
    bob.ring.install_device(&id("alice"), first, key(1));
    let b = alice.seal(seal, Codec::Opus, b"same").unwrap();
    assert_ne!(a, b, "one counter, two frames");
    assert!(bob.open(open, Codec::Opus, &a).is_ok());
    bob.ring.install_device(&id("alice"), first, key(1));
    assert_eq!(bob.open(open, Codec::Opus, &a), Err(Error::Duplicate));
    // A key that was replaced never seals again, because its counter is forgotten.
    alice.ring.install_own(second.kid(), &key(2)).unwrap();
    assert_eq!(alice.ring.install_own(first.kid(), &key(1)), Err(Error::CounterExhausted));
    assert_eq!(alice.ring.own_kid(), Some(second.kid()));
}

#[test]
fn sealing_more_than_the_scratch_buffer_holds_is_an_error() {
    let mut alice = End::alice(7, 1);
    let seal = alice.sealing(MediaKind::Audio, "");
    alice.cryptor.scratch(10).unwrap();
    let codes: Vec<_> = (0..4_096)
        .filter_map(|len| alice.cryptor.seal(&mut alice.ring, seal, Some(Codec::Opus), len).err())
        .collect();
    assert!(codes.len() > 1_000 && codes.iter().all(|code| *code == Error::FrameTooLarge));
}

#[test]
fn a_frame_that_becomes_too_large_by_sealing_is_refused() {
    let (mut alice, mut bob) = (End::alice(7, 9), End::bob(7));
    let zeros = |len| [&[0, 0, 0, 1, 0x41, 0x9a, 0x21, 0x6c][..], &vec![0; len]].concat();
    let near = |less| vec![5; MAX_FRAME_LEN - less];
    for (codec, frame, fits) in [
        (Codec::Opus, near(0), false),
        (Codec::Opus, near(10), false),
        (Codec::Opus, near(40), true),
        // The ciphertext is random, so escaping adds less than 4,096 bytes to 16 MiB.
        (Codec::H264, zeros(MAX_FRAME_LEN - 20), false),
        (Codec::H264, zeros(MAX_FRAME_LEN - 4_096), true),
    ] {
        let seal = alice.sealing(codec.kind(), "");
        let open = bob.opening("alice", codec.kind(), "");
        match alice.seal(seal, codec, &frame) {
            Ok(wire) => assert!(fits && bob.open(open, codec, &wire).is_ok_and(|f| f == frame)),
            Err(error) => assert_eq!((error, fits), (Error::FrameTooLarge, false), "{codec:?}"),
        }
    }
}

#[test]
fn names_and_labels_with_control_characters_are_refused() {
    for text in ["a\0b", "\u{1}", "a\n", "\u{85}"] {
        assert_eq!(SenderId::try_from(text), Err(Error::BadArgument));
        assert_eq!(Label::try_from(text), Err(Error::BadArgument));
    }
    assert!(SenderId::try_from("Ünïcode 😀").is_ok());
}

proptest! {
    #[test]
    fn a_frame_with_a_flipped_bit_is_refused_and_changes_nothing(
        frame in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        video in any::<bool>(),
    ) {
        let (mut alice, mut bob) = (End::alice(7, 77), End::bob(7));
        let (kind, codec) = if video { (MediaKind::Video, Codec::Vp8) } else { (MediaKind::Audio, Codec::Opus) };
        let frame = if video { [&VP8_KEY, &frame[..]].concat() } else { frame };
        let seal = alice.sealing(kind, "t");
        let open = bob.opening("alice", kind, "t");
        let wire = alice.seal(seal, codec, &frame).unwrap();
        let mut bent = wire.clone();
        let bit = at.index(wire.len() * 8);
        bent[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(bob.open(open, codec, &bent).is_err());
        prop_assert_eq!(bob.open(open, codec, &wire).unwrap(), frame);
    }

    #[test]
    fn opening_any_bytes_never_panics(
        wire in prop::collection::vec(any::<u8>(), 0..300),
        (codec, _) in prop::sample::select(Codec::ALL.to_vec()),
    ) {
        let mut bob = End::bob(7);
        let open = bob.opening("alice", codec.kind(), "t");
        prop_assert!(bob.open(open, codec, &wire).is_err() || wire.is_empty());
        let mut alice = End::alice(7, 1);
        let seal = alice.sealing(codec.kind(), "t");
        let _ = alice.seal(seal, codec, &wire);
    }
}
