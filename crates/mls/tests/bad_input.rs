//! Bad input is an error value, nothing panics, and nothing changes: all that a member knows is the
//! same afterwards, and the group works.

mod common;

use common::rogue::{Rogue, Told};
use common::world::{Setting, World};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestCaseError, TestRunner};
use sealframe_mls::Error;
use sealframe_mls::group::Input;
use sealframe_mls::identity::CallId;
use sealframe_mls::wire::{Branch, LONGEST, commit};
use std::cell::RefCell;

const CASES: u32 = 400;
const COMMIT: u8 = 1;
const ASK: u8 = 3;
const INFO: u8 = 4;
/// The member that gets bad input.
const VICTIM: usize = 0;
/// Length of the header, which names version, type and call.
const HEADER: usize = 18;

/// What is done to a genuine message.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Flip(Index, u8),
    /// The end of another message.
    Tail(Index, Index),
    Longer(Vec<u8>),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            1 => any::<Index>().prop_map(Self::Cut),
            4 => (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Self::Flip(at, bit)),
            1 => (any::<Index>(), any::<Index>()).prop_map(|(at, of)| Self::Tail(at, of)),
            1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Self::Longer),
        ]
    }

    /// The damaged message; `None` if it is as it was.
    fn of(&self, message: &[u8], others: &[Vec<u8>]) -> Option<Vec<u8>> {
        let mut bytes = message.to_vec();
        match self {
            Self::Cut(at) => bytes.truncate(at.index(message.len())),
            Self::Flip(at, bit) => bytes[at.index(message.len())] ^= 1 << bit,
            Self::Tail(at, of) => {
                let (other, at) = (of.get(others), at.index(message.len()));
                bytes.truncate(at);
                bytes.extend(other.get(at..).unwrap_or_default());
            }
            Self::Longer(more) => bytes.extend(more),
        }
        (bytes != message).then_some(bytes)
    }
}

/// All that a member knows, except which commits it holds back, and when it wakes up for them.
fn state(world: &World, at: usize) -> String {
    let text = format!("{:?}", world.nodes[at].member);
    let cut = |text: &str, from: &str, to: &str| {
        let (front, rest) = text.split_once(from).expect("a field");
        let (_, rest) = rest.split_once(to).expect("the next field");
        [front, rest].concat()
    };
    cut(&cut(&text, "held: Held(", "media: Media"), " wake: ", "has_roster")
}

/// Delivers bytes, which must change nothing. `Ok` is a commit that is held back.
fn deliver(world: &mut World, at: usize, bytes: &[u8]) -> Result<Result<(), Error>, TestCaseError> {
    world.input(at, Input::Tick).expect("no tick is refused"); // what is due has been done
    let before = state(world, at);
    let done = world.deliver(at, bytes);
    prop_assert!(state(world, at) == before, "something has changed: {done:?}");
    let is_commit = bytes.get(1) == Some(&COMMIT);
    prop_assert!(done.is_err() || is_commit, "a note is taken");
    Ok(done)
}

/// Three members. The second has committed, and nobody has heard of it yet.
fn call() -> (World, Vec<u8>) {
    let mut world = World::new(1, 3, Setting::PLAIN);
    world.enter(&[0, 1, 2]);
    world.until_one_group(&[0, 1, 2], 5_000).expect("a group");
    world.run(3_000);
    world.nodes[1].part = 1;
    world.input(1, Input::Rotate).expect("a group");
    world.run(700);
    let commit = last(&world, 1, VICTIM, COMMIT);
    (world, commit)
}

/// The last message of a type that a device sent to another one.
fn last(world: &World, from: usize, to: usize, kind: u8) -> Vec<u8> {
    let mut packets = world.seen.iter().rev();
    let found = packets.find(|it| (it.from, it.to, it.bytes[1]) == (from, to, kind));
    found.expect("a message").bytes.clone()
}

fn works(mut world: World) {
    world.nodes.iter_mut().for_each(|node| node.part = 0);
    world.input(VICTIM, Input::Rotate).expect("a group");
    world.run(2_000);
    assert!(world.until_one_group(&[0, 1, 2], 5_000).is_some(), "the group works no more");
}

/// Runs a property in one world, which it must not change.
fn in_one_world<S: Strategy>(
    world: World,
    cases: u32,
    strategy: S,
    property: impl Fn(&mut World, S::Value) -> Result<(), TestCaseError>,
) -> World {
    let world = RefCell::new(world);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    let run = runner.run(&strategy, |case| property(&mut world.borrow_mut(), case));
    run.unwrap_or_else(|why| panic!("{why}"));
    world.into_inner()
}

#[test]
fn a_damaged_commit_changes_nothing() {
    let (world, genuine) = call();
    let others: Vec<_> = world.seen.iter().map(|packet| packet.bytes.clone()).collect();
    let mut world = in_one_world(world, CASES, Damage::any(), |world, damage| {
        let Some(bytes) = damage.of(&genuine, &others) else { return Ok(()) };
        deliver(world, VICTIM, &bytes).map(drop)
    });
    let epoch = world.report(VICTIM).expect("a group").epoch;
    assert_eq!(world.deliver(VICTIM, &genuine), Ok(()));
    assert_eq!(world.report(VICTIM).expect("a group").epoch, epoch + 1);
    works(world);
}

#[test]
fn a_damaged_note_changes_nothing() {
    let (world, _) = call();
    let mut rogue = Rogue::new(&world, 1);
    let report = world.report(VICTIM).expect("a group");
    let ask = rogue.ask([7; 16]);
    let notes = [
        rogue.beacon(report.epoch, [9; 8], 1),
        rogue.info(&ask, b"a GroupInfo", &Told::default()),
        rogue.ask([8; 16]),
    ];
    let strategy = (0..notes.len(), Damage::any());
    let mut world = in_one_world(world, CASES, strategy, |world, (at, damage)| {
        let Some(bytes) = damage.of(&notes[at], &notes) else { return Ok(()) };
        let done = deliver(world, VICTIM, &bytes)?;
        prop_assert!(done.is_err());
        Ok(())
    });
    assert_eq!(world.deliver(VICTIM, &notes[0]), Ok(()));
    assert_eq!(world.deliver(VICTIM, &notes[2]), Ok(()));
    works(world);
}

#[test]
fn any_bytes_behind_a_good_header_are_an_error() {
    let (world, genuine) = call();
    let strategy = (0u8..6, prop::collection::vec(any::<u8>(), 0..600));
    let world = in_one_world(world, CASES, strategy, |world, (kind, body)| {
        let mut bytes = genuine[..HEADER].to_vec();
        bytes[1] = kind;
        bytes.extend(body);
        prop_assert!(deliver(world, VICTIM, &bytes)?.is_err());
        Ok(())
    });
    works(world);
}

#[test]
fn every_message_that_comes_again_is_refused() {
    let (mut world, _) = call();
    let members = [0, 2];
    for packet in world.seen.clone() {
        if packet.from != 1 && members.contains(&packet.to) {
            let done = deliver(&mut world, packet.to, &packet.bytes).expect("no change");
            let codes = [
                Error::Replayed,
                Error::LateCommit,
                Error::StaleLeaf,
                Error::WrongRecipient,
                Error::NoGroup,
            ];
            assert!(done.is_ok() || codes.contains(&done.unwrap_err()), "{done:?}");
        }
    }
    works(world);
}

#[test]
fn messages_of_another_call_are_refused_also_with_this_calls_name() {
    let (mut world, _) = call();
    let mut other = World::new(2, 3, Setting::PLAIN);
    other.call = "room-41";
    other.enter(&[0, 1, 2]);
    other.until_one_group(&[0, 1, 2], 5_000).expect("a group");
    other.input(1, Input::Rotate).expect("a group");
    other.run(1_000);
    for packet in other.seen {
        let mut bytes = packet.bytes;
        let done = deliver(&mut world, VICTIM, &bytes).expect("no change");
        assert_eq!(done, Err(Error::WrongCall));
        bytes[2..HEADER].copy_from_slice(CallId::of(world.call).as_bytes());
        let own = bytes[HEADER..][..16] == *world.nodes[VICTIM].id.as_bytes() && bytes[1] != COMMIT;
        let done = if own {
            Err(Error::BadCredential)
        } else {
            deliver(&mut world, VICTIM, &bytes).expect("no change")
        };
        let codes = [Error::WrongCall, Error::BadCredential];
        assert!(done.is_err_and(|code| codes.contains(&code)), "{done:?}");
    }
    works(world);
}

#[test]
fn messages_that_are_too_long_are_refused() {
    let (mut world, genuine) = call();
    let mut long = genuine.clone();
    long.resize(LONGEST + 1, 0);
    let mut rogue = Rogue::new(&world, 1);
    let mut wide = rogue.ask([7; 16]);
    let at = HEADER + 16 + 65 + 64 + 8 + 16 + 1 + 8;
    wide[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    for bytes in [long, wide, [genuine, vec![0]].concat()] {
        let done = deliver(&mut world, VICTIM, &bytes).expect("no change");
        assert_eq!(done, Err(Error::BadMessage));
    }
    works(world);
}

#[test]
fn mls_messages_that_this_protocol_does_not_use_are_refused() {
    let (mut world, _) = call();
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("vectors/passive-client-welcome.json")).expect("JSON");
    let (call, branch) = (CallId::of(world.call), world.report(VICTIM).expect("a group").branch);
    let mut refused = 0;
    for case in cases.as_array().expect("a list") {
        for name in ["key_package", "welcome"] {
            let bytes = hex::decode(case[name].as_str().expect("a text")).expect("digits");
            let bytes = commit(call, branch, &bytes);
            let done = deliver(&mut world, VICTIM, &bytes).expect("no change");
            assert_eq!(done, Err(Error::UnexpectedMessage), "{name}");
            refused += 1;
        }
    }
    assert!(refused > 0);
    works(world);
}

#[test]
fn genuine_notes_that_no_honest_device_sends_are_refused() {
    let (mut world, _) = call();
    let report = world.report(VICTIM).expect("a group");
    let mut rogue = Rogue::new(&world, 1);
    let mut notes: Vec<_> = report
        .members
        .iter()
        .map(|(leaf, _)| rogue.beacon(report.epoch, report.branch, *leaf))
        .collect();
    notes.push(rogue.beacon(report.epoch, report.branch, u32::MAX));
    notes.push(rogue.ask_with([7; 16], &[]));
    notes.push(rogue.ask_with([7; 16], &[4; 65]));
    notes.push(rogue.ask_with([7; 16], &[4; 5_000]));
    for note in notes {
        let done = deliver(&mut world, VICTIM, &note).expect("no change");
        assert_eq!(done, Err(Error::BadMessage));
    }
    works(world);
}

/// Two members, and a third device that asks. Also the GroupInfo, and a member that gives it away.
fn joining() -> (World, Rogue, Vec<u8>, Vec<u8>, Branch) {
    let mut world = World::new(1, 3, Setting::PLAIN);
    for at in [0, 1] {
        world.start(at);
        world.tell(at, &[0, 1, 2]);
    }
    world.until_one_group(&[0, 1], 5_000).expect("a group");
    world.run(3_000);
    let mut rogue = Rogue::new(&world, 1);
    world.deliver(0, &rogue.ask([7; 16])).expect("a question");
    world.run(2_500);
    let info = last(&world, 0, 1, INFO);
    let info = rogue.open(&info).expect("a GroupInfo");
    world.nodes[2].part = 1;
    world.start(2);
    world.tell(2, &[0, 1, 2]);
    world.run(300);
    let ask = last(&world, 2, 0, ASK);
    let branch = world.report(0).expect("a group").branch;
    (world, rogue, ask, info, branch)
}

fn join_with(world: &mut World, bytes: &[u8]) -> Result<Error, TestCaseError> {
    let done = deliver(world, 2, bytes)?;
    prop_assert!(done.is_err() && world.report(2).is_none(), "joined");
    Ok(done.unwrap_err())
}

#[test]
fn a_damaged_group_info_lets_nobody_in_and_the_genuine_one_does() {
    let (world, rogue, ask, info, branch) = joining();
    let rogue = RefCell::new(rogue);
    let told = Told { branch, leaf: None };
    let mut world = in_one_world(world, CASES / 4, Damage::any(), |world, damage| {
        let Some(bad) = damage.of(&info, std::slice::from_ref(&ask)) else { return Ok(()) };
        let code = join_with(world, &rogue.borrow_mut().info(&ask, &bad, &told))?;
        let codes = [Error::BadGroupInfo, Error::WrongCall, Error::UnsupportedVersion];
        prop_assert!(codes.contains(&code), "{code}");
        Ok(())
    });
    let genuine = rogue.borrow_mut().info(&ask, &info, &told);
    assert_eq!(world.deliver(2, &genuine), Ok(()));
    assert!(world.report(2).is_some());
    works(world);
}

#[test]
fn a_group_info_that_names_the_leaf_of_another_device_is_refused() {
    let (mut world, mut rogue, ask, info, branch) = joining();
    for leaf in [0, 1, 2, 77, u32::MAX - 1] {
        let note = rogue.info(&ask, &info, &Told { branch, leaf: Some(leaf) });
        let code = join_with(&mut world, &note).expect("no change");
        assert_eq!(code, Error::BadGroupInfo, "{leaf}");
    }
    let other_device = rogue.ask([8; 16]);
    let note = rogue.info(&other_device, &info, &Told { branch, leaf: None });
    let code = join_with(&mut world, &note).expect("no change");
    assert_eq!(code, Error::WrongRecipient);
    works(world);
}
