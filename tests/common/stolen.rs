//! The knowledge of a removed device, and a server that helps it.

use super::device::{Device, Stay};
use super::pair::End;
use super::world::{Packet, World};
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::envelope::{self, Body, Message};
use sealframe::key::{DeviceKid, Limits};
use sealframe::sframe::{BaseKey, ratchet};
use std::cell::Cell;

/// Members that stay, and the device that is removed.
pub const ALICE: usize = 0;
pub const BOB: usize = 1;
pub const MALLORY: usize = 2;
/// Types of messages.
pub const ENVELOPE: u8 = 1;
pub const ACK: u8 = 2;
/// A key in doubt still opens for this time, in milliseconds.
pub const DOUBTED: u64 = 15_000;

/// A key that a device received.
pub struct Stolen {
    pub kid: DeviceKid,
    pub base_key: BaseKey,
    tried: Cell<usize>,
}

/// A call of `devices` devices in which Mallory received everybody's key.
pub fn call(seed: u64, devices: u64) -> World {
    let mut world = World::of(seed, (0..devices).map(Device::on_fake_curve)).met();
    world.run(3_000);
    world
}

impl Stolen {
    /// The newest key of `owner` that `thief` ever received.
    pub fn of(world: &World, owner: usize, thief: usize) -> Self {
        let packet = world.packets(owner, thief, ENVELOPE).pop().expect("an envelope");
        let message = Message::parse(&packet.bytes).expect("a message");
        let Body::Envelope(sealed) = &message.body else { panic!("no envelope") };
        let stay: &Stay = world.nodes[thief].stay();
        let shared = stay.agree(sealed.host_part()).expect("a point");
        let key = envelope::open(&message.header, sealed, &shared, &stay.own()).expect("a key");
        Self { kid: sealed.statement.kid, base_key: key.base_key, tried: Cell::new(0) }
    }

    pub fn next_step(self) -> Self {
        let kid = self.kid.next_step().expect("a step");
        Self { kid, base_key: ratchet(&self.base_key), ..self }
    }

    /// Whether a frame under this key opens at `to` as a frame of `owner`.
    pub fn opens_as_owner(&self, world: &mut World, owner: usize, to: usize) -> bool {
        let mut thief = End::new(Limits::default());
        thief.ring.install_own(self.kid.kid(), &self.base_key).expect("a key");
        let stream = thief.sealing(MediaKind::Audio, "");
        // Uses a counter that neither the owner nor an earlier attempt has reached.
        self.tried.set(self.tried.get() + 40);
        let seal = |_| thief.seal(stream, Codec::Opus, b"a frame").expect("sealed");
        let frames = (0..self.tried.get()).map(seal);
        let frame = frames.last().expect("a frame");
        world.open(owner, to, &frame).is_ok()
    }
}

/// Lets time pass and loses the messages that `lost` selects.
pub fn run_without(world: &mut World, ms: u64, lost: impl Fn(&Packet) -> bool + Copy) {
    for _ in 0..ms {
        world.run(1);
        world.lose(lost);
    }
}
