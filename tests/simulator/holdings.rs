//! The keys that each device could hold if it had kept every envelope ever sent to it, honest or
//! not. They are found by opening the envelopes, not by trusting any KID.

use crate::common::pair::End;
use crate::common::world::{CALL, World};
use crate::devices::Devices;
use crate::ledger::Sent;
use sealframe::MediaKind;
use sealframe::Millis;
use sealframe::codec::Codec;
use sealframe::envelope::{self, Body, Message};
use sealframe::key::{DeviceKid, Limits, Ring};
use sealframe::sframe::{BaseKey, Header, Kid};
use std::collections::HashMap;

/// A thief tries at most this number of recorded envelopes per call.
const RECORDED: usize = 200;

/// A key that sealed frames.
pub struct Sealed {
    pub visit: u32,
    pub kid: Kid,
    /// A ciphertext under it that was delivered to nobody.
    pub frame: Vec<u8>,
    /// The devices that must not open something sealed with it.
    denied: Devices,
}

/// A key in a sent envelope.
#[derive(Clone)]
pub struct Key {
    pub visit: u32,
    /// The time at which the envelope was sent.
    pub at: Millis,
    pub kid: DeviceKid,
    pub base_key: BaseKey,
}

/// The envelopes sent to a device.
enum Held {
    Closed(Sent, u32),
    Open(Key),
}

pub struct Holdings {
    devices: usize,
    /// By sender.
    sealed: Vec<Vec<Sealed>>,
    /// By sender and holder.
    held: HashMap<(usize, usize), Vec<Held>>,
    thief: End,
    pub envelopes: u64,
}

impl Holdings {
    pub fn new(world: &World) -> Self {
        Self {
            devices: world.nodes.len(),
            sealed: world.nodes.iter().map(|_| Vec::new()).collect(),
            held: HashMap::new(),
            thief: End::new(Limits::default()),
            envelopes: 0,
        }
    }

    /// The keys that a device sealed with.
    pub fn sealed_by(&self, at: usize) -> &[Sealed] {
        &self.sealed[at]
    }

    /// A device sent an envelope. The recipient must not get a key for frames that were not meant
    /// for it.
    pub fn sent(&mut self, world: &World, sent: Sent) -> Result<(), String> {
        let visit = world.nodes[sent.from].visits;
        let held = self.held.entry((sent.from, sent.to)).or_default();
        held.push(Held::Closed(sent, visit));
        self.envelopes += 1;
        let newest = held.len() - 1;
        for number in 0..self.sealed[sent.from].len() {
            if self.sealed[sent.from][number].denied.has(sent.to) {
                self.must_not_open(world, (sent.from, sent.to), newest, number)?;
            }
        }
        Ok(())
    }

    /// A device sealed a frame that only `may` may open. `another` seals one more.
    pub fn sealed(
        &mut self,
        world: &mut World,
        at: usize,
        kid: Kid,
        may: Devices,
    ) -> Result<(), String> {
        let number = self.number(world, at, kid)?;
        let all: Devices = (0..self.devices).filter(|&other| other != at).collect();
        let denied = &mut self.sealed[at][number].denied;
        let news = all.without(&may).without(denied);
        news.iter().for_each(|who| denied.put(who));
        for who in news.iter() {
            for held in 0..self.held.get(&(at, who)).map_or(0, Vec::len) {
                self.must_not_open(world, (at, who), held, number)?;
            }
        }
        Ok(())
    }

    /// All keys that a device sent to anybody in its present visit.
    pub fn keys_of(&mut self, world: &World, at: usize) -> Vec<(usize, Key)> {
        let visit = world.nodes[at].visits;
        let mut keys = Vec::new();
        for to in (0..self.devices).filter(|&to| to != at) {
            for held in 0..self.held.get(&(at, to)).map_or(0, Vec::len) {
                keys.push((to, self.open(world, (at, to), held)));
            }
        }
        keys.retain(|(_, key)| key.visit == visit);
        keys
    }

    /// The keys of a device that another received before a time, whatever happened to both since.
    pub fn keys_before(&mut self, world: &World, of: (usize, usize), before: Millis) -> Vec<Key> {
        let held = 0..self.held.get(&of).map_or(0, Vec::len);
        let keys: Vec<_> = held.map(|held| self.open(world, of, held)).collect();
        keys.into_iter().filter(|key| key.at < before).collect()
    }

    /// After the call a thief takes everything that the devices have stored, and tries it on
    /// recorded frames. Only RSA devices have stored a key that opens envelopes.
    pub fn thief_opens_nothing(&self, world: &World) -> Result<(), String> {
        let recorded = world.seen.iter().filter(|packet| packet.bytes[1] == 1);
        for packet in recorded.take(RECORDED) {
            let device = &world.nodes[packet.to].device;
            let message = Message::parse(&packet.bytes).map_err(|e| e.to_string())?;
            let Body::Envelope(envelope) = &message.body else { continue };
            let stay = device.enter(CALL, u64::MAX);
            let shared = stay.agree(envelope.host_part()).ok_or("no point")?;
            let opened = envelope::open(&message.header, envelope, &shared, &stay.own()).is_ok();
            if opened != device.bundle.modulus().is_some() {
                return Err(format!("what {} has stored opens an envelope: {opened}", packet.to));
            }
        }
        Ok(())
    }

    fn number(&mut self, world: &mut World, at: usize, kid: Kid) -> Result<usize, String> {
        let visit = world.nodes[at].visits;
        let same = |sealed: &Sealed| sealed.visit == visit && sealed.kid == kid;
        if let Some(number) = self.sealed[at].iter().rposition(same) {
            return Ok(number);
        }
        let frame = world.seal(at).map_err(|e| e.to_string())?;
        self.sealed[at].push(Sealed { visit, kid, frame, denied: Devices::default() });
        Ok(self.sealed[at].len() - 1)
    }

    fn must_not_open(
        &mut self,
        world: &World,
        (from, who): (usize, usize),
        held: usize,
        number: usize,
    ) -> Result<(), String> {
        let key = self.open(world, (from, who), held);
        let frame = &self.sealed[from][number].frame;
        let Ok((header, _)) = Header::parse(frame) else { return Ok(()) };
        let as_sent = steals(&mut self.thief, world, from, frame, key.kid, &key.base_key);
        let renamed = DeviceKid::parse(header.kid)
            .is_some_and(|kid| steals(&mut self.thief, world, from, frame, kid, &key.base_key));
        match as_sent || renamed {
            true => Err(format!("{who} could open what {from} sealed without it")),
            false => Ok(()),
        }
    }

    fn open(&mut self, world: &World, of: (usize, usize), held: usize) -> Key {
        let held = &mut self.held.get_mut(&of).expect("something held")[held];
        if let Held::Closed(sent, visit) = held {
            *held = Held::Open(open(world, sent, *visit));
        }
        let Held::Open(key) = held else { unreachable!("it was opened") };
        key.clone()
    }
}

/// The key in an envelope, as its recipient reads it.
fn open(world: &World, sent: &Sent, visit: u32) -> Key {
    let message = Message::parse(&world.seen[sent.packet].bytes).expect("a message");
    let Body::Envelope(envelope) = &message.body else { unreachable!("no envelope") };
    let mut stays = world.nodes[sent.to].stays.iter();
    let (_, stay) =
        stays.find(|(name, _)| Some(*name) == message.header.to).expect("a stay of the recipient");
    let shared = stay.agree(envelope.host_part()).expect("a good point");
    let key = envelope::open(&message.header, envelope, &shared, &stay.own()).expect("a key");
    let at = world.seen[sent.packet].at;
    Key { visit, at, kid: envelope.statement.kid, base_key: key.base_key }
}

/// Whether this key, or a later step of it, opens a frame.
fn steals(
    thief: &mut End,
    world: &World,
    from: usize,
    frame: &[u8],
    kid: DeviceKid,
    base_key: &BaseKey,
) -> bool {
    let sender = &world.nodes[from].sender;
    thief.ring = Ring::default();
    thief.ring.install_device(sender, kid, base_key.clone());
    let stream = thief.opening_of(sender, MediaKind::Audio, "");
    thief.open(stream, Codec::Opus, frame).is_ok()
}
