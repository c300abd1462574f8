//! Several receivers of one track. Each opens the frames that are new to it. It opens none from
//! before it was attached, and none that the others have long passed.

mod common;

use common::pair::{End, id, shared};
use proptest::prelude::*;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::StreamIndex;
use sealframe::sframe::{Kid, ReplayWindow};
use sealframe::{Error, Millis};
use std::collections::BTreeSet;

/// A receiver may open frames at most this number of counters behind the newest of all receivers.
const DEPTH: u64 = ReplayWindow::DEPTH;

fn give(bob: &mut End, bytes: &[u8]) {
    let keys = bytes.iter().map(|&byte| shared("alice", byte)).collect();
    bob.ring.set_shared_keys(&id("bob"), Kid(1), keys).expect("no own key");
}

/// Alice's frames 0 to 99, for receivers of Bob, who has her key.
fn feed() -> (End, Vec<Vec<u8>>) {
    let (mut alice, bob) = (End::alice(7, 1 << 40), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "");
    let frames = (0..100).map(|_| alice.seal(seal, Codec::Opus, b"frame").expect("sealed"));
    (bob, frames.collect())
}

fn opened(bob: &mut End, stream: StreamIndex, frames: &[Vec<u8>]) -> usize {
    frames.iter().filter(|frame| bob.open(stream, Codec::Opus, frame).is_ok()).count()
}

#[test]
fn a_feed_to_two_receivers_opens_once_on_each() {
    let (mut bob, frames) = feed();
    let streams = [(); 2].map(|()| bob.another("alice", MediaKind::Audio, "").expect("attached"));
    for frame in &frames {
        for stream in streams {
            assert!(bob.open(stream, Codec::Opus, frame).is_ok());
            assert_eq!(bob.open(stream, Codec::Opus, frame), Err(Error::Duplicate));
        }
    }
}

#[test]
fn a_later_receiver_opens_nothing_up_to_the_highest_opened_counter() {
    let (mut bob, frames) = feed();
    let first = bob.another("alice", MediaKind::Audio, "").expect("attached");
    assert_eq!(opened(&mut bob, first, &frames[10..40]), 30);
    let second = bob.another("alice", MediaKind::Audio, "").expect("attached");
    // It opens neither frames that the first one opened, nor those that the first one never got.
    assert_eq!(opened(&mut bob, second, &frames[..40]), 0);
    assert_eq!(opened(&mut bob, second, &frames[40..]), 60);
    assert_eq!(opened(&mut bob, first, &frames[40..]), 60);
}

#[test]
fn the_mark_of_a_track_outlives_its_receivers_and_a_removed_key() {
    let (mut bob, frames) = feed();
    let first = bob.another("alice", MediaKind::Audio, "").expect("attached");
    assert_eq!(opened(&mut bob, first, &frames[..40]), 40);
    bob.release(first);
    assert_eq!(bob.open(first, Codec::Opus, &frames[40]), Err(Error::UnknownStream));
    let second = bob.another("alice", MediaKind::Audio, "").expect("attached");
    assert_eq!(opened(&mut bob, second, &frames[..60]), 20);
    give(&mut bob, &[]);
    let third = bob.another("alice", MediaKind::Audio, "").expect("attached");
    give(&mut bob, &[7]);
    assert_eq!(opened(&mut bob, third, &frames[..80]), 20);
    assert_eq!(opened(&mut bob, second, &frames[..80]), 20);
}

#[test]
fn the_mark_of_a_track_does_not_limit_other_tracks() {
    let mut alice = End::alice(7, 1 << 40);
    let mut bob = End::bob(7);
    let seals = ["mic", "screen"].map(|label| alice.sealing(MediaKind::Audio, label));
    let mut seal = |at: usize| alice.seal(seals[at], Codec::Opus, b"frame").expect("sealed");
    let (early, late) = (seal(1), seal(0));
    let mic = bob.another("alice", MediaKind::Audio, "mic").expect("attached");
    assert!(bob.open(mic, Codec::Opus, &late).is_ok());
    let screen = bob.another("alice", MediaKind::Audio, "screen").expect("attached");
    assert!(bob.open(screen, Codec::Opus, &early).is_ok());
}

#[test]
fn a_ninth_receiver_of_a_track_is_refused_until_one_is_released() {
    let (mut bob, frames) = feed();
    let mut eight = [(); 8].map(|()| bob.another("alice", MediaKind::Audio, "").expect("attached"));
    assert_eq!(bob.another("alice", MediaKind::Audio, ""), Err(Error::TooManyReceivers));
    assert!(bob.another("alice", MediaKind::Audio, "screen").is_ok());
    assert!(bob.another("alice", MediaKind::Video, "").is_ok());
    bob.release(eight[3]);
    bob.release(eight[3]);
    eight[3] = bob.another("alice", MediaKind::Audio, "").expect("attached");
    assert_eq!(bob.another("alice", MediaKind::Audio, ""), Err(Error::TooManyReceivers));
    for stream in eight {
        assert_eq!(opened(&mut bob, stream, &frames), 100);
    }
}

/// A server replays frames of one receiver to the other, to which it sends nothing meanwhile.
#[test]
fn an_idle_receiver_opens_nothing_more_than_a_window_behind_another() {
    let (mut alice, mut bob) = (End::alice(7, 1 << 40), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "");
    let live = bob.another("alice", MediaKind::Audio, "").expect("attached");
    let idle = bob.another("alice", MediaKind::Audio, "").expect("attached");
    let frames: Vec<_> = (0..5000)
        .map(|_| alice.seal(seal, Codec::Opus, b"frame").expect("sealed"))
        .inspect(|frame| assert!(bob.open(live, Codec::Opus, frame).is_ok()))
        .collect();
    let late = frames.len() - DEPTH as usize;
    for frame in &frames[..late] {
        assert_eq!(bob.open(idle, Codec::Opus, frame), Err(Error::TooOld));
    }
    assert_eq!(opened(&mut bob, idle, &frames[late..]), DEPTH as usize);
}

/// The possible actions of Bob, and of a server against him.
#[derive(Clone, Debug)]
enum Step {
    Attach,
    Release(prop::sample::Index),
    /// An installation of Alice, the first of her frames, and their number.
    Open(prop::sample::Index, bool, prop::sample::Index, usize),
    TakeAway,
    Give,
}

/// The model of a receiver: its first mark and its opened frames for each installation.
#[derive(Clone, Default)]
struct Model {
    marks: [u64; 2],
    opened: [BTreeSet<u64>; 2],
}

fn step() -> impl Strategy<Value = Step> {
    let open = (any::<prop::sample::Index>(), any::<bool>(), any::<prop::sample::Index>());
    prop_oneof![
        2 => Just(Step::Attach),
        1 => any::<prop::sample::Index>().prop_map(Step::Release),
        8 => (open, 1usize..1500).prop_map(|((who, which, from), n)| Step::Open(who, which, from, n)),
        1 => Just(Step::TakeAway),
        2 => Just(Step::Give),
    ]
}

fn installations() -> [Vec<Vec<u8>>; 2] {
    [1u64 << 40, 1 << 41].map(|kid| {
        let mut alice = End::alice(7, kid);
        let seal = alice.sealing(MediaKind::Audio, "");
        (0..6000).map(|_| alice.seal(seal, Codec::Opus, b"frame").expect("sealed")).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_receiver_opens_exactly_the_frames_new_to_it(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let frames = installations();
        let mut bob = End::bob(7);
        let mut receivers: Vec<(StreamIndex, Model)> = Vec::new();
        let (mut next, mut given, mut time) = ([0u64; 2], true, 0);
        for step in steps {
            match step {
                Step::Attach => match bob.another("alice", MediaKind::Audio, "") {
                    Ok(stream) => receivers.push((stream, Model { marks: next, ..Model::default() })),
                    Err(code) => {
                        prop_assert_eq!((code, receivers.len()), (Error::TooManyReceivers, 8));
                    }
                },
                Step::Release(which) if !receivers.is_empty() => {
                    let (stream, _) = receivers.remove(which.index(receivers.len()));
                    bob.release(stream);
                }
                Step::Open(who, which, from, many) if !receivers.is_empty() => {
                    let (at, which) = (who.index(receivers.len()), usize::from(which));
                    let from = from.index(frames[which].len());
                    for (ctr, frame) in frames[which].iter().enumerate().skip(from).take(many) {
                        let (stream, model) = &mut receivers[at];
                        let ctr = ctr as u64;
                        let known = model.opened[which].contains(&ctr);
                        let late = ctr + DEPTH < next[which];
                        let may = given && !known && !late && ctr >= model.marks[which];
                        prop_assert_eq!(bob.open(*stream, Codec::Opus, frame).is_ok(), may);
                        if may {
                            model.opened[which].insert(ctr);
                            next[which] = next[which].max(ctr + 1);
                        }
                    }
                }
                Step::TakeAway => (given, _) = (false, give(&mut bob, &[])),
                Step::Give => (given, _) = (true, give(&mut bob, &[7])),
                Step::Release(_) | Step::Open(..) => {}
            }
            // The number of tried KIDs is limited per second.
            time += 1_000;
            bob.ring.tick(Millis(time));
        }
    }
}
