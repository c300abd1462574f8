//! Application keys that follow each other faster than a member switches. Two members get each key
//! at different times, their clocks tick once a second, and frames are delayed.

mod common;

use allocation_counter::measure;
use common::shared_call::{Member, header};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::key::Limits;
use sealframe::{Error, Millis};
use std::collections::{BTreeSet, VecDeque};

/// The step of the simulated time, in milliseconds.
const STEP: u64 = 10;
/// The time between two ticks of a member's clock, in milliseconds.
const TICK: u64 = 1_000;
/// The time when the first key replaces the one in use, in milliseconds.
const STARTED: u64 = 5_000;
/// The time during which new keys come, in milliseconds, unless a test says otherwise.
const LASTED: u64 = 20_000;
/// The server delays a frame for this time, in milliseconds, so that its key has expired.
const OVER: u64 = 22_000;

/// A course of events. All times are in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// The time between two keys.
    pace: u64,
    /// The time from the first key to the last.
    lasts: u64,
    /// How much later one member gets each key than the other.
    skew: u64,
    alice_first: bool,
    /// The offset of each member's clock within a second.
    ticks: [u64; 2],
    /// The time between two frames.
    frames: u64,
    /// The delay of a frame.
    delay: u64,
}

/// A frame on its way, and the time of its arrival.
struct Sent {
    at: u64,
    frame: Vec<u8>,
}

struct Run {
    plan: Plan,
    rng: ChaCha20Rng,
    alice: Member,
    bob: Member,
    on_their_way: VecDeque<Sent>,
    /// Whether the server delays some frames further.
    keeps_back: bool,
    kept_back: VecDeque<Sent>,
    seen: BTreeSet<(u64, u64)>,
    opened: VecDeque<Vec<u8>>,
    /// The arrival times of frames that did not open.
    lost: Vec<u64>,
    came_late: usize,
}

impl Run {
    fn new(plan: Plan) -> Self {
        let [alice, bob] = ["alice", "bob"].map(|own| Member::new(own, Limits::default()));
        let mut run = Self {
            plan,
            rng: ChaCha20Rng::seed_from_u64(1),
            alice,
            bob,
            on_their_way: VecDeque::new(),
            keeps_back: false,
            kept_back: VecDeque::new(),
            seen: BTreeSet::new(),
            opened: VecDeque::new(),
            lost: Vec::new(),
            came_late: 0,
        };
        run.give(true, 0, 0);
        run.give(false, 0, 0);
        run
    }

    fn give(&mut self, to_alice: bool, epoch: u64, now: u64) {
        let mut key = [7; 32];
        key[..8].copy_from_slice(&epoch.to_be_bytes());
        let keys = [("alice", key.as_slice()), ("bob", key.as_slice())];
        let member = if to_alice { &mut self.alice } else { &mut self.bob };
        member.call.set_keys(keys.into_iter(), Millis(now), &mut self.rng).expect("new keys");
    }

    fn until(&mut self, end: u64) {
        self.go_on(0, end);
    }

    fn go_on(&mut self, start: u64, end: u64) {
        for now in (start..end).step_by(STEP as usize) {
            self.at(now);
        }
    }

    fn at(&mut self, now: u64) {
        let Plan { skew, alice_first, ticks, frames, .. } = self.plan;
        for (member, phase) in [&mut self.alice, &mut self.bob].into_iter().zip(ticks) {
            if now % TICK == phase {
                member.call.tick(Millis(now), &mut self.rng).expect("open");
            }
        }
        for (to_alice, late) in [(alice_first, 0), (!alice_first, skew)] {
            if let Some(epoch) = self.epoch_that_comes(now.saturating_sub(late)) {
                self.give(to_alice, epoch, now);
            }
        }
        if now.is_multiple_of(frames) {
            self.send(now);
        }
        self.arrive(now);
    }

    fn epoch_that_comes(&self, now: u64) -> Option<u64> {
        let since = now.checked_sub(STARTED).filter(|since| *since < self.plan.lasts)?;
        (since % self.plan.pace == 0).then_some(1 + since / self.plan.pace)
    }

    fn send(&mut self, now: u64) {
        let frame = self.alice.seal("mic", b"frame");
        let name = header(&frame);
        assert!(self.seen.insert((name.kid.0, name.ctr)), "sealed twice: {name:?}");
        if self.keeps_back && self.seen.len().is_multiple_of(25) {
            self.kept_back.push_back(Sent { at: now + OVER, frame });
        } else {
            self.on_their_way.push_back(Sent { at: now + self.plan.delay, frame });
        }
    }

    fn arrive(&mut self, now: u64) {
        while let Some(sent) = self.on_their_way.pop_front_if(|sent| sent.at <= now) {
            match self.bob.open("alice", "mic", &sent.frame) {
                Ok(_) => self.opened.push_back(sent.frame),
                Err(_) => self.lost.push(now),
            }
        }
        while let Some(Sent { frame, .. }) = self.kept_back.pop_front_if(|sent| sent.at <= now) {
            let late = self.bob.open("alice", "mic", &frame);
            assert!(late.is_err(), "{:?} at {now}", self.plan);
            self.came_late += 1;
        }
        // A frame that opened a few frames ago arrives again.
        if self.opened.len() > 100 {
            let again = self.opened.drain(..37).next().expect("one");
            assert!(self.bob.open("alice", "mic", &again).is_err(), "{:?} at {now}", self.plan);
        }
    }
}

fn plans(pace: u64) -> impl Iterator<Item = Plan> {
    let skews = [0, 400, 1_000, 1_900];
    let ticks = [[0, 500], [500, 0], [250, 260], [990, 10]];
    let whens = skews.into_iter().flat_map(move |skew| ticks.map(|ticks| (skew, ticks)));
    let both = whens.flat_map(|(skew, ticks)| [true, false].map(|first| (skew, ticks, first)));
    both.zip([20, 50, 100].into_iter().cycle()).zip([0, 10, 150, 300].into_iter().cycle()).map(
        move |(((skew, ticks, alice_first), frames), delay)| Plan {
            pace,
            lasts: LASTED,
            skew,
            alice_first,
            ticks,
            frames,
            delay,
        },
    )
}

#[test]
fn no_frame_is_lost_however_fast_keys_follow_each_other() {
    for pace in [300, 500, 1_000, 1_500, 2_500] {
        for plan in plans(pace) {
            let mut run = Run::new(plan);
            run.until(STARTED + LASTED + 15_000);
            assert_eq!(run.lost, [0; 0], "{plan:?}, of {}", run.seen.len());
            let kids: BTreeSet<_> = run.seen.iter().map(|(kid, _)| kid).collect();
            assert!(kids.len() as u64 > LASTED / pace.max(TICK) - 2, "{plan:?}: {}", kids.len());
        }
    }
}

#[test]
fn old_keys_expire_even_if_keys_follow_each_other_fast() {
    for pace in [300, 1_000, 2_500] {
        let plan = plans(pace).last().expect("a plan");
        let mut run = Run { keeps_back: true, ..Run::new(plan) };
        run.until(STARTED + LASTED + OVER - 3_000);
        assert!(run.came_late > 10, "{plan:?}");
    }
}

/// Members keep the key in use while a burst lasts.
#[test]
fn a_burst_of_keys_within_eight_seconds_loses_no_frame() {
    for pace in [20, 150] {
        for plan in plans(pace) {
            let mut run = Run::new(Plan { lasts: 8_000, ..plan });
            run.until(STARTED + 20_000);
            assert_eq!(run.lost, [0; 0], "{plan:?}");
        }
    }
}

/// The limit: nobody can hold all of the keys that come every 50 ms. The key in use expires 15
/// seconds after its successor came, and the next is in use when the flood is over.
#[test]
fn a_flood_of_keys_takes_bounded_memory_and_frames_open_after_it() {
    for plan in plans(50).step_by(11) {
        let plan = Plan { lasts: 60_000, ..plan };
        let (mut run, end) = (Run::new(plan), STARTED + plan.lasts);
        run.until(STARTED + 30_000);
        let flood = measure(|| run.go_on(STARTED + 30_000, end));
        assert!(flood.bytes_current < 100_000, "{plan:?}: {} bytes", flood.bytes_current);
        run.go_on(end, end + 10_000);
        let gap = STARTED + 14_000..end + plan.skew + plan.delay + 3_000;
        assert!(run.lost.iter().all(|at| gap.contains(at)), "{plan:?}");
    }
}

#[test]
fn a_sender_left_out_among_many_keys_opens_and_seals_nothing_afterwards() {
    let plan = plans(300).next().expect("a plan");
    let mut run = Run::new(plan);
    run.until(STARTED + 5_000);
    let frame = run.alice.seal("mic", b"frame");
    for (name, member) in [("alice", &mut run.bob), ("bob", &mut run.alice)] {
        let others = [("carol", [1; 32].as_slice())];
        let now = Millis(STARTED + 5_000);
        member.call.set_keys(others.into_iter(), now, &mut run.rng).expect("keys");
        assert!(member.open(name, "mic", &frame).is_err());
    }
    for second in 10..30 {
        for member in [&mut run.alice, &mut run.bob] {
            member.call.tick(Millis(1_000 * second), &mut run.rng).expect("open");
        }
        assert_eq!(run.alice.call.seal_data(b"data", None), Err(Error::NoKey));
        assert_eq!(run.bob.open("alice", "mic", &frame), Err(Error::UnknownKey));
    }
}
