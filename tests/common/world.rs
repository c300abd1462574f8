//! A world of sessions: a clock, a network with faults, a seed, and devices that do host tasks in
//! any order.

use super::device::Device;
use super::network::{Job, Jobs, Suffered};
pub use super::network::{Network, Packet};
pub use super::node::{Event, Node, Tab};
use super::pair::End;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sealframe::envelope::{Bundle, DeviceId, Suite};
use sealframe::key::{Limits, SenderId};
use sealframe::session::{Entry, Input, Output, Session};
use sealframe::{Error, Millis};
use std::collections::HashMap;

pub const CALL: &str = "room-42";
/// The time at which every world begins.
pub const START: Millis = Millis(1_800_000_000_000);
const NEVER: Millis = Millis(u64::MAX);
/// The longest time between two ticks of a worker, in milliseconds.
const TICK: u64 = 1_000;

pub struct World {
    pub now: Millis,
    pub nodes: Vec<Node>,
    pub network: Network,
    /// The shortest and longest time of a host task, in milliseconds.
    pub host_tasks: (u64, u64),
    /// Whether a device does its host tasks one after the other.
    pub in_turn: bool,
    /// A member that is not played: messages to it go nowhere.
    pub mute: Option<DeviceId>,
    pub rng: ChaCha20Rng,
    /// All messages that were handed to the server, lost or not.
    pub seen: Vec<Packet>,
    /// The positions of those that never arrived.
    pub lost: Vec<Packet>,
    pub suffered: Suffered,
    call: String,
    places: HashMap<DeviceId, Vec<usize>>,
    /// The time at which each tab's timer fires.
    timers: Vec<Millis>,
    /// The sending time of the latest message between two devices that has arrived.
    arrived: HashMap<(usize, usize), Millis>,
    jobs: Jobs,
}

impl World {
    /// A world with this number of devices. Each has its tab open and an empty roster.
    pub fn new(seed: u64, devices: u64) -> Self {
        Self::of(seed, (0..devices).map(Device::new))
    }

    /// A world with this number of devices on the fake curve.
    pub fn on_fake_curve(seed: u64, devices: u64) -> Self {
        Self::of(seed, (0..devices).map(Device::on_fake_curve))
    }

    /// A world with these devices. Each has its tab open and an empty roster.
    pub fn of(seed: u64, devices: impl IntoIterator<Item = Device>) -> Self {
        Self::at(START, CALL, seed, devices)
    }

    /// A world with these devices in any call, at any time.
    pub fn at(
        now: Millis,
        call: &str,
        seed: u64,
        devices: impl IntoIterator<Item = Device>,
    ) -> Self {
        let nodes: Vec<_> = devices.into_iter().map(Node::new).collect();
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        for (at, node) in nodes.iter().enumerate() {
            places.entry(node.device.id()).or_default().push(at);
        }
        let mut world = Self {
            now,
            timers: vec![NEVER; nodes.len()],
            nodes,
            network: Network::GOOD,
            host_tasks: (1, 4),
            in_turn: false,
            mute: None,
            rng: ChaCha20Rng::seed_from_u64(seed),
            seen: Vec::new(),
            lost: Vec::new(),
            suffered: Suffered::default(),
            call: call.to_owned(),
            places,
            arrived: HashMap::new(),
            jobs: Jobs::default(),
        };
        (0..world.nodes.len()).for_each(|at| world.open_tab(at));
        world
    }

    /// A call of all devices in which all can open each other's frames.
    pub fn call(seed: u64, devices: u64) -> Self {
        Self::new(seed, devices).met()
    }

    /// Puts all devices on all rosters and waits until they open each other's frames.
    pub fn met(mut self) -> Self {
        let all: Vec<_> = (0..self.nodes.len()).collect();
        self.roster(&all);
        let took = self.run_until(5_000, |world| world.converged(&all));
        assert!(took.is_some(), "they never met");
        self
    }

    pub fn open_tab(&mut self, at: usize) {
        let now = self.clock(at);
        let stay = self.nodes[at].device.enter(&self.call, self.rng.next_u64());
        let session = Session::new(stay.own(), Suite::Rsa, now, &mut self.rng);
        let node = &mut self.nodes[at];
        node.stays.push((session.incarnation(), stay));
        let mut end = End::new(Limits::default());
        end.ring.tick(now);
        node.visits += 1;
        node.tab = Some(Tab { session, end, wake: None, next_tick: now.plus(TICK) });
        self.set_timer(at);
    }

    pub fn close_tab(&mut self, at: usize) {
        self.nodes[at].tab = None;
        self.timers[at] = NEVER;
    }

    /// The time on a device's clock.
    pub fn clock(&self, at: usize) -> Millis {
        Millis(self.now.0.saturating_add_signed(self.nodes[at].ahead))
    }

    /// Sets a device's clock to another time.
    pub fn jump(&mut self, at: usize, ms: i64) {
        self.nodes[at].ahead += ms;
        self.set_timer(at);
    }

    /// Sets the rosters of these devices to these devices.
    pub fn roster(&mut self, members: &[usize]) {
        for &at in members {
            self.tell(at, members);
        }
    }

    /// Sets the roster of one device.
    pub fn tell(&mut self, at: usize, members: &[usize]) {
        self.try_tell(at, members).expect("good bundles");
    }

    pub fn try_tell(&mut self, at: usize, members: &[usize]) -> Result<(), Error> {
        let members = members.iter().map(|&at| entry(&self.nodes[at].device.bundle));
        let members = Input::SetMembers(members.collect());
        self.input(at, members)
    }

    /// Passes an input to a session and returns its outputs, for tests that handle these
    /// themselves.
    pub fn ask(&mut self, at: usize, input: Input<'_>) -> Vec<Output> {
        let now = self.clock(at);
        let tab = self.nodes[at].tab.as_mut().expect("an open tab");
        let done = tab.session.handle(input, now, &mut tab.end.ring, &mut self.rng);
        done.expect("no error");
        drain(&mut tab.session)
    }

    /// Passes an input to a session and handles its outputs.
    pub fn input(&mut self, at: usize, input: Input<'_>) -> Result<(), Error> {
        let now = self.clock(at);
        let Some(tab) = &mut self.nodes[at].tab else { return Ok(()) };
        let done = tab.session.handle(input, now, &mut tab.end.ring, &mut self.rng);
        let outputs = drain(&mut tab.session);
        for output in outputs {
            self.output(at, output);
        }
        done
    }

    pub fn deliver(&mut self, packet: &Packet) {
        let from = self.id(packet.from);
        self.receive(packet.to, &packet.bytes, Some(from));
    }

    pub fn receive(&mut self, at: usize, bytes: &[u8], from: Option<SenderId>) {
        self.input(at, Input::Receive { bytes, from }).expect("refusals are outputs");
    }

    /// Lets time pass.
    pub fn run(&mut self, ms: u64) {
        self.run_until(ms, |_| false);
    }

    /// Lets time pass until `done`, for at most `ms`. Returns how long it took.
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
            assert!(idle < 10_000, "a timer fires without end");
            self.now = next.max(self.now);
            self.step();
        }
    }

    /// Messages that have not arrived never do.
    pub fn lose_what_is_under_way(&mut self) {
        self.lose(|_| true);
    }

    /// Selected messages that have not arrived never do.
    pub fn lose(&mut self, which: impl Fn(&Packet) -> bool) {
        self.jobs.retain(|job| !matches!(job, Job::Deliver(packet) if which(packet)));
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
                self.nodes[at].tab.iter_mut().for_each(|tab| tab.wake = Some(when));
                return self.set_timer(at);
            }
            Output::KeyChanged { sender } => Event::Key(sender),
            Output::OwnKeyChanged { kid } => Event::OwnKey(kid),
            Output::Refused { from, code } => Event::Refused(from, code),
            Output::DeviceTwice { device } => Event::Twice(device),
            Output::Untrusted { sender, devices } => Event::Untrusted(sender, devices),
            Output::Trusted { sender } => Event::Trusted(sender),
            task => {
                let done = self.nodes[at].stay().run_host_task(&task, &mut self.rng);
                let (ticket, answer) = done.expect("a host task");
                return self.answer_later(at, Job::Answer(at, visit, ticket, answer));
            }
        };
        let now = self.clock(at);
        self.nodes[at].events.push((now, event));
    }

    fn send(&mut self, from: usize, to: DeviceId, bytes: Vec<u8>) {
        if self.mute == Some(to) {
            return;
        }
        let twins = self.places[&to].clone();
        // Delivers to each node with this device. Usually there is one.
        for to in twins.into_iter().filter(|to| *to != from) {
            let packet = Packet { at: self.now, from, to, bytes: bytes.clone() };
            self.send_one(packet);
        }
    }

    fn send_one(&mut self, packet: Packet) {
        let from = packet.from;
        self.seen.push(packet.clone());
        if self.nodes[from].cut_off || self.chance(self.network.loss) {
            self.suffered.lost += 1;
            self.lost.push(packet);
            return;
        }
        if self.chance(self.network.duplicates) {
            self.suffered.doubled += 1;
            self.deliver_later(packet.clone());
        }
        self.deliver_later(packet);
    }

    fn deliver_later(&mut self, packet: Packet) {
        let at = self.now.plus(self.between(self.network.delay));
        self.jobs.put(at, Job::Deliver(packet));
    }

    fn answer_later(&mut self, at: usize, job: Job) {
        let from = if self.in_turn { self.now.max(self.nodes[at].busy) } else { self.now };
        let done = from.plus(self.between(self.host_tasks));
        self.nodes[at].busy = done;
        self.jobs.put(done, job);
    }

    fn between(&mut self, (least, most): (u64, u64)) -> u64 {
        least + self.below(most - least + 1)
    }

    fn next_time(&self) -> Millis {
        let timers = self.timers.iter().copied();
        timers.chain(self.jobs.next_time()).min().unwrap_or(NEVER)
    }

    fn set_timer(&mut self, at: usize) {
        let node = &self.nodes[at];
        let Some(tab) = &node.tab else { return };
        let goes_off = tab.wake.map_or(tab.next_tick, |at| at.min(tab.next_tick));
        self.timers[at] = Millis(goes_off.0.saturating_add_signed(-node.ahead));
    }

    fn step(&mut self) {
        for at in 0..self.nodes.len() {
            if self.timers[at] <= self.now {
                self.tick(at);
            }
        }
        for job in self.jobs.due(self.now) {
            self.job(job);
        }
    }

    fn tick(&mut self, at: usize) {
        let now = self.clock(at);
        let Some(tab) = &mut self.nodes[at].tab else { return };
        tab.wake.take_if(|when| *when <= now);
        tab.next_tick = now.plus(TICK);
        self.set_timer(at);
        self.input(at, Input::Tick).expect("a tick");
    }

    fn job(&mut self, job: Job) {
        match job {
            Job::Deliver(packet) => self.arrive(&packet),
            Job::Answer(at, visit, ticket, answer) if self.nodes[at].visits == visit => {
                self.input(at, answer.input(ticket)).expect("an answer that fits");
            }
            Job::Answer(..) => {}
        }
    }

    fn arrive(&mut self, packet: &Packet) {
        let (from, to) = (&self.nodes[packet.from], &self.nodes[packet.to]);
        if to.cut_off || from.group != to.group {
            self.suffered.lost += 1;
            self.lost.push(packet.clone());
            return;
        }
        let newest = self.arrived.entry((packet.from, packet.to)).or_insert(packet.at);
        self.suffered.overtaken += u64::from(packet.at < *newest);
        *newest = packet.at.max(*newest);
        self.deliver(packet);
    }
}

/// An application's list entry for a device.
pub fn entry(bundle: &Bundle) -> Entry {
    Entry::parse(bundle.as_bytes(), None)
}

/// All outputs of a session, for tests that play the network themselves.
pub fn drain(session: &mut Session) -> Vec<Output> {
    core::iter::from_fn(|| session.poll()).collect()
}
