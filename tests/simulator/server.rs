//! The attacks of a malicious server on messages and frames.

use crate::common::device;
use crate::common::pair::{self, End};
use crate::common::world::Packet;
use crate::holdings::Key;
use crate::run::Run;
use crate::steps::Step;
use rand_core::Rng;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::envelope::SIGNATURE_LEN;
use sealframe::key::{DeviceKid, Limits};
use sealframe::sframe::ratchet;

pub const STEPS: [Step; 17] = [
    Run::replay,
    Run::replay,
    Run::replay,
    Run::replay_old,
    Run::replay_all,
    Run::deliver_late,
    Run::deliver_late,
    Run::bring_back,
    Run::bend,
    Run::bend,
    Run::swap,
    Run::forge,
    Run::smuggle,
    Run::impersonate,
    Run::impersonate,
    Run::repeat_frames,
    Run::move_frame,
];

/// A removed device tries at most this number of keys of one member.
const TRIED: usize = 4;
/// A key in doubt still opens for this time, in milliseconds.
const DOUBTED: u64 = 15_000;
/// The prefix of every signed message.
const SIGNED: &[u8] = b"sealframe/2 key message";

impl Run {
    /// Replays an earlier message of this call, from any visit of its sender.
    fn replay(&mut self) -> Result<(), String> {
        let Some(packet) = self.some_packet() else { return Ok(()) };
        self.tell_story(&format!("the server repeats {}", shown(&packet)));
        self.count("replayed");
        self.world.deliver(&packet);
        Ok(())
    }

    /// Replays every message that a device was ever sent, from the first on.
    fn replay_all(&mut self) -> Result<(), String> {
        let to = self.somebody();
        self.tell_story(&format!("the server repeats all to {to}"));
        self.count("replayed");
        let mut all: Vec<_> = self.world.seen.iter().filter(|p| p.to == to).cloned().collect();
        if self.world.chance(50) {
            all.reverse();
        }
        for packet in all.iter().take(200) {
            self.world.deliver(packet);
            self.world.run(2);
        }
        Ok(())
    }

    /// Delivers a message that was lost, long after or after a reload.
    fn deliver_late(&mut self) -> Result<(), String> {
        let to = self.somebody();
        let late: Vec<_> = self.world.lost.iter().filter(|p| p.to == to).cloned().collect();
        self.tell_story(&format!("the server delivers {} late to {to}", late.len()));
        self.count("delivered late");
        if self.world.chance(50) {
            self.reload_one(to)?;
        }
        for packet in late.iter().take(100) {
            self.world.deliver(packet);
            self.world.run(2);
        }
        Ok(())
    }

    /// Replays messages of the earlier call.
    fn replay_old(&mut self) -> Result<(), String> {
        let drawn = self.world.rng.next_u32() as usize;
        let Some(first) = drawn.checked_rem(self.before.len()) else { return self.replay() };
        let some: Vec<_> = self.before[first..].iter().take(20).cloned().collect();
        self.tell_story(&format!("the server repeats {} of the call before", some.len()));
        self.count("replayed of a call before");
        some.iter().for_each(|packet| self.world.deliver(packet));
        Ok(())
    }

    /// A device with its store returns, and the server first delivers the sender's earlier keys.
    fn bring_back(&mut self) -> Result<(), String> {
        let drawn = self.world.rng.next_u32() as usize;
        let Some((sender, to, newest)) = self.flow.some_known(drawn) else { return Ok(()) };
        let told = self.world.packets(sender, to, 1);
        let visit = self.world.nodes[sender].visits;
        self.tell_story(&format!("{to} reloads, and gets all {} keys of {sender}", told.len()));
        self.count("keys brought back");
        let network = std::mem::replace(&mut self.world.network.loss, 100);
        self.reload_one(to)?;
        for packet in &told {
            // Messages that never arrived before may be accepted now.
            self.world.deliver(packet);
            self.world.run(self.world.host_tasks.1 * 2 + 1);
        }
        self.world.network.loss = network;
        let mine = self.holdings.sealed_by(sender).iter().filter(|old| old.visit == visit);
        let old = mine.take_while(|old| !newest.same_generation(old.kid));
        for frame in old.map(|old| old.frame.clone()).collect::<Vec<_>>() {
            if self.world.open(sender, to, &frame).is_ok() {
                return Err(format!("an old envelope brought an old key of {sender} back to {to}"));
            }
        }
        Ok(())
    }

    fn bend(&mut self) -> Result<(), String> {
        let Some(mut packet) = self.some_packet() else { return Ok(()) };
        let place = self.world.below(packet.bytes.len() as u64) as usize;
        packet.bytes[place] ^= 1 << self.world.below(8);
        self.tell_story(&format!("the server bends byte {place} of {}", shown(&packet)));
        self.count("bent");
        self.world.deliver(&packet);
        Ok(())
    }

    /// Sends a message to another recipient, or in another sender's name.
    fn swap(&mut self) -> Result<(), String> {
        let Some(mut packet) = self.some_packet() else { return Ok(()) };
        match self.world.chance(50) {
            true => packet.to = self.somebody(),
            false => packet.from = self.somebody(),
        }
        self.tell_story(&format!("the server makes it {}", shown(&packet)));
        self.count("sender or recipient swapped");
        self.world.deliver(&packet);
        Ok(())
    }

    /// Sends a member's message with another's signature.
    fn forge(&mut self) -> Result<(), String> {
        let Some(mut packet) = self.some_packet() else { return Ok(()) };
        let (signer, signed) = (self.somebody(), packet.bytes.len() - SIGNATURE_LEN);
        if signer == packet.from {
            return Ok(());
        }
        packet.bytes[83..91].copy_from_slice(&(1u64 << 40).to_be_bytes());
        let message = [SIGNED, &packet.bytes[..signed]].concat();
        let signature = self.world.nodes[signer].device.sign(&message);
        packet.bytes[signed..].copy_from_slice(&signature);
        self.tell_story(&format!("{signer} forges {}", shown(&packet)));
        self.count("forged");
        self.world.deliver(&packet);
        Ok(())
    }

    /// Sends a key of a device off the roster, or a device's key in another's name. Nothing else is
    /// wrong with the envelope.
    fn smuggle(&mut self) -> Result<(), String> {
        let (signer, sender, to) = (self.somebody(), self.somebody(), self.somebody());
        let member = self.ledger.roster(to).has(signer);
        let sender = if member { sender } else { signer };
        if sender == to || (member && signer == sender) {
            return Ok(());
        }
        self.tell_story(&format!("{signer} sends {to} a key for frames of {sender}"));
        self.count("forged");
        let kid = DeviceKid::first(self.world.rng.next_u32() as u16);
        let bytes = self.envelope(kid, signer, sender, to);
        self.world.receive(to, &bytes, None);
        self.pass(900)?;
        let mut thief = End::new(Limits::default());
        let _ = thief.ring.install_own(kid.kid(), &pair::key(7));
        let stream = thief.sealing(MediaKind::Audio, "");
        let frame = thief.seal(stream, Codec::Opus, b"a frame").map_err(|e| e.to_string())?;
        match self.world.open(sender, to, &frame) {
            Ok(()) => Err(format!("{to} takes {signer} for {sender}")),
            Err(_) => Ok(()),
        }
    }

    /// A removed device has kept every key that it ever received, and seals with them as their
    /// owners. 15 seconds after a member removed it, the member opens nothing of that.
    fn impersonate(&mut self) -> Result<(), String> {
        let to = self.somebody();
        self.tell_story(&format!("those who left seal for {to} as those who stay"));
        self.count("impersonations");
        let now = self.world.now;
        for (thief, removed) in self.ledger.removed(to).to_vec() {
            if now.since(removed) <= DOUBTED {
                continue;
            }
            for owner in self.ledger.roster(to).iter() {
                let keys = self.holdings.keys_before(&self.world, (owner, thief), removed);
                for key in keys.iter().rev().take(TRIED) {
                    self.opens_as(owner, to, key).map_err(|why| format!("{thief}: {why}"))?;
                }
            }
        }
        Ok(())
    }

    /// No frame under this key, or a later step of it, opens.
    fn opens_as(&mut self, owner: usize, to: usize, key: &Key) -> Result<(), String> {
        let (mut kid, mut base_key) = (key.kid, key.base_key.clone());
        for _ in 0..self.world.below(4) {
            let Some(next) = kid.next_step() else { break };
            (kid, base_key) = (next, ratchet(&base_key));
        }
        let mut thief = End::new(Limits::default());
        let _ = thief.ring.install_own(kid.kid(), &base_key);
        let stream = thief.sealing(MediaKind::Audio, "");
        let frame = thief.seal(stream, Codec::Opus, b"a frame").map_err(|e| e.to_string())?;
        match self.world.open(owner, to, &frame) {
            Ok(()) => Err(format!("{to} takes it for {owner}, by key {kid:?}")),
            Err(_) => Ok(()),
        }
    }

    fn envelope(&mut self, kid: DeviceKid, signer: usize, sender: usize, to: usize) -> Vec<u8> {
        let header = self.world.header(sender, to, 1 << 40);
        let keys = self.world.nodes[to].stay().keys();
        let asked = self.world.seen.iter().rev().find(|p| p.from == to && p.bytes[1] == 3);
        let answers = asked.and_then(|p| p.bytes[123..139].try_into().ok()).unwrap_or_default();
        let rng = &mut self.world.rng;
        let unsigned = device::seal(&header, kid, &pair::key(7), &keys, answers, rng);
        unsigned.signed(&self.world.nodes[signer].device.sign(&unsigned.to_sign()))
    }

    /// Replays frames that were opened once, whatever happened since.
    fn repeat_frames(&mut self) -> Result<(), String> {
        self.tell_story("the server repeats frames");
        self.count("frames repeated");
        self.check()?;
        self.flow.refuses_repeats(&mut self.world)
    }

    /// Delivers a frame of one member as another's, or changed.
    fn move_frame(&mut self) -> Result<(), String> {
        self.check()?;
        let (drawn, other) = (self.world.rng.next_u32() as usize, self.somebody());
        let Some((sender, to)) = self.flow.some_opened(drawn) else { return Ok(()) };
        let from = if self.world.chance(50) { other } else { sender };
        let Ok(mut frame) = self.world.seal(from) else { return Ok(()) };
        self.flow.is_new(from, &frame)?;
        if from == sender {
            let place = self.world.below(frame.len() as u64) as usize;
            frame[place] ^= 1 << self.world.below(8);
        }
        self.tell_story(&format!(
            "the server gives {to} a frame of {from} as of {sender}, or bent"
        ));
        self.count("frames moved or bent");
        match self.world.open(sender, to, &frame) {
            Ok(()) => Err(format!("{to} opened a frame of {from} as of {sender}, or bent")),
            Err(_) => Ok(()),
        }
    }

    fn some_packet(&mut self) -> Option<Packet> {
        let at = self.world.below(self.world.seen.len() as u64) as usize;
        self.world.seen.get(at).cloned()
    }
}

fn shown(packet: &Packet) -> String {
    let kind =
        ["", "envelope", "ack", "announcement", "note"][usize::from(packet.bytes[1] & 7) % 5];
    format!("{kind} {} -> {}", packet.from, packet.to)
}
