//! Devices, a network between them, and a clock that is turned by hand.

use super::media::Media;
use super::twin::Past;
use super::{Signer, random};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sealframe_mls::crypto::Random;
use sealframe_mls::faults::{Fault, break_one};
use sealframe_mls::group::{Input, Membership, Options, Output, Report, Ticket, To};
use sealframe_mls::identity::{CallId, DeviceId};
use sealframe_mls::{Error, Millis, Suite};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use zeroize::Zeroizing;

/// The faults of the network.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Shortest and longest delay in milliseconds.
    pub delay: (u64, u64),
    /// Lost messages in percent.
    pub loss: u64,
    /// Doubled messages in percent.
    pub doubled: u64,
}

impl Network {
    pub const GOOD: Self = Self { delay: (5, 60), loss: 0, doubled: 0 };
}

/// How a call is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub suite: Suite,
    pub is_ordered: bool,
    pub has_passphrase: bool,
}

impl Setting {
    pub const PLAIN: Self =
        Self { suite: Suite::Classic, is_ordered: false, has_passphrase: false };
}

pub struct Node {
    pub signer: Signer,
    pub id: DeviceId,
    pub bundle: Vec<u8>,
    pub member: Option<Membership>,
    pub media: Media,
    /// How often it was started.
    pub starts: u64,
    /// The part of the network that it is in.
    pub part: u8,
    pub fault: Option<Fault>,
    /// It crashes while it sends its next commit.
    pub dies: bool,
    /// The devices that it was told last, and when.
    pub told: Vec<usize>,
    pub refused: BTreeMap<Error, u64>,
    /// How often a twin took its leaf.
    pub displaced: u64,
    pub sent: u64,
    pub received: u64,
    /// What it has heard since it was started, if the world records that.
    pub past: Option<Past>,
    wake: Option<Millis>,
}

/// What happens at a time.
enum Event {
    Deliver(usize, Vec<u8>),
    Sign(usize, u64, Ticket, Vec<u8>),
    Wake(usize, u64),
}

/// A message that was sent.
#[derive(Clone)]
pub struct Packet {
    pub from: usize,
    pub to: usize,
    pub bytes: Vec<u8>,
}

pub struct World {
    pub call: &'static str,
    pub now: Millis,
    pub nodes: Vec<Node>,
    pub network: Network,
    pub setting: Setting,
    /// Whether all inputs of the devices are kept, for a twin of one.
    pub records: bool,
    /// Up to 400 recent messages, which a malicious server may send again.
    pub seen: Vec<Packet>,
    pub rng: ChaCha20Rng,
    seed: u64,
    queue: BinaryHeap<Reverse<(Millis, u64)>>,
    events: BTreeMap<u64, Event>,
    number: u64,
    /// When each device has what an ordering transport sent it last.
    arrived: BTreeMap<usize, Millis>,
}

/// At most 400 messages are kept for replays.
const KEPT: usize = 400;
const CALL: &str = "room-42";

impl World {
    pub fn new(seed: u64, count: usize, setting: Setting) -> Self {
        let nodes = (0..count).map(|at| Node::new(at as u64)).collect();
        Self {
            call: CALL,
            now: Millis(1_000_000),
            nodes,
            network: Network::GOOD,
            setting,
            records: false,
            seen: Vec::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
            seed,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            number: 0,
            arrived: BTreeMap::new(),
        }
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.rng.next_u64() % end
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A device enters the call, without anything of an earlier stay.
    pub fn start(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        node.starts += 1;
        node.media = Media::default();
        node.told.clear();
        node.wake = None;
        let seed = self.seed ^ (at as u64) << 32 ^ node.starts << 48;
        node.past = self.records.then(|| Past::new(self.now, seed));
        let member = Membership::new(self.options(at, random(seed)), self.now);
        self.nodes[at].member = Some(member.expect("a good bundle"));
    }

    pub fn options(&self, at: usize, random: Random) -> Options {
        let passphrase = self.setting.has_passphrase.then(|| Zeroizing::new([7; 32]));
        Options {
            call: CallId::of(self.call),
            suite: self.setting.suite,
            bundle: self.nodes[at].bundle.clone(),
            passphrase,
            is_ordered: self.setting.is_ordered,
            random,
        }
    }

    /// Two nodes are the same device.
    pub fn twin(&mut self, at: usize, of: usize) {
        self.nodes[at] = Node::new(of as u64);
    }

    /// A device is gone, without a word.
    pub fn stop(&mut self, at: usize) {
        self.nodes[at].member = None;
        self.nodes[at].media = Media::default();
        self.nodes[at].told.clear();
    }

    /// A device hears the roster from its application.
    pub fn tell(&mut self, at: usize, members: &[usize]) {
        let bundles: Vec<_> = members.iter().map(|of| self.nodes[*of].bundle.clone()).collect();
        let bundles: Vec<_> = bundles.iter().map(Vec::as_slice).collect();
        self.input(at, Input::SetMembers(&bundles)).expect("good bundles");
        self.nodes[at].told = members.to_vec();
        let ids: Vec<_> = members.iter().map(|of| self.nodes[*of].id).collect();
        let node = &mut self.nodes[at];
        node.media.told(ids.into_iter().chain([node.id]), self.now);
    }

    /// Hands a device an input, and does what it asks for.
    pub fn input(&mut self, at: usize, input: Input<'_>) -> Result<(), Error> {
        let now = self.now;
        let node = &mut self.nodes[at];
        let Some(member) = &mut node.member else { return Ok(()) };
        node.past.iter_mut().for_each(|past| past.add(&input, now));
        break_one(node.fault);
        let done = member.handle(input, now);
        let outputs: Vec<_> = std::iter::from_fn(|| member.poll()).collect();
        break_one(None);
        for output in outputs {
            if self.nodes[at].member.is_some() {
                self.output(at, output);
            }
        }
        done
    }

    /// Lets time pass.
    pub fn run(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while let Some(Reverse((at, number))) = self.queue.peek().copied() {
            if at > end {
                break;
            }
            self.queue.pop();
            self.now = self.now.max(at);
            let event = self.events.remove(&number).expect("one event a number");
            self.happen(event);
        }
        self.now = end;
    }

    /// Delivers bytes to a device now.
    pub fn deliver(&mut self, to: usize, bytes: &[u8]) -> Result<(), Error> {
        self.nodes[to].received += bytes.len() as u64;
        let done = self.input(to, Input::Receive(bytes));
        if let Err(code) = done {
            *self.nodes[to].refused.entry(code).or_default() += 1;
        }
        done
    }

    pub fn report(&self, at: usize) -> Option<Report> {
        self.nodes[at].member.as_ref()?.report()
    }

    /// Whether all these devices are in one epoch, and nobody else is.
    pub fn is_one_group(&self, members: &[usize]) -> bool {
        let mut reports = members.iter().map(|at| self.report(*at));
        let Some(Some(first)) = reports.next() else { return false };
        let mut ids: Vec<_> = first.members.iter().map(|(_, id)| *id).collect();
        let mut wanted: Vec<_> = members.iter().map(|at| self.nodes[*at].id).collect();
        ids.sort_unstable();
        wanted.sort_unstable();
        let same = |report: Option<Report>| report.is_some_and(|it| it.branch == first.branch);
        ids == wanted && reports.all(same)
    }

    /// The time in milliseconds until these devices are one group; `None` after `longest`.
    pub fn until_one_group(&mut self, members: &[usize], longest: u64) -> Option<u64> {
        let start = self.now;
        while !self.is_one_group(members) {
            if self.now.since(start) >= longest {
                return None;
            }
            self.run(20);
        }
        Some(self.now.since(start))
    }

    /// All of these enter at once, and hear the same roster.
    pub fn enter(&mut self, members: &[usize]) {
        members.iter().for_each(|at| self.start(*at));
        members.iter().for_each(|at| self.tell(*at, members));
    }

    fn output(&mut self, at: usize, output: Output) {
        match output {
            Output::Send { to: To::All, bytes } => self.send_to_all(at, &bytes),
            Output::Send { to: To::One(id), bytes } => {
                let is_it = |to: &usize| self.nodes[*to].id == id;
                let found: Vec<_> = (0..self.nodes.len()).filter(is_it).collect();
                found.into_iter().for_each(|to| self.send(at, to, bytes.clone()));
            }
            Output::Twice => self.nodes[at].displaced += 1,
            Output::Sign { ticket, bytes } => {
                let (starts, delay) = (self.nodes[at].starts, 1 + self.below(8));
                self.after(delay, Event::Sign(at, starts, ticket, bytes));
            }
            Output::Wake { at: when } => {
                self.nodes[at].wake = Some(when);
                let (starts, delay) = (self.nodes[at].starts, when.since(self.now));
                self.after(delay, Event::Wake(at, starts));
            }
            Output::Refused { code, .. } => {
                *self.nodes[at].refused.entry(code).or_default() += 1;
            }
            media => self.nodes[at].media.take(media, self.now),
        }
    }

    fn send_to_all(&mut self, from: usize, bytes: &[u8]) {
        let told = self.nodes[from].told.clone();
        let is_commit = bytes[1] == 1;
        let mut others: Vec<_> = told.into_iter().filter(|to| *to != from).collect();
        if is_commit && self.nodes[from].dies {
            self.nodes[from].dies = false;
            others.retain(|_| self.rng.next_u64().is_multiple_of(2));
            self.stop(from);
        }
        if self.setting.is_ordered {
            others.push(from);
        }
        for to in others {
            self.send(from, to, bytes.to_vec());
        }
    }

    fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        self.nodes[from].sent += bytes.len() as u64;
        if self.seen.len() >= KEPT {
            self.seen.remove(0);
        }
        self.seen.push(Packet { from, to, bytes: bytes.clone() });
        let lost = self.chance(self.network.loss) && !self.setting.is_ordered;
        let parted = self.nodes[from].part != self.nodes[to].part;
        if lost || parted {
            return;
        }
        let copies = if self.chance(self.network.doubled) { 2 } else { 1 };
        for _ in 0..copies {
            let (from, to_ms) = self.network.delay;
            let delay = from + self.below(to_ms - from + 1);
            let delay = if self.setting.is_ordered { self.in_order(to) } else { delay };
            self.after(delay, Event::Deliver(to, bytes.clone()));
        }
    }

    /// A delay after which everything that was sent before has arrived.
    fn in_order(&mut self, to: usize) -> u64 {
        let delay = self.network.delay.0 + self.below(20);
        let last = self.arrived.get(&to).copied().unwrap_or_default();
        let at = self.now.plus(delay).max(last);
        self.arrived.insert(to, at);
        at.since(self.now)
    }

    fn after(&mut self, delay: u64, event: Event) {
        self.number += 1;
        self.queue.push(Reverse((self.now.plus(delay), self.number)));
        self.events.insert(self.number, event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Deliver(to, bytes) => {
                let _ = self.deliver(to, &bytes);
            }
            Event::Sign(at, starts, ticket, bytes) if self.nodes[at].starts == starts => {
                let signature = self.nodes[at].signer.sign(&bytes);
                let signed = Input::Signed { ticket, signature };
                self.input(at, signed).expect("a signature of the device");
            }
            Event::Wake(at, starts) => {
                let due = self.nodes[at].wake == Some(self.now);
                if due && self.nodes[at].starts == starts {
                    self.input(at, Input::Tick).expect("no tick is refused");
                }
            }
            Event::Sign(..) => {}
        }
    }
}

impl Node {
    fn new(number: u64) -> Self {
        let signer = Signer::new(&random(900 + number));
        let id = signer.device().id();
        let bundle = signer.bundle();
        Self {
            signer,
            id,
            bundle,
            member: None,
            media: Media::default(),
            starts: 0,
            part: 0,
            fault: None,
            dies: false,
            told: Vec::new(),
            refused: BTreeMap::new(),
            displaced: 0,
            sent: 0,
            received: 0,
            past: None,
            wake: None,
        }
    }
}
