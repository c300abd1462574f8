//! Frames from device to device while everything else happens.

use crate::common::world::World;
use crate::devices::Devices;
use crate::holdings::Holdings;
use crate::ledger::Ledger;
use sealframe::key::DeviceKid;
use sealframe::sframe::{Header, Kid};
use sealframe::{Error, Millis};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Length of the plaintext in [`World::seal`] in bytes.
const PLAIN: usize = 7;
/// At most this number of frames per pair is replayed later.
const HEARD: usize = 4;
/// Milliseconds until a removal and a later join have taken effect.
const PARTED: u64 = 5_000;
/// Milliseconds until two devices with the same roster have told each other.
const AGREED: u64 = 5_000;

#[derive(Default)]
pub struct Flow {
    /// All ciphertexts so far. All have the same plaintext, so a repeated ciphertext means that a
    /// key was used twice with one counter, by any device in any visit.
    seen: HashSet<[u8; PLAIN]>,
    /// The pairs in which one opens the other's frames, with the last frame, while both have each
    /// other on the roster.
    opened: BTreeMap<(usize, usize), Vec<u8>>,
    /// The opened frames of each sender.
    heard: BTreeMap<(usize, usize), VecDeque<Vec<u8>>>,
    /// The time of a removal between two devices. A device that returns soon knows the old key for
    /// a while, but not the keys that were made meanwhile.
    parted: BTreeMap<(usize, usize), Millis>,
    pub sealed: u64,
}

impl Flow {
    /// A device seals a frame. Its counter must be new, and only devices that `ledger` allows may
    /// be able to open it. One or two devices try.
    pub fn check(
        &mut self,
        world: &mut World,
        ledger: &mut Ledger,
        holdings: &mut Holdings,
        at: usize,
        calm: bool,
    ) -> Result<(), String> {
        let Ok(frame) = world.seal(at) else { return Ok(()) };
        let kid = self.is_new(at, &frame)?;
        let may = ledger.may_open(at, world.now);
        holdings.sealed(world, at, kid, may)?;
        let first = world.below(world.nodes.len() as u64) as usize;
        for to in [first, (first + 1) % world.nodes.len()].into_iter().filter(|&to| to != at) {
            let wants = (ledger.roster(at).has(to), ledger.roster(to).has(at));
            let agree = ledger.agree(at, to, world.now, AGREED);
            self.try_to_open(world, (at, to), &frame, wants, (calm, agree))?;
        }
        Ok(())
    }

    /// Checks that the ciphertext of this frame is new.
    pub fn is_new(&mut self, at: usize, frame: &[u8]) -> Result<Kid, String> {
        let (header, start) = Header::parse(frame).map_err(|e| e.to_string())?;
        let sealed = frame.get(start..).and_then(|rest| rest.first_chunk());
        self.sealed += 1;
        match sealed.is_some_and(|sealed| self.seen.insert(*sealed)) {
            true => Ok(header.kid),
            false => Err(format!("{at} used a key and counter twice: {header:?}")),
        }
    }

    /// A receiver that removed a sender opens nothing of it, and starts again when the sender is
    /// back.
    pub fn removed(&mut self, at: usize, gone: Devices, now: Millis) {
        self.parted.extend(gone.iter().flat_map(|other| [((at, other), now), ((other, at), now)]));
        self.opened.retain(|&(from, to), _| {
            let by_receiver = to == at && gone.has(from);
            let by_sender = from == at && gone.has(to);
            !by_receiver && !by_sender
        });
    }

    /// A device starts again.
    pub fn reloaded(&mut self, at: usize) {
        self.opened.retain(|&(from, to), _| from != at && to != at);
    }

    /// A sender, and a receiver that opens its frames.
    pub fn some_opened(&self, drawn: usize) -> Option<(usize, usize)> {
        let at = drawn.checked_rem(self.opened.len())?;
        self.opened.keys().nth(at).copied()
    }

    /// A sender, a receiver, and the key of the last frame that it opened.
    pub fn some_known(&self, drawn: usize) -> Option<(usize, usize, DeviceKid)> {
        let (from, to) = self.some_opened(drawn)?;
        let (header, _) = Header::parse(&self.opened[&(from, to)]).ok()?;
        Some((from, to, DeviceKid::parse(header.kid)?))
    }

    /// A frame that was opened once never opens again at any receiver, whatever happened since.
    pub fn refuses_repeats(&self, world: &mut World) -> Result<(), String> {
        for (&(from, to), frames) in &self.heard {
            if frames.iter().any(|frame| world.open(from, to, frame).is_ok()) {
                return Err(format!("{to} opened a frame of {from} twice"));
            }
            if frames.iter().any(|frame| world.open_beside(from, to, frame) != (false, false)) {
                return Err(format!("another receiver of {to} opened a frame of {from} again"));
            }
        }
        Ok(())
    }

    fn try_to_open(
        &mut self,
        world: &mut World,
        (from, to): (usize, usize),
        frame: &[u8],
        (gives, takes): (bool, bool),
        (calm, agree): (bool, bool),
    ) -> Result<(), String> {
        let settled = gives && takes && self.opened.contains_key(&(from, to));
        let parted = self.parted.get(&(from, to));
        let apart = parted.is_some_and(|&parted| world.now.since(parted) < PARTED);
        // The same feed reaches a second receiver first.
        let beside = world.open_beside(from, to, frame);
        let opened = world.open(from, to, frame);
        if beside != (opened.is_ok(), false) {
            return Err(format!("{to} opened a frame of {from} at {beside:?}, and {opened:?}"));
        }
        if opened.is_ok() {
            let heard = self.heard.entry((from, to)).or_default();
            heard.push_back(frame.to_vec());
            heard.drain(..heard.len().saturating_sub(HEARD));
        }
        match opened {
            Ok(()) if !takes => Err(format!("{to} opened a frame of {from}, who is no member")),
            Ok(()) if gives && !apart => {
                self.opened.insert((from, to), frame.to_vec());
                Ok(())
            }
            // A receiver whose roster differs from the sender's trusts the sender's key only for a
            // while.
            Err(Error::UntrustedKey) if !agree => Ok(()),
            Err(code) if calm && settled => Err(format!("{to} lost a frame of {from}: {code}")),
            _ => Ok(()),
        }
    }
}
