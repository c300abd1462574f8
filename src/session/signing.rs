//! A message before and after its signature, which the outside makes.

use super::output::Outbox;
use super::{Output, Ticket};
use crate::envelope::{DeviceId, SIGNATURE, Unsigned};
use alloc::vec::Vec;

/// A message on its way to be signed and sent.
#[derive(Debug)]
pub(super) struct Signing(State);

#[derive(Debug)]
enum State {
    /// Not signed yet; the ticket is out, unless the device's key failed.
    Unsigned(Unsigned, Option<Ticket>),
    /// Ready to be sent, more than once if need be.
    Signed(Vec<u8>),
}

impl Signing {
    /// Has a message signed, and sent then.
    pub(super) fn begin(message: Unsigned, to: DeviceId, outbox: &mut Outbox) -> Self {
        let mut signing = Self(State::Unsigned(message, None));
        signing.go_on(to, outbox);
        signing
    }

    /// Sends what is signed, and has signed what is not; nothing while that is under way.
    pub(super) fn go_on(&mut self, to: DeviceId, outbox: &mut Outbox) {
        match &mut self.0 {
            State::Signed(bytes) => outbox.put(Output::Send { to, bytes: bytes.clone() }),
            State::Unsigned(_, Some(_)) => {}
            State::Unsigned(message, out) => {
                let ticket = *out.insert(outbox.ticket());
                outbox.put(Output::Sign { ticket, bytes: message.to_sign() });
            }
        }
    }

    /// Whether the outside is signing it.
    pub(super) const fn is_under_way(&self) -> bool {
        matches!(self.0, State::Unsigned(_, Some(_)))
    }

    /// The outside signed it, if the ticket is its: the message to send.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE],
    ) -> Option<Vec<u8>> {
        let bytes = match &self.0 {
            State::Unsigned(message, Some(out)) if *out == ticket => message.signed(signature),
            _ => return None,
        };
        self.0 = State::Signed(bytes.clone());
        Some(bytes)
    }

    /// The outside could not; whether the ticket was its.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        match &mut self.0 {
            State::Unsigned(_, out) => out.take_if(|out| *out == ticket).is_some(),
            State::Signed(_) => false,
        }
    }
}
