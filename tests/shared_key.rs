//! Keys that all members share: a frame opens only as its sender's, and no member can disable
//! another member's KID.

mod common;

use common::pair::End;
use common::shared_call::{Member, Source, header, seal_as};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::key::Limits;
use sealframe::{Error, Millis};

const NAMES: [&str; 4] = ["alice", "bob", "carol", "mallory"];

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A call with this name that has the keys of all.
fn member(source: Source, own: &str, seed: u64) -> Member {
    let mut member = Member::new(own, Limits::default());
    source.give(&mut member, &NAMES, &mut rng(seed));
    member
}

/// How many of the next `count` frames of Alice open.
fn opened(alice: &mut Member, bob: &mut Member, count: usize) -> usize {
    let frames = (0..count).map(|_| alice.seal("mic", b"frame"));
    frames.filter(|frame| bob.open("alice", "mic", frame).is_ok()).count()
}

#[test]
fn a_member_that_seals_under_anothers_kid_does_not_disable_it() {
    for source in Source::ALL {
        let (mut alice, mut bob) = (member(source, "alice", 1), member(source, "bob", 2));
        let first = alice.seal("mic", b"first");
        let mut mallory = End::new(Limits::default());
        for ahead in 0..2 {
            let kid = header(&first).kid.0 + ahead;
            let frame = seal_as(&mut mallory, source.key("mallory"), kid, b"mine");
            assert_eq!(bob.open("mallory", "mic", &frame).as_deref(), Ok(&b"mine"[..]));
        }
        let message = alice.seal_data(b"hello");
        assert_eq!(bob.open_data("alice", &message).as_deref(), Ok(&b"hello"[..]));
        assert_eq!(opened(&mut alice, &mut bob, 3_000), 3_000, "{source:?}");
        source.give(&mut bob, &["alice", "bob", "carol"], &mut rng(3));
        let after = opened(&mut alice, &mut bob, 3_000);
        assert_eq!(after, 3_000, "{source:?}, after the attacker was left out");
    }
}

#[test]
fn a_frame_never_opens_as_another_members_not_even_the_first() {
    for source in Source::ALL {
        let (mut alice, mut bob) = (member(source, "alice", 1), member(source, "bob", 2));
        let frame = alice.seal("mic", b"frame");
        let message = alice.seal_data(b"data");
        for other in ["carol", "mallory"] {
            assert_eq!(bob.open(other, "mic", &frame), Err(Error::UnknownKey));
            assert_eq!(bob.open_data(other, &message), Err(Error::AuthenticationFailed));
        }
        source.give(&mut bob, &["bob", "carol"], &mut rng(3));
        assert_eq!(bob.open("carol", "mic", &frame), Err(Error::UnknownKey));
    }
}

#[test]
fn our_own_frames_never_open_under_any_name_or_after_the_key_is_gone() {
    for source in Source::ALL {
        let mut bob = member(source, "bob", 2);
        let frame = bob.seal("mic", b"mine");
        let message = bob.seal_data(b"mine");
        let returns = |bob: &mut Member| {
            for name in NAMES {
                let refused = bob.open(name, "mic", &frame).expect_err("a frame of our own");
                assert!(matches!(refused, Error::UnknownKey | Error::AuthenticationFailed));
                let refused = bob.open_data(name, &message).expect_err("a message of our own");
                assert!(matches!(refused, Error::UnknownKey | Error::AuthenticationFailed));
            }
            assert_eq!(bob.open("bob", "mic", &frame), Err(Error::UnknownKey));
        };
        returns(&mut bob);
        source.give(&mut bob, &["alice", "carol"], &mut rng(3));
        returns(&mut bob);
        source.give(&mut bob, &NAMES, &mut rng(4));
        returns(&mut bob);
    }
}

#[test]
fn a_worn_key_continues_under_an_unpredictable_kid() {
    let limits = Limits { rotate_frames: 3, ..Limits::default() };
    for source in Source::ALL {
        let mut alice = Member::new("alice", limits);
        source.give(&mut alice, &NAMES, &mut rng(1));
        let mut bob = member(source, "bob", 2);
        let mut kids = Vec::new();
        for second in 1..=10 {
            for _ in 0..3 {
                let frame = alice.seal("mic", b"frame");
                assert!(bob.open("alice", "mic", &frame).is_ok(), "{source:?}");
                kids.push(header(&frame).kid.0);
            }
            for member in [&mut alice, &mut bob] {
                member.call.tick(Millis(1_000 * second), &mut rng(100 + second)).expect("open");
            }
        }
        kids.dedup();
        assert_eq!(kids.len(), 10, "one KID for each three frames");
        assert!(kids.windows(2).all(|pair| pair[0].abs_diff(pair[1]) > 1 << 32), "{kids:x?}");
    }
}

#[test]
fn a_frame_under_a_key_not_bound_to_its_sender_does_not_open() {
    let mut bob = member(Source::OneKey, "bob", 2);
    let mut old = End::new(Limits::default());
    let frame = seal_as(&mut old, Source::given(0), 1 << 40, b"frame");
    let refused = bob.open("alice", "mic", &frame);
    assert_eq!(refused, Err(Error::UnknownKey));
}
