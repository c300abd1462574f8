//! A world of sessions: a clock, a network with faults, devices that do errands in any order, and
//! a seed.

use super::device::{Answer, Device};
use super::pair::End;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sealframe::codec::{Codec, Kind};
use sealframe::envelope::DeviceId;
use sealframe::key::{Limits, SenderId};
use sealframe::session::{Input, Output, Serials, Session, Ticket};
use sealframe::sframe::Kid;
use sealframe::{Error, Millis};
use std::collections::BTreeSet;

pub const CALL: &str = "room-42";
/// When every world begins.
pub const START: Millis = Millis(1_800_000_000_000);
/// The worker ticks at least this often.
const TICK: u64 = 1_000;

/// What the network does to messages; times in milliseconds, chances in percent.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    pub delay: (u64, u64),
    pub loss: u64,
    pub duplicates: u64,
}

impl Network {
    pub const GOOD: Self = Self { delay: (10, 40), loss: 0, duplicates: 0 };
}

/// One participant: a browser profile, and a tab that may be gone.
pub struct Node {
    pub device: Device,
    pub tab: Option<Tab>,
    pub stored: Serials,
    pub events: Vec<(Millis, Event)>,
    /// How often the tab was opened; answers meant for an earlier one are dropped.
    visits: u32,
    /// Nothing comes in or goes out.
    pub cut_off: bool,
}

/// What a reload loses.
pub struct Tab {
    pub session: Session,
    pub end: End,
    wake: Option<Millis>,
    next_tick: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Key(SenderId),
    OwnKey(Kid),
    Refused(Option<SenderId>, Error),
}

/// A message as the server sees it.
#[derive(Clone, Debug)]
pub struct Packet {
    pub at: Millis,
    pub from: usize,
    pub to: usize,
    pub bytes: Vec<u8>,
}

enum Job {
    Deliver(Packet),
    Answer(usize, u32, Ticket, Answer),
}

pub struct World {
    pub now: Millis,
    pub nodes: Vec<Node>,
    pub network: Network,
    /// How long errands take.
    pub errands: (u64, u64),
    /// A member that is not here: what is sent to it goes nowhere.
    pub mute: Option<DeviceId>,
    pub rng: ChaCha20Rng,
    /// All that was ever handed to the server, lost or not.
    pub seen: Vec<Packet>,
    jobs: Vec<(Millis, u64, Job)>,
    count: u64,
}

impl World {
    /// So many devices, each with its tab open, none knowing of another.
    pub fn new(seed: u64, devices: u64) -> Self {
        Self::of(seed, (0..devices).map(Device::new))
    }

    /// The same of devices on a pretend curve.
    pub fn pretend(seed: u64, devices: u64) -> Self {
        Self::of(seed, (0..devices).map(Device::pretend))
    }

    /// These devices, each with its tab open, none knowing of another.
    pub fn of(seed: u64, devices: impl IntoIterator<Item = Device>) -> Self {
        let mut world = Self {
            now: START,
            nodes: devices.into_iter().map(Node::new).collect(),
            network: Network::GOOD,
            errands: (1, 4),
            mute: None,
            rng: ChaCha20Rng::seed_from_u64(seed),
            seen: Vec::new(),
            jobs: Vec::new(),
            count: 0,
        };
        (0..world.nodes.len()).for_each(|at| world.open_tab(at));
        world
    }

    /// A call of all devices, in which everybody can open everybody's frames.
    pub fn call(seed: u64, devices: u64) -> Self {
        Self::new(seed, devices).met()
    }

    /// Tells everybody of everybody, and waits until they open each other's frames.
    pub fn met(mut self) -> Self {
        let all: Vec<_> = (0..self.nodes.len()).collect();
        self.roster(&all);
        let took = self.run_until(5_000, |world| world.converged(&all));
        assert!(took.is_some(), "they never met");
        self
    }

    pub fn open_tab(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let serials = Serials::parse(&node.stored.to_bytes()).expect("what was stored");
        let session = Session::new(CALL, node.device.own(), serials, true, self.now);
        let mut end = End::new(Limits::default());
        end.ring.tick(self.now);
        node.visits += 1;
        let next_tick = self.now.plus(TICK);
        node.tab = Some(Tab { session, end, wake: None, next_tick });
    }

    pub fn close_tab(&mut self, at: usize) {
        self.nodes[at].tab = None;
    }

    /// Tells these devices that they are the members.
    pub fn roster(&mut self, members: &[usize]) {
        for &at in members {
            self.tell(at, members);
        }
    }

    /// Tells one device who the members are.
    pub fn tell(&mut self, at: usize, members: &[usize]) {
        self.try_tell(at, members).expect("good bundles");
    }

    pub fn try_tell(&mut self, at: usize, members: &[usize]) -> Result<(), Error> {
        let bundle = |&at: &usize| self.nodes[at].device.bundle.as_bytes().to_vec();
        let bundles: Vec<_> = members.iter().map(bundle).collect();
        self.input(at, Input::SetMembers(&bundles))
    }

    /// Hands an input to a session, and back what it wants done; for tests that do it themselves.
    pub fn ask(&mut self, at: usize, input: Input<'_>) -> Vec<Output> {
        let tab = self.nodes[at].tab.as_mut().expect("an open tab");
        let done = tab.session.handle(input, self.now, &mut tab.end.ring, &mut self.rng);
        done.expect("no error");
        drain(&mut tab.session)
    }

    /// Hands an input to a session and takes care of what comes out.
    pub fn input(&mut self, at: usize, input: Input<'_>) -> Result<(), Error> {
        let node = &mut self.nodes[at];
        let Some(tab) = &mut node.tab else { return Ok(()) };
        let done = tab.session.handle(input, self.now, &mut tab.end.ring, &mut self.rng);
        let outputs = drain(&mut tab.session);
        node.stored = tab.session.serials().clone();
        for output in outputs {
            self.output(at, output);
        }
        done
    }

    pub fn deliver(&mut self, packet: &Packet) {
        let from = SenderId::try_from(self.nodes[packet.from].device.id()).ok();
        self.receive(packet.to, &packet.bytes, from);
    }

    pub fn receive(&mut self, at: usize, bytes: &[u8], from: Option<SenderId>) {
        self.input(at, Input::Receive { bytes, from }).expect("refusals are outputs");
    }

    /// Lets time go by.
    pub fn run(&mut self, ms: u64) {
        self.run_until(ms, |_| false);
    }

    /// Lets time go by until `done`, for `ms` at the most; says how long it took.
    pub fn run_until(&mut self, ms: u64, mut done: impl FnMut(&mut Self) -> bool) -> Option<u64> {
        let (start, end) = (self.now, self.now.plus(ms));
        let mut idle = 0;
        loop {
            if done(self) {
                return Some(self.now.since(start));
            }
            let next = self.next_time();
            if next > end {
                self.now = end;
                return done(self).then_some(ms);
            }
            idle = if next > self.now { 0 } else { idle + 1 };
            assert!(idle < 10_000, "a timer that goes off again and again");
            self.now = next.max(self.now);
            self.step();
        }
    }

    /// Whether each of `members` can open frames of each other one.
    pub fn converged(&mut self, members: &[usize]) -> bool {
        let pairs = members.iter().flat_map(|&a| members.iter().map(move |&b| (a, b)));
        let others: Vec<_> = pairs.filter(|(a, b)| a != b).collect();
        others.into_iter().all(|(from, to)| self.opens(from, to).is_ok())
    }

    /// Seals a frame at `from` and opens it at `to`.
    pub fn opens(&mut self, from: usize, to: usize) -> Result<(), Error> {
        let frame = self.seal(from)?;
        self.open(from, to, &frame)
    }

    pub fn seal(&mut self, at: usize) -> Result<Vec<u8>, Error> {
        let tab = self.nodes[at].tab.as_mut().ok_or(Error::CallClosed)?;
        let stream = tab.end.sealing(Kind::Audio, "");
        tab.end.seal(stream, Codec::Opus, b"a frame")
    }

    pub fn open(&mut self, from: usize, at: usize, frame: &[u8]) -> Result<(), Error> {
        let sender = self.nodes[from].device.id().to_string();
        let tab = self.nodes[at].tab.as_mut().ok_or(Error::CallClosed)?;
        let stream = tab.end.opening(&sender, Kind::Audio, "");
        tab.end.open(stream, Codec::Opus, frame).map(|opened| assert_eq!(opened, b"a frame"))
    }

    pub fn id(&self, at: usize) -> SenderId {
        SenderId::try_from(self.nodes[at].device.id()).expect("a name")
    }

    /// Refusals at a device since it was made, without their sender.
    pub fn refusals(&self, at: usize) -> BTreeSet<Error> {
        let code = |event: &(Millis, Event)| match event.1 {
            Event::Refused(_, code) => Some(code),
            _ => None,
        };
        self.nodes[at].events.iter().filter_map(code).collect()
    }

    /// How often a device changed the key it seals with since `from`.
    pub fn own_keys(&self, at: usize, from: Millis) -> usize {
        let counts = |event: &&(Millis, Event)| matches!(event.1, Event::OwnKey(_));
        self.nodes[at].events.iter().filter(|event| event.0 >= from).filter(counts).count()
    }

    /// Messages of a type from one device to another, as the server saw them.
    pub fn packets(&self, from: usize, to: usize, kind: u8) -> Vec<Packet> {
        let wanted = |p: &&Packet| p.from == from && p.to == to && p.bytes[1] == kind;
        self.seen.iter().filter(wanted).cloned().collect()
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.rng.next_u64() % end.max(1)
    }

    fn output(&mut self, at: usize, output: Output) {
        let visit = self.nodes[at].visits;
        let event = match output {
            Output::Send { to, bytes } => return self.send(at, to, bytes),
            Output::Wake { at: when } => {
                return self.nodes[at].tab.iter_mut().for_each(|tab| tab.wake = Some(when));
            }
            Output::KeyChanged { sender } => Event::Key(sender),
            Output::OwnKeyChanged { kid } => Event::OwnKey(kid),
            Output::Refused { from, code } => Event::Refused(from, code),
            errand => {
                let done = self.nodes[at].device.errand(&errand, &mut self.rng);
                let (ticket, answer) = done.expect("an errand");
                let (least, most) = self.errands;
                return self.later(least, most, Job::Answer(at, visit, ticket, answer));
            }
        };
        self.nodes[at].events.push((self.now, event));
    }

    fn send(&mut self, from: usize, to: DeviceId, bytes: Vec<u8>) {
        if self.mute == Some(to) {
            return;
        }
        let to = self.nodes.iter().position(|node| node.device.id() == to).expect("a device");
        let packet = Packet { at: self.now, from, to, bytes };
        self.seen.push(packet.clone());
        if self.nodes[from].cut_off || self.chance(self.network.loss) {
            return;
        }
        let (least, most) = self.network.delay;
        if self.chance(self.network.duplicates) {
            self.later(least, most, Job::Deliver(packet.clone()));
        }
        self.later(least, most, Job::Deliver(packet));
    }

    fn later(&mut self, least: u64, most: u64, job: Job) {
        self.count += 1;
        let at = self.now.plus(least + self.below(most - least + 1));
        self.jobs.push((at, self.count, job));
    }

    fn next_time(&self) -> Millis {
        let tabs = self.nodes.iter().filter_map(|node| node.tab.as_ref());
        let timers = tabs.map(|tab| tab.wake.map_or(tab.next_tick, |at| at.min(tab.next_tick)));
        let jobs = self.jobs.iter().map(|job| job.0);
        timers.chain(jobs).min().unwrap_or(Millis(u64::MAX))
    }

    fn step(&mut self) {
        for at in 0..self.nodes.len() {
            self.tick_if_due(at);
        }
        let now = self.now;
        let mut due: Vec<_> = self.jobs.extract_if(.., |job| job.0 <= now).collect();
        due.sort_by_key(|job| (job.0, job.1));
        for (_, _, job) in due {
            self.job(job);
        }
    }

    fn tick_if_due(&mut self, at: usize) {
        let Some(tab) = &mut self.nodes[at].tab else { return };
        let woken = tab.wake.is_some_and(|when| when <= self.now);
        if woken {
            tab.wake = None;
        }
        if woken || tab.next_tick <= self.now {
            tab.next_tick = self.now.plus(TICK);
            self.input(at, Input::Tick).expect("a tick");
        }
    }

    fn job(&mut self, job: Job) {
        match job {
            Job::Deliver(packet) if self.nodes[packet.to].cut_off => {}
            Job::Deliver(packet) => self.deliver(&packet),
            Job::Answer(at, visit, ticket, answer) if self.nodes[at].visits == visit => {
                self.input(at, answer.input(ticket)).expect("an answer that fits");
            }
            Job::Answer(..) => {}
        }
    }
}

impl Node {
    fn new(device: Device) -> Self {
        let (stored, events) = (Serials::default(), Vec::new());
        Self { device, tab: None, stored, events, visits: 0, cut_off: false }
    }
}

/// All that a session wants done; for tests that play the network themselves.
pub fn drain(session: &mut Session) -> Vec<Output> {
    core::iter::from_fn(|| session.poll()).collect()
}
