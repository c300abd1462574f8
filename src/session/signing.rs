//! A message before and after its signature, which the host makes.

use super::output::Outbox;
use super::{Output, Ticket};
use crate::envelope::{DeviceId, SIGNATURE_LEN, Unsigned};
use alloc::vec::Vec;

/// A message that is signed once and sent one or more times.
#[derive(Debug)]
pub(super) struct PendingSignature(State);

#[derive(Debug)]
enum State {
    /// Not signed yet. The ticket is with the host, unless the device's key failed.
    Unsigned(Unsigned, Option<Ticket>),
    /// Ready to be sent, possibly more than once.
    Signed(Vec<u8>),
}

impl PendingSignature {
    /// Asks the host to sign a message.
    pub(super) fn begin(message: Unsigned, to: DeviceId, outbox: &mut Outbox) -> Self {
        let mut signing = Self(State::Unsigned(message, None));
        signing.advance(to, outbox);
        signing
    }

    /// Sends a signed message, or asks the host to sign an unsigned one. Does nothing while the
    /// host is signing.
    pub(super) fn advance(&mut self, to: DeviceId, outbox: &mut Outbox) {
        match &mut self.0 {
            State::Signed(bytes) => outbox.put(Output::Send { to, bytes: bytes.clone() }),
            State::Unsigned(_, Some(_)) => {}
            State::Unsigned(message, out) => {
                let ticket = *out.insert(outbox.ticket());
                outbox.put(Output::Sign { ticket, bytes: message.to_sign() });
            }
        }
    }

    /// Whether the host is signing the message.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self.0, State::Unsigned(_, Some(_)))
    }

    /// Completes the message if the ticket belongs to it, and returns it for sending.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE_LEN],
    ) -> Option<Vec<u8>> {
        let bytes = match &self.0 {
            State::Unsigned(message, Some(out)) if *out == ticket => message.signed(signature),
            _ => return None,
        };
        self.0 = State::Signed(bytes.clone());
        Some(bytes)
    }

    /// The host could not sign. Returns whether the ticket belongs to the message.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        match &mut self.0 {
            State::Unsigned(_, out) => out.take_if(|out| *out == ticket).is_some(),
            State::Signed(_) => false,
        }
    }
}
