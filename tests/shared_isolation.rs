//! Whatever one member does with streams, data and KIDs, another member's frames open as if it were
//! not there. Two Bobs get the same frames of Alice, and one of them also gets everything that
//! Mallory can send.

mod common;

use common::pair::End;
use common::shared_call::{Member, Source, header};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::{DataChannels, Label};
use sealframe::key::{Limits, SenderId};
use sealframe::sframe::{BaseKey, Kid};
use sealframe::{Error, Millis};

const SEEDS: u64 = 20;
const STEPS: usize = 400;
const NAMES: [&str; 4] = ["alice", "bob", "carol", "mallory"];
const TRACKS: [&str; 3] = ["mic", "", "second"];

/// A frame or message of Alice, and its track. Data has none.
#[derive(Clone)]
enum Sent {
    Frame(&'static str, Vec<u8>),
    Data(Vec<u8>),
}

struct Run {
    source: Source,
    rng: ChaCha20Rng,
    now: u64,
    alice: Member,
    /// A receiver that gets only Alice's frames, and one that also gets Mallory's.
    bobs: [Member; 2],
    kids: Vec<u64>,
    sent: Vec<Sent>,
    mallory: Mallory,
}

/// A member whose own software seals anything, under any key that members know.
struct Mallory {
    end: End,
    data: DataChannels,
}

impl Run {
    fn new(source: Source, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let limits = Limits { rotate_frames: 20, ..Limits::default() };
        let mut alice = Member::new("alice", limits);
        let mut bobs = [(); 2].map(|()| Member::new("bob", Limits::default()));
        source.give(&mut alice, &NAMES, &mut rng);
        for bob in &mut bobs {
            source.give(bob, &NAMES, &mut ChaCha20Rng::seed_from_u64(seed));
        }
        let end = End::new(Limits::default());
        let mallory = Mallory { end, data: DataChannels::default() };
        Self { source, rng, now: 0, alice, bobs, kids: Vec::new(), sent: Vec::new(), mallory }
    }

    fn below(&mut self, n: u32) -> usize {
        (self.rng.next_u32() % n) as usize
    }

    fn step(&mut self) {
        match self.below(20) {
            0..8 => self.alice_sends(),
            8..10 => self.something_comes_again(),
            10..18 => self.mallory_sends(),
            18 => self.time_passes(),
            _ => self.keys_are_given(),
        }
    }

    fn alice_sends(&mut self) {
        let sent = match self.below(4) {
            0 => Sent::Data(self.alice.seal_data(b"data")),
            n => {
                let frame = self.alice.seal(TRACKS[n - 1], b"frame");
                self.kids.push(header(&frame).kid.0);
                Sent::Frame(TRACKS[n - 1], frame)
            }
        };
        self.sent.push(sent.clone());
        if self.below(8) > 0 {
            self.both_get(&sent);
        }
    }

    /// A frame arrives late, or twice.
    fn something_comes_again(&mut self) {
        if let Some(newest) = self.sent.len().checked_sub(1) {
            let back = self.below(40).min(newest);
            let sent = self.sent[newest - back].clone();
            self.both_get(&sent);
        }
    }

    fn both_get(&mut self, sent: &Sent) {
        let [alone, beside] = self.bobs.each_mut().map(|bob| match sent {
            Sent::Frame(track, frame) => bob.open("alice", track, frame),
            Sent::Data(message) => bob.open_data("alice", message),
        });
        assert_eq!(alone, beside, "{:?}", self.source);
    }

    fn mallory_sends(&mut self) {
        let track = TRACKS[self.below(3)];
        let key = self.some_key();
        let kid = self.some_kid();
        let [_, bob] = &mut self.bobs;
        match self.rng.next_u32() % 4 {
            0 => {
                let message = self.mallory.seal_data(key, kid);
                let _ = bob.open_data("mallory", &message);
            }
            1 => {
                let frame = self.mallory.seal(key, kid, track);
                let _ = bob.open("mallory", track, &frame);
            }
            2 => {
                if let Some(sent) = self.sent.last() {
                    let _ = match sent {
                        Sent::Frame(_, frame) => bob.open("mallory", track, frame),
                        Sent::Data(message) => bob.open_data("mallory", message),
                    };
                }
            }
            _ => {
                let mut noise = vec![0; (self.rng.next_u32() % 60) as usize];
                self.rng.fill_bytes(&mut noise);
                let label = format!("{}", self.rng.next_u32() % 50);
                let _ = bob.open("mallory", &label, &noise);
                let _ = bob.open_data("mallory", &noise);
            }
        }
    }

    /// A KID of Alice, one next to it, or any.
    fn some_kid(&mut self) -> u64 {
        let newest = self.kids.last().copied().unwrap_or_default();
        match self.below(5) {
            0 => self.kids.first().copied().unwrap_or_default(),
            1 | 2 => newest,
            3 => newest + 1,
            _ => self.rng.next_u64() >> (self.rng.next_u32() % 64),
        }
    }

    fn some_key(&mut self) -> BaseKey {
        match self.below(8) {
            0 => self.source.key("alice"),
            1 => Source::given(0),
            _ => self.source.key("mallory"),
        }
    }

    fn time_passes(&mut self) {
        self.now += 1_000 * (1 + self.below(6) as u64);
        let Self { alice, bobs: [one, other], rng, now, .. } = self;
        for member in [alice, one, other] {
            member.call.tick(Millis(*now), rng).expect("open");
        }
    }

    /// Mallory is removed, or is back. Alice stays.
    fn keys_are_given(&mut self) {
        let names: &[&str] = if self.below(2) == 0 { &NAMES } else { &["alice", "bob"] };
        let seed = self.rng.next_u64();
        for bob in &mut self.bobs {
            self.source.give(bob, names, &mut ChaCha20Rng::seed_from_u64(seed));
        }
    }
}

impl Mallory {
    fn seal(&mut self, key: BaseKey, kid: u64, track: &str) -> Vec<u8> {
        self.install(key, kid);
        let stream = self.end.sealing(MediaKind::Audio, track);
        self.end.seal(stream, Codec::Opus, b"mine").expect("sealed")
    }

    fn seal_data(&mut self, key: BaseKey, kid: u64) -> Vec<u8> {
        self.install(key, kid);
        let to_all: Option<&SenderId> = None;
        self.data.seal(&mut self.end.ring, &Label::default(), to_all, b"mine").expect("sealed")
    }

    /// Its own software may use a key again.
    fn install(&mut self, key: BaseKey, kid: u64) {
        self.end = End::new(Limits::default());
        self.end.ring.install_own(Kid(kid), &key).expect("a new ring");
    }
}

#[test]
fn no_member_can_stop_another_members_frames_from_opening() {
    for source in Source::ALL {
        for seed in 0..SEEDS {
            let mut run = Run::new(source, seed);
            for _ in 0..STEPS {
                run.step();
            }
            assert!(run.sent.len() > 100, "seed {seed}");
        }
    }
}

#[test]
fn frames_in_order_always_open_besides_a_hostile_member() {
    for source in Source::ALL {
        for seed in 0..SEEDS {
            let mut run = Run::new(source, seed);
            for n in 0..STEPS {
                run.mallory_sends();
                if n % 10 == 0 {
                    run.time_passes();
                }
                let frame = run.alice.seal("mic", b"frame");
                run.kids.push(header(&frame).kid.0);
                let opened = run.bobs[1].open("alice", "mic", &frame);
                assert_eq!(opened.as_deref(), Ok(&b"frame"[..]), "{source:?}, seed {seed}");
                assert_eq!(run.bobs[1].open("alice", "mic", &frame), Err(Error::Duplicate));
            }
        }
    }
}
