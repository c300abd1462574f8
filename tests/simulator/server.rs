//! What a malicious server does with messages and frames that pass through it.

use crate::common::device;
use crate::common::pair::{self, End};
use crate::common::world::Packet;
use crate::run::Run;
use crate::steps::Step;
use rand_core::Rng;
use sealframe::codec::{Codec, Kind};
use sealframe::envelope::SIGNATURE;
use sealframe::key::{DeviceKid, Limits};

pub const STEPS: [Step; 15] = [
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
    Run::repeat_frames,
    Run::move_frame,
];

/// What the signature of a message is over begins with this.
const SIGNED: &[u8] = b"sealframe/2 key message";

impl Run {
    /// Something said before is said again: in this call, in any visit of its sender.
    fn replay(&mut self) -> Result<(), String> {
        let Some(packet) = self.some_packet() else { return Ok(()) };
        self.tell_story(&format!("the server repeats {}", shown(&packet)));
        self.count("replayed");
        self.world.deliver(&packet);
        Ok(())
    }

    /// All that one device was ever sent, from the first on.
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

    /// What one device was sent and never got comes after all, long after or after a reload.
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

    /// What was said in the call before.
    fn replay_old(&mut self) -> Result<(), String> {
        let drawn = self.world.rng.next_u32() as usize;
        let Some(first) = drawn.checked_rem(self.before.len()) else { return self.replay() };
        let some: Vec<_> = self.before[first..].iter().take(20).cloned().collect();
        self.tell_story(&format!("the server repeats {} of the call before", some.len()));
        self.count("replayed of a call before");
        some.iter().for_each(|packet| self.world.deliver(packet));
        Ok(())
    }

    /// A device with its store comes back, and the server gives it the sender's keys of before first.
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
            // What never came before may be taken now.
            self.world.deliver(packet);
            self.world.run(self.world.errands.1 * 2 + 1);
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

    /// A message for somebody else, or under somebody else's name.
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

    /// A message of a member with another's signature.
    fn forge(&mut self) -> Result<(), String> {
        let Some(mut packet) = self.some_packet() else { return Ok(()) };
        let (signer, signed) = (self.somebody(), packet.bytes.len() - SIGNATURE);
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

    /// A key of a device that is no member, or of one device under another's name; nothing else is
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
        let stream = thief.sealing(Kind::Audio, "");
        let frame = thief.seal(stream, Codec::Opus, b"a frame").map_err(|e| e.to_string())?;
        match self.world.open(sender, to, &frame) {
            Ok(()) => Err(format!("{to} takes {signer} for {sender}")),
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

    /// Frames that were opened once come again, whatever happened since.
    fn repeat_frames(&mut self) -> Result<(), String> {
        self.tell_story("the server repeats frames");
        self.count("frames repeated");
        self.check()?;
        self.flow.refuses_repeats(&mut self.world)
    }

    /// A frame of one member comes as another's, or bent.
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
