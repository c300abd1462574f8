//! How long a key seals, and when it is due for rotation.

mod common;

use common::pair::{End, id, key, shared};
use sealframe::codec::Codec;
use sealframe::key::Limits;
use sealframe::sframe::Kid;
use sealframe::{Error, MediaKind};

#[test]
fn a_key_stops_at_its_limits() {
    for limits in [
        Limits { max_frames: 3, ..Limits::default() },
        Limits { max_blocks: 3 * (3 + 3), ..Limits::default() },
    ] {
        let mut alice = End::new(limits);
        alice.ring.install_own(Kid(16), &key(1)).unwrap();
        let seal = alice.sealing(MediaKind::Audio, "");
        // 31 bytes and an AAD of 17 are 3 blocks. 3 more are counted for blocks begun and the tag.
        let results: Vec<_> =
            (0..5).map(|_| alice.seal(seal, Codec::Opus, &[0; 31]).err()).collect();
        let stop = Some(Error::CounterExhausted);
        assert_eq!(results, [None, None, None, stop, stop]);
    }
}

#[test]
fn a_worn_shared_key_continues_under_the_new_random_kid() {
    let mut alice = End::new(Limits { rotate_frames: 2, ..Limits::default() });
    let keys = vec![shared("alice", 7)];
    alice.ring.set_shared_keys(&id("alice"), Kid(77), keys).unwrap();
    let seal = alice.sealing(MediaKind::Audio, "");
    let mut bob = End::bob(7);
    let open = bob.opening("alice", MediaKind::Audio, "");
    let mut kids = Vec::new();
    for n in 1..=6 {
        let wire = alice.seal(seal, Codec::Opus, b"frame").unwrap();
        assert_eq!(bob.open(open, Codec::Opus, &wire).unwrap(), b"frame");
        kids.extend(alice.ring.own_kid());
        alice.ring.renew_shared(Kid(1000 * n));
    }
    assert_eq!(kids, [77, 77, 2000, 2000, 4000, 4000].map(Kid));
}

#[test]
fn a_worn_shared_key_never_reuses_a_kid() {
    let limits = Limits { rotate_frames: 1, max_frames: 2, ..Limits::default() };
    let mut alice = End::new(limits);
    alice.ring.set_shared_keys(&id("alice"), Kid(77), vec![shared("alice", 7)]).unwrap();
    let seal = alice.sealing(MediaKind::Audio, "");
    for kid in [77, 88] {
        alice.ring.renew_shared(Kid(kid));
        assert!(alice.seal(seal, Codec::Opus, b"frame").is_ok());
    }
    for used in [77, 88] {
        alice.ring.renew_shared(Kid(used));
        assert_eq!(alice.ring.own_kid(), Some(Kid(88)));
    }
    assert!(alice.seal(seal, Codec::Opus, b"frame").is_ok());
    assert_eq!(alice.seal(seal, Codec::Opus, b"frame"), Err(Error::CounterExhausted));
    alice.ring.renew_shared(Kid(99));
    assert!(alice.seal(seal, Codec::Opus, b"frame").is_ok());
}

#[test]
fn a_key_is_due_for_rotation_at_half_its_blocks() {
    let mut alice = End::new(Limits { max_blocks: 60, ..Limits::default() });
    alice.ring.install_own(Kid(16), &key(1)).unwrap();
    let seal = alice.sealing(MediaKind::Audio, "");
    let due: Vec<_> = (0..6)
        .map(|_| {
            alice.seal(seal, Codec::Opus, &[0; 31]).unwrap();
            alice.ring.rotation_due()
        })
        .collect();
    // Each frame takes five blocks.
    assert_eq!(due, [false, false, false, false, false, true]);
}

#[test]
fn a_key_is_due_for_rotation_after_24_hours() {
    let mut alice = End::new(Limits::default());
    alice.ring.install_own(Kid(16), &key(1)).unwrap();
    alice.ring.tick(sealframe::Millis(86_399_999));
    assert!(!alice.ring.rotation_due());
    alice.ring.tick(sealframe::Millis(86_400_000));
    assert!(alice.ring.rotation_due());
}
