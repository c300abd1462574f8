//! Envelopes and requests that came before their sender was on the roster: a server may be faster
//! than the application. Until it is a member, only their form and their addresses are looked at.

use super::Session;
use super::verifying::PENDING_OF_ONE;
use crate::envelope::{Body, DeviceId, Message};
use crate::key::SenderId;
use crate::{Error, Millis};
use alloc::vec::Vec;

/// How many are held, of all senders: an envelope and a request of each of 200, and 715 KB at the
/// most, as the longest has 1,396 bytes.
const HELD: usize = 512;
/// How long they are.
const WAIT: u64 = 10_000;

/// A message as it came, with the device that it says it is from.
#[derive(Debug)]
pub(super) struct Early {
    at: Millis,
    sender: DeviceId,
    from: Option<SenderId>,
    request: bool,
    bytes: Vec<u8>,
}

impl Session {
    /// Holds a message. Where there is no room, the oldest goes, of its sender or of all. A request
    /// takes the place of the one before: who gets no answer asks again and again.
    pub(super) fn hold(&mut self, message: &Message<'_>, from: Option<SenderId>, bytes: &[u8]) {
        self.give_up_late();
        let sender = message.header.sender;
        let request = matches!(message.body, Body::Request { .. });
        let same = |early: &&mut Early| match request {
            true => early.request && early.sender == sender,
            false => early.bytes == bytes,
        };
        if let Some(early) = self.early.iter_mut().find(same) {
            early.bytes = bytes.to_vec();
            return;
        }
        self.make_room(sender);
        self.early.push(Early { at: self.now, sender, from, request, bytes: bytes.to_vec() });
    }

    /// Takes those of members as if they came now.
    pub(super) fn receive_early(&mut self) {
        self.give_up_late();
        for early in core::mem::take(&mut self.early) {
            match self.roster.get(early.sender) {
                Some(_) => self.receive(&early.bytes, early.from),
                None => self.early.push(early),
            }
        }
    }

    /// Refuses those whose sender did not become a member in time.
    pub(super) fn give_up_late(&mut self) {
        while self.early.first().is_some_and(|first| self.now.since(first.at) >= WAIT) {
            self.give_up(0);
        }
    }

    /// Of one sender no more are held than could be judged at once.
    fn make_room(&mut self, sender: DeviceId) {
        let of_sender = |early: &Early| early.sender == sender;
        if self.early.iter().filter(|early| of_sender(early)).count() >= PENDING_OF_ONE {
            let first = self.early.iter().position(of_sender);
            first.into_iter().for_each(|at| self.give_up(at));
        } else if self.early.len() >= HELD {
            self.give_up(0);
        }
    }

    /// `at` is a place that whoever calls has just seen taken.
    fn give_up(&mut self, at: usize) {
        let Early { sender, from, .. } = self.early.remove(at);
        let from = from.or_else(|| SenderId::try_from(sender).ok());
        self.outbox.refuse(from, Error::NotAMember);
    }
}
