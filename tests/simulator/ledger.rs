//! The rosters of all devices, recorded besides the world from the calls of `set_members`, and
//! their consequences: which messages are allowed and how often keys change.

use crate::common::world::{Event, World};
use crate::devices::Devices;
use sealframe::Millis;
use sealframe::envelope::{Body, Message};
use sealframe::key::DeviceKid;
use sealframe::sframe::Kid;
use std::collections::HashMap;

/// A removal takes effect within one second, and the new key is in use two seconds later.
const LEAVE_TAKES: u64 = 3_000;

/// The record of a device's open tab.
#[derive(Default)]
struct Tab {
    members: Devices,
    left: Vec<(usize, Millis)>,
    /// The removed devices that are not back, with the time of removal.
    removed: Vec<(usize, Millis)>,
    /// The keys that it sealed with, in order, with the time of their first use.
    own: Vec<(Millis, DeviceKid)>,
    /// How often it was asked to rotate.
    rotations: usize,
}

/// An envelope that was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub from: usize,
    pub to: usize,
    /// Its index in all seen messages.
    pub packet: usize,
}

#[derive(Default)]
pub struct Ledger {
    tabs: Vec<Tab>,
    /// The time when the rosters of two devices last differed before they agreed.
    differed: HashMap<(usize, usize), Millis>,
    events: Vec<usize>,
    packets: usize,
}

impl Ledger {
    pub fn new(devices: usize) -> Self {
        let tabs = (0..devices).map(|_| Tab::default()).collect();
        Self { tabs, differed: HashMap::new(), events: vec![0; devices], packets: 0 }
    }

    /// A device's roster was set. Returns the devices that are no longer on it.
    pub fn told(&mut self, at: usize, members: &[usize], now: Millis) -> Devices {
        self.note_differences(at, now);
        let tab = &mut self.tabs[at];
        let members: Devices = members.iter().copied().filter(|&member| member != at).collect();
        let gone = tab.members.without(&members);
        tab.left.retain(|(who, _)| !members.has(*who));
        tab.left.extend(gone.iter().map(|who| (who, now)));
        tab.removed.retain(|(who, _)| !members.has(*who));
        tab.removed.extend(gone.iter().map(|who| (who, now)));
        tab.members = members;
        gone
    }

    /// A device's tab is gone. The next one has other keys.
    pub fn reloaded(&mut self, at: usize, now: Millis) {
        self.note_differences(at, now);
        self.tabs[at] = Tab::default();
    }

    /// A rotation on request.
    pub fn rotated(&mut self, at: usize) {
        self.tabs[at].rotations += 1;
    }

    pub fn roster(&self, at: usize) -> Devices {
        self.tabs[at].members
    }

    /// Whether two devices have had the same roster for this time.
    pub fn agree(&self, a: usize, b: usize, now: Millis, ms: u64) -> bool {
        let differed = self.differed.get(&(a.min(b), a.max(b)));
        !self.differ(a, b) && differed.is_none_or(|&at| now.since(at) >= ms)
    }

    /// The devices that are off the roster of a device, with the time since when.
    pub fn removed(&self, at: usize) -> &[(usize, Millis)] {
        &self.tabs[at].removed
    }

    fn differ(&self, a: usize, b: usize) -> bool {
        let named = |at: usize| {
            let mut named = self.tabs[at].members;
            named.put(at);
            named
        };
        named(a) != named(b)
    }

    fn note_differences(&mut self, at: usize, now: Millis) {
        let others = (0..self.tabs.len()).filter(|&other| self.differ(at, other));
        for other in others.collect::<Vec<_>>() {
            self.differed.insert((at.min(other), at.max(other)), now);
        }
    }

    /// The devices that may open a device's frames now, without itself.
    pub fn may_open(&mut self, at: usize, now: Millis) -> Devices {
        let tab = &mut self.tabs[at];
        tab.left.retain(|(_, left)| now.since(*left) <= LEAVE_TAKES);
        let mut may = tab.members;
        tab.left.iter().for_each(|(who, _)| may.put(*who));
        may
    }

    /// Reads the events since the last call. Returns the envelopes that were sent.
    pub fn read(&mut self, world: &World) -> Result<Vec<Sent>, String> {
        self.read_events(world)?;
        let news = self.packets..world.seen.len();
        self.packets = world.seen.len();
        let sent = news.filter_map(|packet| self.read_packet(world, packet).transpose());
        sent.collect()
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

    /// Checks that no envelope went to a device off the roster.
    fn read_packet(&self, world: &World, packet: usize) -> Result<Option<Sent>, String> {
        let seen = &world.seen[packet];
        let (from, to) = (seen.from, seen.to);
        let message = Message::parse(&seen.bytes).map_err(|e| e.to_string())?;
        match message.body {
            Body::Envelope(_) if self.tabs[from].members.has(to) => {
                Ok(Some(Sent { from, to, packet }))
            }
            Body::Envelope(_) => Err(format!("{from} sent a key to {to}, who is no member")),
            _ => Ok(None),
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
        // The first key is not a change.
        let most = 2 + self.rotations;
        let changes = &self.own[1..];
        let before = changes.len().checked_sub(most + 1).map(|at| changes[at].0);
        match before {
            Some(before) if since.since(before) < 1_000 => {
                Err("changed its key more than twice within a second".to_owned())
            }
            _ => Ok(()),
        }
    }
}
