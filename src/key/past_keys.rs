//! The replay state of a sender's removed shared keys. If a key is set again, it opens nothing that
//! it opened before.

use super::{OpeningKey, Receiver, ReplayHistory, Track};
use crate::sframe::Kid;
use alloc::vec::Vec;

/// At most 8 KIDs have their replay windows kept.
const MAX_PAST: usize = 8;
/// At most 1024 KIDs are kept as refused, without replay windows.
const MAX_FORGOTTEN: usize = 1024;

/// The past KIDs of one sender, oldest first.
#[derive(Debug, Default)]
pub(super) struct PastKeys {
    /// KIDs that may return if their key is set again.
    past: Vec<ReplayHistory>,
    /// KIDs without replay windows. They must not return.
    forgotten: Vec<Kid>,
}

impl PastKeys {
    /// Attaches a receiver to a track of this sender.
    pub(super) fn attach(&mut self, track: Track, receiver: Receiver) {
        self.past.iter_mut().for_each(|memory| memory.attach(track, receiver));
    }

    /// Releases a receiver.
    pub(super) fn release(&mut self, receiver: Receiver) {
        self.past.iter_mut().for_each(|memory| memory.release(receiver));
    }

    /// The replay state of this KID's earlier use.
    pub(super) fn of(&self, kid: Kid) -> Option<&ReplayHistory> {
        self.past.iter().find(|memory| memory.kid() == kid)
    }

    /// Whether this KID must not return.
    pub(super) fn has_forgotten(&self, kid: Kid) -> bool {
        self.forgotten.contains(&kid)
    }

    /// Keeps the replay state of a removed key, so that its KID may return.
    pub(super) fn remember(&mut self, key: OpeningKey) {
        self.past.push(key.into_history());
        if self.past.len() > MAX_PAST {
            let oldest = self.past.remove(0).kid();
            self.forget_kid(oldest);
        }
    }

    /// Drops the state of a KID that is in use again: its key now has the replay windows.
    pub(super) fn take_up(&mut self, kid: Kid) {
        self.past.retain(|memory| memory.kid() != kid);
    }

    /// Refuses a KID for the rest of the call.
    pub(super) fn forget_kid(&mut self, kid: Kid) {
        if self.forgotten.len() == MAX_FORGOTTEN {
            self.forgotten.remove(0);
        }
        self.forgotten.push(kid);
    }
}
