//! Who is on whose roster, kept beside a world from what its devices were told; and what that says
//! about messages and about how often keys change.

use crate::common::world::{Event, World};
use crate::devices::Devices;
use sealframe::Millis;
use sealframe::envelope::{Body, Message};
use sealframe::key::DeviceKid;
use sealframe::sframe::Kid;

/// A second until a leave is acted on, two until the new key is sealed with.
const LEAVE_TAKES: u64 = 3_000;

/// What there is to know about the tab that a device has open.
#[derive(Default)]
struct Tab {
    members: Devices,
    left: Vec<(usize, Millis)>,
    /// The keys it sealed with, in order, and since when.
    own: Vec<(Millis, DeviceKid)>,
    /// How often it was told to rotate.
    rotations: usize,
}

/// An envelope that was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub from: usize,
    pub to: usize,
    /// Its place among all that was seen.
    pub packet: usize,
}

#[derive(Default)]
pub struct Ledger {
    tabs: Vec<Tab>,
    events: Vec<usize>,
    packets: usize,
}

impl Ledger {
    pub fn new(devices: usize) -> Self {
        let tabs = (0..devices).map(|_| Tab::default()).collect();
        Self { tabs, events: vec![0; devices], packets: 0 }
    }

    /// A device was told its roster. Returns who was on it and is no more.
    pub fn told(&mut self, at: usize, members: &[usize], now: Millis) -> Devices {
        let tab = &mut self.tabs[at];
        let members: Devices = members.iter().copied().filter(|&member| member != at).collect();
        let gone = tab.members.without(&members);
        tab.left.retain(|(who, _)| !members.has(*who));
        tab.left.extend(gone.iter().map(|who| (who, now)));
        tab.members = members;
        gone
    }

    /// A device's tab goes; the next one has other keys.
    pub fn reloaded(&mut self, at: usize) {
        self.tabs[at] = Tab::default();
    }

    /// A rotation by hand.
    pub fn rotated(&mut self, at: usize) {
        self.tabs[at].rotations += 1;
    }

    pub fn roster(&self, at: usize) -> Devices {
        self.tabs[at].members
    }

    /// Who may open what a device seals now, itself not counted.
    pub fn may_open(&mut self, at: usize, now: Millis) -> Devices {
        let tab = &mut self.tabs[at];
        tab.left.retain(|(_, left)| now.since(*left) <= LEAVE_TAKES);
        let mut may = tab.members;
        tab.left.iter().for_each(|(who, _)| may.put(*who));
        may
    }

    /// Reads what happened since the last time. Returns the envelopes that were sent.
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

    /// No envelope for anybody who is not on the roster.
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
        // The first key is no change.
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
