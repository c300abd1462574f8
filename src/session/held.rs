//! Announcements that arrive before their sender is on the roster, because a server may be faster
//! than the application. Until the sender is a member, only form and addresses are checked. No
//! other message is held: an earlier envelope or ack cannot answer a question of the coming
//! membership.

use super::output::Outbox;
use crate::envelope::DeviceId;
use crate::key::SenderId;
use crate::{Error, Millis};
use alloc::vec::Vec;

/// At most 512 announcements are held, one per sender: 800 KB, as the longest has 1,500 bytes.
const MAX_HELD: usize = 512;
/// An announcement is held for 10 seconds. In milliseconds.
const WAIT: u64 = 10_000;

/// The held announcements, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Held {
    messages: Vec<HeldMessage>,
}

/// An announcement as it arrived, with the sender that it names.
#[derive(Debug)]
pub(super) struct HeldMessage {
    at: Millis,
    sender: DeviceId,
    pub(super) from: Option<SenderId>,
    pub(super) bytes: Vec<u8>,
}

impl Held {
    /// Holds an announcement. It replaces an earlier one of the same sender and keeps its time. If
    /// there is no room, the oldest is refused.
    pub(super) fn hold(
        &mut self,
        sender: DeviceId,
        from: Option<SenderId>,
        bytes: &[u8],
        now: Millis,
        outbox: &mut Outbox,
    ) {
        self.refuse_late(now, outbox);
        let bytes = bytes.to_vec();
        if let Some(early) = self.messages.iter_mut().find(|early| early.sender == sender) {
            (early.from, early.bytes) = (from, bytes);
            return;
        }
        if self.messages.len() >= MAX_HELD {
            self.refuse_first(outbox);
        }
        self.messages.push(HeldMessage { at: now, sender, from, bytes });
    }

    /// Whether an announcement of this sender is held.
    pub(super) fn has(&self, sender: DeviceId) -> bool {
        self.messages.iter().any(|early| early.sender == sender)
    }

    /// Removes and returns the announcement of a sender that is now a member.
    pub(super) fn take(&mut self, sender: DeviceId) -> Option<HeldMessage> {
        let at = self.messages.iter().position(|early| early.sender == sender)?;
        Some(self.messages.remove(at))
    }

    /// Refuses announcements of senders that did not become members in time.
    pub(super) fn refuse_late(&mut self, now: Millis, outbox: &mut Outbox) {
        while self.messages.first().is_some_and(|first| now.since(first.at) >= WAIT) {
            self.refuse_first(outbox);
        }
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.messages.clear();
    }

    /// Refuses the oldest. The caller has checked that there is one.
    fn refuse_first(&mut self, outbox: &mut Outbox) {
        let HeldMessage { sender, from, .. } = self.messages.remove(0);
        let from = from.or_else(|| SenderId::try_from(sender).ok());
        outbox.refuse(from, Error::NotAMember);
    }
}
