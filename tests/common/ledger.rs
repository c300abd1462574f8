//! Who may know which key: kept beside a world, from what its devices were told and what the
//! server saw, without a look into any session.

use super::world::{Event, World};
use sealframe::Millis;
use sealframe::envelope::{Body, Message};
use sealframe::key::DeviceKid;
use sealframe::sframe::{Header, Kid};
use std::collections::{BTreeMap, BTreeSet};

/// A second until a leave is acted on, two until the new key is sealed with.
const LEAVE_TAKES: u64 = 3_000;

/// What there is to know about the tab that a device has open.
#[derive(Default)]
struct Tab {
    /// Its roster, and since when each member is on it.
    members: BTreeMap<usize, Millis>,
    left: BTreeMap<usize, Millis>,
    /// The keys it sealed with, in order, and since when.
    own: Vec<(Millis, DeviceKid)>,
    /// Keys that were ever put into an envelope for a device, delivered or not.
    given: BTreeMap<usize, Vec<DeviceKid>>,
    /// KID and counter of each frame.
    frames: BTreeSet<(u64, u64)>,
    rotations: usize,
}

#[derive(Default)]
pub struct Ledger {
    tabs: Vec<Tab>,
    events: Vec<usize>,
    packets: usize,
    pub envelopes: usize,
}

impl Ledger {
    pub fn new(world: &World) -> Self {
        let tabs = world.nodes.iter().map(|_| Tab::default()).collect();
        Self { tabs, events: vec![0; world.nodes.len()], ..Self::default() }
    }

    /// A device was told its roster.
    pub fn told(&mut self, at: usize, members: &[usize], now: Millis) {
        let tab = &mut self.tabs[at];
        let gone: Vec<_> = tab.members.keys().copied().filter(|m| !members.contains(m)).collect();
        for member in gone {
            tab.members.remove(&member);
            tab.left.insert(member, now);
        }
        for &member in members.iter().filter(|&&member| member != at) {
            tab.members.entry(member).or_insert(now);
            tab.left.remove(&member);
        }
    }

    /// A device's tab goes; the next one has other keys.
    pub fn reloaded(&mut self, at: usize) {
        self.tabs[at] = Tab::default();
    }

    /// A rotation by hand.
    pub fn rotated(&mut self, at: usize) {
        self.tabs[at].rotations += 1;
    }

    pub fn roster(&self, at: usize) -> Vec<usize> {
        self.tabs[at].members.keys().copied().collect()
    }

    /// Reads what happened since the last time, and checks what must hold at any time.
    pub fn check(&mut self, world: &mut World) -> Result<(), String> {
        self.read_events(world)?;
        self.read_packets(world)?;
        for at in 0..self.tabs.len() {
            self.check_leavers(at, world.now)?;
            self.check_counters(at, world)?;
            self.check_pace(at)?;
        }
        Ok(())
    }

    fn read_events(&mut self, world: &World) -> Result<(), String> {
        for (at, node) in world.nodes.iter().enumerate() {
            for (time, event) in &node.events[self.events[at]..] {
                if let Event::OwnKey(kid) = event {
                    self.tabs[at].uses(*time, *kid).map_err(|why| format!("{at} {why}"))?;
                }
            }
            self.events[at] = node.events.len();
        }
        Ok(())
    }

    /// No envelope for anybody who is not on the roster, and none with a key of the past.
    fn read_packets(&mut self, world: &World) -> Result<(), String> {
        for packet in &world.seen[self.packets..] {
            let message = Message::parse(&packet.bytes).map_err(|e| e.to_string())?;
            let Body::Envelope(envelope) = &message.body else { continue };
            let (from, to, kid) = (packet.from, packet.to, envelope.kid);
            let tab = &mut self.tabs[from];
            let joined = tab.members.get(&to).copied();
            let removed = tab.left.get(&to).is_some_and(|&left| left >= packet.at);
            let Some(joined) = joined.or(removed.then_some(packet.at)) else {
                return Err(format!("{from} sent a key to {to}, who is no member"));
            };
            let used = tab.own.iter().find(|(_, own)| *own == kid).map(|(since, _)| *since);
            if used.is_some_and(|since| since < joined) && !removed {
                return Err(format!("{from} gave {to} the key {kid:?} of the time before it"));
            }
            tab.given.entry(to).or_default().push(kid);
            self.envelopes += 1;
        }
        self.packets = world.seen.len();
        Ok(())
    }

    fn check_leavers(&self, at: usize, now: Millis) -> Result<(), String> {
        let tab = &self.tabs[at];
        let Some((_, current)) = tab.own.last() else { return Ok(()) };
        for (&who, given) in &tab.given {
            let gone = tab.left.get(&who).is_some_and(|left| now.since(*left) > LEAVE_TAKES);
            let knows = given.iter().any(|kid| current.steps_after(*kid).is_some());
            if gone && knows {
                return Err(format!("{who} left and still knows the key of {at}"));
            }
        }
        Ok(())
    }

    fn check_counters(&mut self, at: usize, world: &mut World) -> Result<(), String> {
        let Ok(frame) = world.seal(at) else { return Ok(()) };
        let (header, _) = Header::parse(&frame).map_err(|e| e.to_string())?;
        match self.tabs[at].frames.insert((header.kid.0, header.ctr)) {
            true => Ok(()),
            false => Err(format!("{at} used {header:?} twice")),
        }
    }

    fn check_pace(&self, at: usize) -> Result<(), String> {
        let tab = &self.tabs[at];
        let changes: Vec<_> = tab.own.iter().skip(1).map(|(since, _)| *since).collect();
        let most = 2 + tab.rotations;
        let hasty = |window: &[Millis]| window[most].since(window[0]) < 1_000;
        match changes.windows(most + 1).any(hasty) {
            true => Err(format!("{at} changed its key more than twice within a second")),
            false => Ok(()),
        }
    }
}

impl Tab {
    fn uses(&mut self, since: Millis, kid: Kid) -> Result<(), String> {
        let kid = DeviceKid::parse(kid).ok_or("seals with a strange KID")?;
        if self.own.iter().any(|(_, before)| *before == kid) {
            return Err(format!("took up {kid:?} again"));
        }
        self.own.push((since, kid));
        Ok(())
    }
}
