//! Envelopes and requests that came before their sender was on the roster: a server may be faster
//! than the application. Until it is a member, only their form and their addresses are looked at.

use super::Session;
use crate::envelope::DeviceId;
use crate::key::SenderId;
use crate::{Error, Millis};
use alloc::vec::Vec;

/// How many are held, of all senders: 45 KB at the most, as the longest has 1,396 bytes.
const HELD: usize = 32;
/// How long they are.
const WAIT: u64 = 10_000;

/// A message as it came, with the device that it says it is from.
#[derive(Debug)]
pub(super) struct Early {
    at: Millis,
    sender: DeviceId,
    from: Option<SenderId>,
    bytes: Vec<u8>,
}

impl Session {
    /// Holds a message; where there is no room, the oldest goes.
    pub(super) fn hold(&mut self, sender: DeviceId, from: Option<SenderId>, bytes: &[u8]) {
        if self.early.iter().any(|early| early.bytes == bytes) {
            return;
        }
        if self.early.len() >= HELD {
            self.give_up_first();
        }
        self.early.push_back(Early { at: self.now, sender, from, bytes: bytes.to_vec() });
    }

    /// Takes those of members as if they came now.
    pub(super) fn receive_early(&mut self) {
        self.give_up_late();
        for early in core::mem::take(&mut self.early) {
            match self.roster.get(early.sender) {
                Some(_) => self.receive(&early.bytes, early.from),
                None => self.early.push_back(early),
            }
        }
    }

    /// Refuses those whose sender did not become a member in time.
    pub(super) fn give_up_late(&mut self) {
        while self.early.front().is_some_and(|first| self.now.since(first.at) >= WAIT) {
            self.give_up_first();
        }
    }

    fn give_up_first(&mut self) {
        if let Some(Early { sender, from, .. }) = self.early.pop_front() {
            let from = from.or_else(|| SenderId::try_from(sender).ok());
            self.outbox.refuse(from, Error::NotAMember);
        }
    }
}
