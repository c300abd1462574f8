//! Keys of an MLS group: which member's frames open in which epoch, and from when we seal with it.

mod common;

use common::shared_call::{Member, header};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::key::{GroupEpoch, LeafIndex, Limits};
use sealframe::sframe::Kid;
use sealframe::{Error, Millis};

/// Alice, Bob and Carol, each with its leaf.
const MEMBERS: [(&str, LeafIndex); 3] =
    [("alice", LeafIndex(0)), ("bob", LeafIndex(1)), ("carol", LeafIndex(2))];
const FRAME: &[u8] = b"an audio frame";

fn epoch(number: u8) -> GroupEpoch {
    let context = 0x1000 + u16::from(number);
    GroupEpoch::new(number.into(), context, 3, &[number; 32]).expect("a tree")
}

fn leaf_of(name: &str) -> LeafIndex {
    MEMBERS.into_iter().find(|(member, _)| *member == name).expect("a member").1
}

fn enter(member: &mut Member, own: &str, number: u8, at: u64) {
    let done =
        member.call.enter_epoch(&epoch(number), leaf_of(own), MEMBERS.into_iter(), Millis(at));
    done.expect("an epoch");
}

fn seal_with(member: &mut Member, number: u8, at: u64) {
    member.call.seal_epoch(epoch(number).context(), Millis(at)).expect("the newest epoch");
}

/// A member that opens and seals with the first epoch.
fn member(own: &str) -> Member {
    let mut member = Member::new(own, Limits::default());
    enter(&mut member, own, 1, 0);
    seal_with(&mut member, 1, 0);
    member
}

fn tick(member: &mut Member, at: u64) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    member.call.tick(Millis(at), &mut rng).expect("open");
}

#[test]
fn kids_are_those_of_rfc_9605_section_5_2() {
    let kid = |context, width, leaf, epoch| {
        let group = GroupEpoch::new(epoch, context, width, &[0; 32]).expect("a tree");
        group.kid(LeafIndex(leaf)).map(|kid| kid.0)
    };
    assert_eq!(kid(0x1234, 1, 0, 5), Ok(0x12_3405));
    assert_eq!(kid(0, 33, 3, 14), Ok(0x30e));
    assert_eq!(kid(2, 64, 3, 16), Ok(0x8310));
    assert_eq!(kid(1, 2, 1, 256 + 7), Ok(0x307));
    assert_eq!(kid(0xffff, 200, 199, 255), Ok(0xffff_c7ff));
    assert_eq!(kid(1, 257, 256, 256), Ok(0x3_0000));
    assert_eq!(kid(1, 2, 2, 0), Err(Error::BadArgument));
}

#[test]
fn members_open_each_others_frames_and_data() {
    let (mut alice, mut bob) = (member("alice"), member("bob"));
    let (frame, data) = (alice.seal("mic", FRAME), alice.seal_data(b"hello"));
    assert_eq!(header(&frame).kid, Kid(0x1001 << 10 | 1));
    assert_eq!(bob.open("alice", "mic", &frame).as_deref(), Ok(FRAME));
    assert_eq!(bob.open("alice", "mic", &frame), Err(Error::Duplicate));
    assert_eq!(bob.open_data("alice", &data).as_deref(), Ok(&b"hello"[..]));
}

#[test]
fn a_frame_of_another_leaf_does_not_open_as_the_streams_sender() {
    let (mut alice, mut bob) = (member("alice"), member("bob"));
    let (frame, data) = (alice.seal("mic", FRAME), alice.seal_data(b"hello"));
    assert_eq!(bob.open("carol", "mic", &frame), Err(Error::UnknownKey));
    assert_eq!(bob.open_data("carol", &data), Err(Error::UnknownKey));
    assert_eq!(bob.open("alice", "mic", &frame).as_deref(), Ok(FRAME));
}

#[test]
fn our_own_frames_do_not_come_back_as_a_members() {
    let mut alice = member("alice");
    let frame = alice.seal("mic", FRAME);
    assert_eq!(alice.open("alice", "mic", &frame), Err(Error::UnknownKey));
}

#[test]
fn the_next_epoch_opens_before_it_seals() {
    let (mut alice, mut bob) = (member("alice"), member("bob"));
    enter(&mut alice, "alice", 2, 1_000);
    let old = alice.seal("mic", FRAME);
    assert_eq!(header(&old).kid, epoch(1).kid(LeafIndex(0)).expect("a leaf"));
    seal_with(&mut alice, 2, 2_000);
    let new = alice.seal("mic", FRAME);
    assert_eq!(header(&new).kid, epoch(2).kid(LeafIndex(0)).expect("a leaf"));

    assert_eq!(bob.open("alice", "mic", &new), Err(Error::UnknownKey));
    enter(&mut bob, "bob", 2, 1_000);
    assert_eq!(bob.open("alice", "mic", &new).as_deref(), Ok(FRAME));
    assert_eq!(bob.open("alice", "mic", &old).as_deref(), Ok(FRAME));
}

#[test]
fn an_old_epoch_opens_10_s_after_the_next_one_came() {
    let (mut alice, mut bob) = (member("alice"), member("bob"));
    let frames = [alice.seal("mic", FRAME), alice.seal("mic", FRAME)];
    enter(&mut bob, "bob", 2, 5_000);
    tick(&mut bob, 14_999);
    assert_eq!(bob.open("alice", "mic", &frames[0]).as_deref(), Ok(FRAME));
    tick(&mut bob, 15_000);
    assert_eq!(bob.open("alice", "mic", &frames[1]), Err(Error::UnknownKey));
}

#[test]
fn an_epoch_that_comes_twice_opens_no_frame_twice_and_keeps_its_end() {
    let (mut alice, mut bob) = (member("alice"), member("bob"));
    let frames = [alice.seal("mic", FRAME), alice.seal("mic", FRAME)];
    assert_eq!(bob.open("alice", "mic", &frames[0]).as_deref(), Ok(FRAME));
    enter(&mut bob, "bob", 2, 5_000);
    enter(&mut bob, "bob", 1, 9_000);
    assert_eq!(bob.open("alice", "mic", &frames[0]), Err(Error::Duplicate));
    tick(&mut bob, 15_000);
    assert_eq!(bob.open("alice", "mic", &frames[1]), Err(Error::UnknownKey));
}

#[test]
fn an_epoch_never_seals_again_after_another_one() {
    let mut alice = member("alice");
    enter(&mut alice, "alice", 2, 1_000);
    seal_with(&mut alice, 2, 1_000);
    let newest = alice.seal("mic", FRAME);
    enter(&mut alice, "alice", 1, 2_000);
    let again = alice.call.seal_epoch(epoch(1).context(), Millis(2_000));
    assert_eq!(again, Err(Error::CounterExhausted));
    assert_eq!(header(&alice.seal("mic", FRAME)).kid, header(&newest).kid);
}

#[test]
fn only_the_newest_epoch_can_be_sealed_with() {
    let mut alice = member("alice");
    enter(&mut alice, "alice", 2, 1_000);
    enter(&mut alice, "alice", 3, 1_100);
    let skipped = alice.call.seal_epoch(epoch(2).context(), Millis(1_200));
    assert_eq!(skipped, Err(Error::NoKey));
    seal_with(&mut alice, 3, 1_200);
}

#[test]
fn frames_of_a_member_that_an_epoch_lacks_open_no_more() {
    let (mut carol, mut bob) = (member("carol"), member("bob"));
    let frame = carol.seal("mic", FRAME);
    let rest = MEMBERS.into_iter().filter(|(name, _)| *name != "carol");
    bob.call.enter_epoch(&epoch(2), leaf_of("bob"), rest, Millis(1)).expect("an epoch");
    assert_eq!(bob.open("carol", "mic", &frame), Err(Error::UnknownKey));
}

#[test]
fn frames_of_a_member_that_the_application_removes_open_no_more() {
    let (mut carol, mut alice, mut bob) = (member("carol"), member("alice"), member("bob"));
    let (of_carol, of_alice) = (carol.seal("mic", FRAME), alice.seal("mic", FRAME));
    bob.call.keep_members(&["alice"]).expect("a group");
    assert_eq!(bob.open("carol", "mic", &of_carol), Err(Error::UnknownKey));
    assert_eq!(bob.open("alice", "mic", &of_alice).as_deref(), Ok(FRAME));
}

#[test]
fn after_leaving_nothing_opens_or_seals_until_the_next_epoch() {
    let (mut alice, mut bob) = (member("alice"), member("bob"));
    let frame = alice.seal("mic", FRAME);
    bob.call.leave_group().expect("a group");
    assert_eq!(bob.open("alice", "mic", &frame), Err(Error::UnknownKey));
    assert_eq!(bob.call.seal_data(b"hello", None), Err(Error::NoKey));
    enter(&mut bob, "bob", 2, 1_000);
    assert_eq!(bob.call.seal_data(b"hello", None), Err(Error::NoKey));
    seal_with(&mut bob, 2, 1_000);
    bob.seal_data(b"hello");
}

#[test]
fn keys_of_a_group_replace_no_other_keys_and_none_replace_them() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let key: &[u8] = &[7; 32];
    let mut grouped = member("alice");
    let set = grouped.call.set_keys([("alice", key)].into_iter(), Millis(1), &mut rng);
    assert_eq!(set, Err(Error::BadArgument));
    let mut keyed = Member::new("alice", Limits::default());
    keyed.call.set_keys([("alice", key)].into_iter(), Millis(1), &mut rng).expect("keys");
    let entered =
        keyed.call.enter_epoch(&epoch(1), leaf_of("alice"), MEMBERS.into_iter(), Millis(1));
    assert_eq!(entered, Err(Error::BadArgument));
    assert_eq!(keyed.call.leave_group(), Err(Error::BadArgument));
}

#[test]
fn a_bad_epoch_changes_nothing() {
    assert!(GroupEpoch::new(1, 1, 0, &[0; 32]).is_err(), "a tree without leaves");
    let (mut alice, mut bob) = (member("alice"), member("bob"));
    for (own, name, leaf) in [(3, "carol", 2), (1, "carol", 3), (1, "", 2)] {
        let members = [("alice", LeafIndex(0)), (name, LeafIndex(leaf))].into_iter();
        let done = bob.call.enter_epoch(&epoch(2), LeafIndex(own), members, Millis(1));
        assert_eq!(done, Err(Error::BadArgument), "{own} {name} {leaf}");
    }
    let frame = alice.seal("mic", FRAME);
    assert_eq!(bob.open("alice", "mic", &frame).as_deref(), Ok(FRAME));
    assert_eq!(bob.call.seal_epoch(epoch(2).context(), Millis(1)), Err(Error::NoKey));
}
