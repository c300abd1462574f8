//! Observations of a world.

use super::world::{CALL, Event, Network, Packet, World};
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::envelope::{Body, CallTag, Header, Message, Nonce};
use sealframe::key::SenderId;
use sealframe::{Error, Millis};
use std::collections::BTreeSet;

/// The type of an envelope.
const ENVELOPE: u8 = 1;

impl World {
    /// As [`World::run_until`], but checks less often: for conditions that are slow to check.
    pub fn run_by(
        &mut self,
        ms: u64,
        look: u64,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Option<u64> {
        let start = self.now;
        while self.now.since(start) < ms {
            self.run(look);
            if done(self) {
                return Some(self.now.since(start));
            }
        }
        None
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
        let stream = tab.end.sealing(MediaKind::Audio, "");
        tab.end.seal(stream, Codec::Opus, b"a frame")
    }

    pub fn open(&mut self, from: usize, at: usize, frame: &[u8]) -> Result<(), Error> {
        let sender = self.nodes[from].sender.clone();
        let tab = self.nodes[at].tab.as_mut().ok_or(Error::CallClosed)?;
        let stream = tab.end.opening_of(&sender, MediaKind::Audio, "");
        tab.end.open(stream, Codec::Opus, frame).map(|opened| assert_eq!(opened, b"a frame"))
    }

    /// Opens a frame at a second receiver as well, and checks that a later receiver does not open
    /// it.
    pub fn open_beside(&mut self, from: usize, at: usize, frame: &[u8]) -> (bool, bool) {
        let sender = self.nodes[from].sender.clone();
        let Some(tab) = &mut self.nodes[at].tab else { return (false, false) };
        let end = &mut tab.end;
        end.opening_of(&sender, MediaKind::Audio, ""); // attached before the second opens anything
        let second = end.second_of(&sender);
        let opened = end.open(second, Codec::Opus, frame).is_ok();
        let third = end.another(sender.as_str(), MediaKind::Audio, "").expect("a third stream");
        let newly = end.open(third, Codec::Opus, frame).is_ok();
        end.release(third);
        (opened, newly)
    }

    pub fn id(&self, at: usize) -> SenderId {
        self.nodes[at].sender.clone()
    }

    /// Two devices. The second has not received the first's envelope, and nothing passes any more.
    pub fn one_envelope(seed: u64) -> (Self, Packet) {
        let mut world = Self::new(seed, 3);
        world.host_tasks = (1, 1);
        world.roster(&[0, 1]);
        let sent = world.run_until(500, |world| !world.packets(0, 1, ENVELOPE).is_empty());
        assert!(sent.is_some(), "no envelope");
        // Announcements arrive, so that the second device knows the first.
        world.lose(|packet| packet.bytes[1] == ENVELOPE);
        world.network = Network { loss: 100, ..Network::GOOD };
        world.run(30);
        let packet = world.packets(0, 1, ENVELOPE).remove(0);
        (world, packet)
    }

    /// The nonce of the newest question from a device to another.
    pub fn question(&self, at: usize, to: usize) -> Nonce {
        let asks = |packet: &&Packet| packet.from == at && packet.to == to;
        let nonce = |packet: &Packet| match Message::parse(&packet.bytes).ok()?.body {
            Body::Announcement(announcement) => Some(announcement.question.nonce),
            Body::Envelope(envelope) => Some(envelope.question.nonce),
            _ => None,
        };
        self.seen.iter().rev().filter(asks).find_map(nonce).expect("a question")
    }

    /// The header of a message that a device could make for another now, with this counter.
    pub fn header(&self, from: usize, to: usize, counter: u64) -> Header {
        let [from, to] = [from, to].map(|at| &self.nodes[at]);
        Header {
            suite: to.device.bundle.suite(),
            call: CallTag::of(CALL),
            sender: from.device.id(),
            recipient: to.device.id(),
            from: from.incarnation(),
            to: Some(to.incarnation()),
            counter,
        }
    }

    /// The whole state of a device's session, without the time and secrets.
    pub fn state(&self, at: usize) -> String {
        let shown = format!("{:?}", self.nodes[at].tab.as_ref().expect("open").session);
        let (state, _time) = shown.rsplit_once("now: ").expect("the time is shown");
        // Removes the cost of a message from its sender's budget of verifications.
        ["whole: Millis(", "turn: "].into_iter().fold(state.to_owned(), |state, field| {
            let mut parts = state.split(field);
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |all, rest| {
                all + field + rest.trim_start_matches(|c: char| c.is_ascii_digit())
            })
        })
    }

    /// The last event of a device, which must be a refusal.
    pub fn last_refusal(&self, at: usize) -> (Option<SenderId>, Error) {
        match self.nodes[at].events.last() {
            Some((_, Event::Refused(from, code))) => (from.clone(), *code),
            other => panic!("{other:?}"),
        }
    }

    /// The refusals at a device since it was made, without their senders.
    pub fn refusals(&self, at: usize) -> BTreeSet<Error> {
        let code = |event: &(Millis, Event)| match event.1 {
            Event::Refused(_, code) => Some(code),
            _ => None,
        };
        self.nodes[at].events.iter().filter_map(code).collect()
    }

    /// The devices that were reported to a device as being in the call twice.
    pub fn twice(&self, at: usize) -> Vec<SenderId> {
        let twice = |event: &(Millis, Event)| match &event.1 {
            Event::Twice(device) => Some(device.clone()),
            _ => None,
        };
        self.nodes[at].events.iter().filter_map(twice).collect()
    }

    /// How often a device changed its sealing key since `from`.
    pub fn own_keys(&self, at: usize, from: Millis) -> usize {
        let counts = |event: &&(Millis, Event)| matches!(event.1, Event::OwnKey(_));
        self.nodes[at].events.iter().filter(|event| event.0 >= from).filter(counts).count()
    }

    /// The messages of a type from one device to another, as the server saw them.
    pub fn packets(&self, from: usize, to: usize, kind: u8) -> Vec<Packet> {
        let wanted = |p: &&Packet| p.from == from && p.to == to && p.bytes[1] == kind;
        self.seen.iter().filter(wanted).cloned().collect()
    }
}
