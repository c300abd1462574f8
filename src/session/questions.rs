//! Our questions to the members, and the devices that we removed since. An answer to a question
//! describes the time after the question was drawn.

use crate::Millis;
use crate::envelope::{DeviceId, NONCE_LEN, Nonce};
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// At most 64 questions may be answered: the newest ones.
const MAX_QUESTIONS: usize = 64;
/// At most 1024 removed devices are remembered: a full roster. For more, a doubt has no date.
const MAX_REMOVED: usize = 1024;

/// The questions of our incarnation.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// The newest is last.
    asked: Vec<Asked>,
    /// The number of questions drawn so far.
    drawn: u64,
    /// The last removed devices, each with the time of its removal.
    removed: Vec<(DeviceId, Millis)>,
}

/// A question that may be answered.
#[derive(Debug)]
struct Asked {
    nonce: Nonce,
    /// The time of drawing, if devices were removed then.
    removal: Option<Millis>,
}

impl Questions {
    /// Draws a new question.
    pub(super) fn draw(&mut self, rng: &mut dyn CryptoRng) {
        self.ask(None, rng);
    }

    /// Draws a new question because these devices were removed.
    pub(super) fn remove(&mut self, gone: &[DeviceId], now: Millis, rng: &mut dyn CryptoRng) {
        self.ask(Some(now), rng);
        self.removed.extend(gone.iter().map(|id| (*id, now)));
        let old = self.removed.len().saturating_sub(MAX_REMOVED);
        self.removed.drain(..old); // at most all
    }

    /// The nonce of the newest question.
    pub(super) fn newest(&self) -> Nonce {
        self.asked.last().map(|asked| asked.nonce).unwrap_or_default()
    }

    /// The number of the newest question. The first has number 1.
    pub(super) const fn drawn(&self) -> u64 {
        self.drawn
    }

    /// The number of the question with this nonce, if it may still be answered.
    pub(super) fn number_of(&self, nonce: &Nonce) -> Option<u64> {
        let back = self.asked.iter().rev().position(|asked| asked.nonce == *nonce)?;
        Some(self.drawn - back as u64)
    }

    /// The time of the first removal after the question with this number was drawn.
    pub(super) fn removal_after(&self, number: u64) -> Option<Millis> {
        let later = self.drawn.saturating_sub(number) as usize;
        let from = self.asked.len().saturating_sub(later); // at most the length
        self.asked[from..].iter().find_map(|asked| asked.removal)
    }

    /// The time when this device was last removed, if it is remembered.
    pub(super) fn removal_of(&self, device: &DeviceId) -> Option<Millis> {
        self.removed.iter().rev().find(|(id, _)| id == device).map(|(_, at)| *at)
    }

    /// The first removal of a device that `counts` selects, as far as it is remembered.
    pub(super) fn first_removal(&self, counts: impl Fn(&DeviceId) -> bool) -> Option<Millis> {
        self.removed.iter().find(|(id, _)| counts(id)).map(|(_, at)| *at)
    }

    /// Whether all removed devices are remembered.
    pub(super) fn remembers_all(&self) -> bool {
        self.removed.len() < MAX_REMOVED
    }

    /// The devices removed at this time or later, as far as they are remembered.
    pub(super) fn removed_since(&self, at: Millis) -> impl Iterator<Item = DeviceId> {
        self.removed.iter().filter(move |(_, when)| *when >= at).map(|(id, _)| *id)
    }

    fn ask(&mut self, removal: Option<Millis>, rng: &mut dyn CryptoRng) {
        if self.asked.len() == MAX_QUESTIONS {
            self.asked.remove(0);
        }
        self.asked.push(Asked { nonce: draw(rng), removal });
        self.drawn += 1;
    }
}

/// An unpredictable nonce.
pub(super) fn draw(rng: &mut dyn CryptoRng) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    rng.fill_bytes(&mut nonce);
    nonce
}
