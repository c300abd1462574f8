//! Announcements that came before their sender was on the roster: a server may be faster than the
//! application. Until it is a member, only their form and their addresses are looked at. Nothing
//! else is held: an envelope or ack from before cannot answer what is asked in the membership to
//! come.

use super::output::Outbox;
use crate::envelope::DeviceId;
use crate::key::SenderId;
use crate::{Error, Millis};
use alloc::vec::Vec;

/// How many are held, one of each sender: 800 KB at the most, as the longest has 1,500 bytes.
const MOST: usize = 512;
/// How long one is held, in milliseconds.
const WAIT: u64 = 10_000;

/// What is held. The oldest is the first.
#[derive(Debug, Default)]
pub(super) struct Held {
    messages: Vec<Early>,
}

/// An announcement as it came, with the device that it says it is from.
#[derive(Debug)]
pub(super) struct Early {
    at: Millis,
    sender: DeviceId,
    pub(super) from: Option<SenderId>,
    pub(super) bytes: Vec<u8>,
}

impl Held {
    /// Holds an announcement. It takes the place and the time of the sender's before it; where
    /// there is no room, the oldest goes.
    pub(super) fn hold(
        &mut self,
        sender: DeviceId,
        from: Option<SenderId>,
        bytes: &[u8],
        now: Millis,
        outbox: &mut Outbox,
    ) {
        self.give_up_late(now, outbox);
        let bytes = bytes.to_vec();
        if let Some(early) = self.messages.iter_mut().find(|early| early.sender == sender) {
            (early.from, early.bytes) = (from, bytes);
            return;
        }
        if self.messages.len() >= MOST {
            self.give_up_first(outbox);
        }
        self.messages.push(Early { at: now, sender, from, bytes });
    }

    /// Whether one of this sender is held.
    pub(super) fn has(&self, sender: DeviceId) -> bool {
        self.messages.iter().any(|early| early.sender == sender)
    }

    /// Takes out that of a sender who is a member now.
    pub(super) fn take(&mut self, sender: DeviceId) -> Option<Early> {
        let at = self.messages.iter().position(|early| early.sender == sender)?;
        Some(self.messages.remove(at))
    }

    /// Refuses those whose sender did not become a member in time.
    pub(super) fn give_up_late(&mut self, now: Millis, outbox: &mut Outbox) {
        while self.messages.first().is_some_and(|first| now.since(first.at) >= WAIT) {
            self.give_up_first(outbox);
        }
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.messages.clear();
    }

    /// There is one: the caller has seen it.
    fn give_up_first(&mut self, outbox: &mut Outbox) {
        let Early { sender, from, .. } = self.messages.remove(0);
        let from = from.or_else(|| SenderId::try_from(sender).ok());
        outbox.refuse(from, Error::NotAMember);
    }
}
