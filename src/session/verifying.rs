//! Messages that wait for their signature to be verified, which happens outside.
//!
//! A message is judged twice: when it comes, so that what would change nothing costs nothing, and
//! when its signature turned out genuine, because members, serials and keys may have moved.

use super::{Output, Session, Ticket};
use crate::Error;
use crate::envelope::{Body, Message, sha256};
use alloc::vec::Vec;

/// How many messages of one sender wait at a time, and how many in all. A newcomer among 200 is
/// sent 200 envelopes and 200 acks at once.
pub(super) const PENDING_OF_ONE: usize = 4;
const PENDING: usize = 512;

/// A message whose signature is being verified.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) ticket: Ticket,
    bytes: Vec<u8>,
}

impl Session {
    /// Has a message's signature verified, unless the message would change nothing.
    pub(super) fn consider(&mut self, message: &Message<'_>, bytes: &[u8]) -> Result<(), Error> {
        if !self.matters(message, bytes)? {
            return Ok(());
        }
        let pending: usize = self.roster.iter().map(|member| member.pending.len()).sum();
        let member = self.roster.get_mut(message.header.sender).ok_or(Error::NotAMember)?;
        if member.pending.iter().any(|pending| pending.bytes == bytes) {
            return Ok(()); // the transport said it twice
        }
        if pending >= PENDING || member.pending.len() >= PENDING_OF_ONE {
            return Err(Error::TooManyMessages);
        }
        let ticket = self.outbox.ticket();
        member.pending.push(Pending { ticket, bytes: bytes.to_vec() });
        let (public, signature) = (*member.bundle.signing(), *message.signature());
        self.outbox.put(Output::Verify { ticket, public, signature, bytes: message.to_verify() });
        Ok(())
    }

    /// The outside has verified a signature. The answers may come in any order.
    pub(super) fn verified(&mut self, ticket: Ticket, genuine: bool) {
        let Some((sender, pending)) = self.roster.take_pending(ticket) else {
            return; // the member left
        };
        let done = match genuine {
            true => self.take_genuine(&pending.bytes),
            false => Err(Error::BadSignature),
        };
        if let Err(code) = done {
            self.outbox.refuse(Some(sender), code);
        }
    }

    fn take_genuine(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let message = Message::parse(bytes)?;
        if !self.matters(&message, bytes)? {
            return Ok(());
        }
        match &message.body {
            Body::Envelope(envelope) => self.take_envelope(&message.header, envelope, bytes),
            Body::Ack { kid } => self.take_ack(&message.header, *kid),
            Body::Request { nonce } => self.take_request(&message.header, nonce),
        }
    }

    /// Whether a message would change anything now if it is genuine.
    fn matters(&mut self, message: &Message<'_>, bytes: &[u8]) -> Result<bool, Error> {
        let header = &message.header;
        match &message.body {
            Body::Envelope(_) => self.envelope_matters(header, &sha256(&[bytes])),
            Body::Ack { kid } => self.ack_matters(header, *kid),
            Body::Request { nonce } => self.request_matters(header, nonce),
        }
    }
}
