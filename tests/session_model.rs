//! Two real sessions and the model of docs/proof side by side. In whatever order a server delivers
//! messages, sessions and model send the same ones, and end in the same state.

mod common;

use common::device::Device as Profile;
use common::world::{Network, Packet, World};
use model::check::Model;
use model::incarnations::{Act, Content, Device, Incarnations, Message, Name, State, Stay, Step};
use rand_core::Rng;
use sealframe::envelope::{self, Body, Header, IncarnationId, Nonce};
use sealframe::key::DeviceKid;
use sealframe::session::Input;
use std::collections::{BTreeMap, BTreeSet};

/// The places of the devices in the world. The third is a twin of the first.
const DEVICES: [Device; 3] = [Device::A, Device::B, Device::A];
const WALKS: u64 = 300;
const STEPS: usize = 60;
/// Number of messages that arrive before a twin enters, and while it is present: they take less
/// than the 30 seconds of a refusal.
const BEFORE_TWIN: usize = 14;
const BESIDE_TWIN: usize = 26;
/// Milliseconds after a step in which all messages are sent that are not repetitions.
const PAUSE: u64 = 1_100;
/// At most this number of times each device adds the other again and makes keys.
const OFTEN: usize = 40;

/// The owner of a nonce, and its number.
type Numbers = BTreeMap<Nonce, (Name, u8)>;

/// One walk: sessions and model, and how the model names the values of the sessions.
struct Walk {
    world: World,
    model: Incarnations,
    state: State,
    names: BTreeMap<IncarnationId, Name>,
    open: Numbers,
    questions: Numbers,
    counters: BTreeMap<(Name, u64), (Name, u8)>,
    /// The key in the last envelope of each, and the roster that it was made with.
    last: BTreeMap<Name, (DeviceKid, [u8; 32])>,
    /// Each message once, in the order in which they were made.
    said: Vec<(Packet, Message)>,
    /// The messages that have arrived somewhere.
    got: BTreeSet<Message>,
    /// How many of the world's messages are in `said`.
    read: usize,
    /// The highest counter that each has received from each.
    delivered: BTreeMap<(Name, Name), u64>,
    story: Vec<String>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut world = World::of(seed, [0, 1, 0].map(Profile::on_fake_curve));
        world.close_tab(2);
        (world.network, world.host_tasks) = (Network { loss: 100, ..Network::GOOD }, (0, 0));
        let [a, b, _] = DEVICES;
        let often = [a, b].map(|device| [Act::AddAgain(device), Act::Rotate(device)]).concat();
        let once = [Act::Reload(a), Act::Reload(b), Act::Twin(a)];
        let acts = [often.repeat(OFTEN).as_slice(), &once].concat();
        let model = Incarnations { acts, without: None, first_is_higher: false };
        let state = model.start();
        let names = [(world.nodes[0].incarnation(), 0), (world.nodes[1].incarnation(), 2)];
        let mut walk = Self {
            world,
            model,
            state,
            names: names.into(),
            open: BTreeMap::new(),
            questions: BTreeMap::new(),
            counters: BTreeMap::new(),
            last: BTreeMap::new(),
            delivered: BTreeMap::new(),
            said: Vec::new(),
            got: BTreeSet::new(),
            read: 0,
            story: Vec::new(),
        };
        walk.world.roster(&[0, 1]);
        walk.settle();
        walk
    }

    /// An event happens in both.
    fn step(&mut self) {
        let at = self.world.below(2) as usize;
        match self.world.below(20) {
            0 => self.add_again(at, DEVICES[at]),
            1 => self.reload(at, DEVICES[at]),
            2..5 => self.rotate(at, DEVICES[at]),
            _ => self.deliver(),
        }
        self.settle();
        self.compare();
    }

    fn deliver_and_compare(&mut self) {
        self.deliver();
        self.compare();
    }

    fn add_again(&mut self, at: usize, device: Device) {
        if self.act(Act::AddAgain(device)) {
            self.world.tell(at, &[]);
            self.world.tell(at, &[1 - at]);
        }
    }

    fn reload(&mut self, at: usize, device: Device) {
        if self.act(Act::Reload(device)) {
            self.world.close_tab(at);
            self.world.open_tab(at);
            self.world.tell(at, &[1 - at]);
            self.names.insert(self.world.nodes[at].incarnation(), 2 * at as Name + 1);
        }
    }

    /// A second incarnation of the first device enters.
    fn twin(&mut self) {
        self.world.open_tab(2);
        let [first, _, second] = [0, 1, 2].map(|at| self.world.nodes[at].incarnation());
        self.names.insert(second, 1);
        self.model.first_is_higher = first > second;
        assert!(self.act(Act::Twin(Device::A)));
        self.world.tell(2, &[1]);
        self.settle();
        self.compare();
    }

    /// A tab's counterpart in the model.
    fn stay(&self, at: usize) -> Option<(Name, &Stay)> {
        self.world.nodes[at].tab.as_ref()?;
        let name = self.names[&self.world.nodes[at].incarnation()];
        Some((name, self.state.get(name)?))
    }

    /// A staged key is in use two seconds later. Until then no other one is made.
    fn rotate(&mut self, at: usize, device: Device) {
        self.settle();
        self.settle();
        let keyed = self.stay(at).is_some_and(|(_, stay)| stay.is_keyed());
        if keyed && self.act(Act::Rotate(device)) {
            self.world.input(at, Input::Rotate).expect("a rotation");
        }
    }

    /// Any message that was ever sent, often the newest that was not delivered. Messages with the
    /// same meaning count as one, because most would be announcements otherwise.
    fn deliver(&mut self) {
        let mut kinds: Vec<Message> = Vec::new();
        for (_, message) in self.said.iter().rev() {
            if !kinds.contains(message) {
                kinds.push(*message);
            }
        }
        let pending = kinds.iter().find(|message| !self.got.contains(message)).copied();
        let any = kinds[self.world.below(kinds.len() as u64) as usize];
        let message = if self.world.chance(60) { pending.unwrap_or(any) } else { any };
        self.got.insert(message);
        let same: Vec<_> = self.said.iter().filter(|(_, other)| *other == message).collect();
        let mut packet = same[(self.world.rng.next_u64() % same.len() as u64) as usize].0.clone();
        if packet.to != 1 && self.world.nodes[2].tab.is_some() {
            packet.to = [0, 2][self.world.below(2) as usize];
        }
        let Some((to, _)) = self.stay(packet.to) else { return };
        let message = self.now(message);
        let arrives =
            |step: &Step| matches!(step, Step::Arrives(it, at) if (*it, *at) == (message, to));
        let before = self.state.net().to_vec();
        let replies = self.model.replies(&self.state, message, to);
        assert!(self.follow(arrives), "{message:?}\n{self}");
        self.world.deliver(&packet);
        let said = self.settle();
        let counter = header(&packet).counter;
        let last = self.delivered.entry((to, message.from())).or_default();
        let is_new = counter > *last;
        *last = counter.max(*last);
        // For an announcement that is older than others the model may send more: it compares
        // questions and not counters.
        if is_new || !matches!(message, Message::Announce { .. }) {
            for reply in replies.into_iter().map(|reply| self.now(reply)) {
                assert!(said.contains(&reply), "not said: {reply:?}\n{self}");
            }
        }
        let envelope = |message: &&Message| matches!(message, Message::Envelope { .. });
        for made in self.state.net().iter().filter(envelope) {
            assert!(before.contains(made) || said.contains(made), "not said: {made:?}\n{self}");
        }
    }

    /// The present form of a message in the model, which forgets answers to nonces that are closed.
    fn now(&self, mut message: Message) -> Message {
        if let Message::Announce { answers, .. } = &mut message {
            let is_open = |nonce: &(Name, u8)| {
                let stays = (0..DEVICES.len()).filter_map(|at| self.stay(at));
                stays.into_iter().any(|(name, stay)| (name, stay.open()) == *nonce)
            };
            answers.take_if(|nonce| !is_open(nonce));
        }
        message
    }

    /// The model acts. Returns whether it can.
    fn act(&mut self, act: Act) -> bool {
        self.follow(|step| matches!(step, Step::Act(other) if *other == act))
    }

    fn follow(&mut self, wanted: impl Fn(&Step) -> bool) -> bool {
        let found = self.model.steps(&self.state).into_iter().find(|(step, _)| wanted(step));
        let Some((step, next)) = found else { return false };
        self.story.push(format!("{step:?}"));
        self.state = next;
        true
    }

    /// Time passes. Returns the messages of the sessions in the terms of the model.
    fn settle(&mut self) -> Vec<Message> {
        self.world.run(PAUSE);
        let new: Vec<_> = self.world.seen[self.read..].to_vec();
        self.read = self.world.seen.len();
        new.into_iter().map(|packet| self.hear(packet)).collect()
    }

    fn hear(&mut self, packet: Packet) -> Message {
        let again = |(earlier, _): &&(Packet, Message)| earlier.bytes == packet.bytes;
        if let Some((_, message)) = self.said.iter().find(again) {
            return self.now(*message);
        }
        let message = self.translate(&packet);
        self.story.push(format!("  {message:?}"));
        if self.state.net().contains(&self.now(message)) {
            self.said.push((packet, message));
        } else {
            // While an envelope is being opened, a session may announce itself once more.
            let (name, stay) = self.stay(packet.from).expect("it speaks");
            assert_eq!(stay.announcement(name, None), Some(message), "{self}");
        }
        self.now(message)
    }

    fn translate(&mut self, packet: &Packet) -> Message {
        let message = envelope::Message::parse(&packet.bytes).expect("a message");
        let device = DEVICES[packet.from];
        let from = self.names[&message.header.from];
        let to = message.header.to.map(|to| self.names[&to]);
        let (name, stay) = self.stay(packet.from).expect("it speaks");
        assert_eq!(name, from);
        let (place, number) = ((from, stay.open()), (from, stay.question()));
        let counter = stay.counter();
        match message.body {
            Body::Announcement(it) => {
                let open = bind(&mut self.open, it.nonce, place);
                let question = bind(&mut self.questions, it.question.nonce, number);
                assert!(open && question, "nonces of {place:?}, {number:?}\n{self}");
                let (open, question) = (place.1, number.1);
                let answers = self.open.get(&it.answers).copied();
                Message::Announce { from, to, open, answers, question }
            }
            Body::Envelope(it) => {
                let bound = bind(&mut self.questions, it.question.nonce, number);
                assert!(bound, "nonce of {number:?}\n{self}");
                let (of, answers) = self.questions[&it.statement.answers];
                assert_eq!(Some(of), to, "{self}");
                // The session has changed its key or roster by itself, as after a removal: the
                // model also makes another envelope.
                let now = (it.statement.kid, it.question.roster);
                let is_new = self.last.insert(from, now) != Some(now);
                if is_new && self.counters.values().any(|of| *of == (from, counter)) {
                    assert!(self.act(Act::Rotate(device)), "{self}");
                }
                let counter = self.state.get(from).map_or(0, Stay::counter);
                self.counters.insert((from, message.header.counter), (from, counter));
                let made_in = self.state.membership(of);
                let content = Content { counter, answers, question: number.1, made_in };
                Message::Envelope { from, to: of, content }
            }
            Body::Ack(it) => {
                let to = to.expect("a recipient");
                Message::Ack { from, to, counter: self.counters[&(to, it.counter)].1 }
            }
            Body::Twice { kept } => {
                let to = to.expect("a recipient");
                Message::Twice { from, to, kept: self.names[&kept] }
            }
        }
    }

    /// Checks that both are in the same state.
    fn compare(&self) {
        for at in 0..DEVICES.len() {
            let Some((name, stay)) = self.stay(at) else { continue };
            let tab = self.world.nodes[at].tab.as_ref().expect("open");
            let report = tab.session.members().next().expect("a member");
            assert_eq!(report.keyed, stay.is_keyed(), "keyed {name}\n{self}");
            assert_eq!(report.acknowledged, stay.is_acknowledged(), "acknowledged {name}\n{self}");
            assert_eq!(!self.world.twice(at).is_empty(), stay.is_told(), "told {name}\n{self}");
        }
        assert!(self.model.broken(&self.state).is_none(), "{self}");
    }
}

impl std::fmt::Display for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stays = [0, 1, 2].map(|at| self.stay(at));
        write!(f, "{}\n{stays:?}", self.story.join("\n"))
    }
}

/// Ties a nonce to its number. Returns whether neither belongs to another.
fn bind(known: &mut Numbers, nonce: Nonce, number: (Name, u8)) -> bool {
    let taken = known.iter().any(|(other, of)| *other != nonce && *of == number);
    !taken && *known.entry(nonce).or_insert(number) == number
}

fn header(packet: &Packet) -> Header {
    envelope::Message::parse(&packet.bytes).expect("a message").header
}

#[test]
fn sessions_send_and_accept_exactly_what_the_model_does() {
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        for _ in 0..STEPS {
            walk.step();
        }
    }
}

#[test]
fn sessions_keep_and_refuse_the_same_twins_as_the_model() {
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        (0..BEFORE_TWIN).for_each(|_| walk.deliver_and_compare());
        walk.twin();
        (0..BESIDE_TWIN).for_each(|_| walk.deliver_and_compare());
    }
}
