//! Messages of one member that wait for their signature to be verified, which happens outside.
//! They are judged in the order in which they came: an envelope right behind the announcement that
//! it needs must not overtake it.

use super::Ticket;
use crate::envelope::Message;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// How many messages of one member wait at a time.
pub(super) const MOST: usize = 4;

/// The messages of one member.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    queue: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    message: Message,
    bytes: Vec<u8>,
    /// Whether its signature is genuine, once that is known.
    genuine: Option<bool>,
}

impl Inbox {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether these very bytes wait already.
    pub(super) fn has(&self, bytes: &[u8]) -> bool {
        self.queue.iter().any(|waiting| waiting.bytes == bytes)
    }

    /// Adds a message whose signature is being verified.
    pub(super) fn put(&mut self, ticket: Ticket, message: Message, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.queue.push_back(Waiting { ticket, message, bytes, genuine: None });
    }

    /// The outside has verified a signature; whether the ticket is of one of these.
    pub(super) fn verified(&mut self, ticket: Ticket, genuine: bool) -> bool {
        let found = self.queue.iter_mut().find(|waiting| waiting.ticket == ticket);
        let waits = found.filter(|waiting| waiting.genuine.is_none());
        waits.map(|waiting| waiting.genuine = Some(genuine)).is_some()
    }

    /// The outside could not verify a signature: that message is gone.
    pub(super) fn failed(&mut self, ticket: Ticket) -> bool {
        let at = self.queue.iter().position(|waiting| waiting.ticket == ticket);
        at.and_then(|at| self.queue.remove(at)).is_some()
    }

    /// The next message to be judged, and whether it is genuine.
    pub(super) fn next(&mut self) -> Option<(Message, bool)> {
        let genuine = self.queue.front()?.genuine?;
        self.queue.pop_front().map(|waiting| (waiting.message, genuine))
    }
}
