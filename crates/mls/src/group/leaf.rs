//! Our own leaf keys. The device signs each, outside.

use super::output::Outbox;
use super::{Output, Ticket};
use crate::crypto::SuiteProvider;
use crate::identity::{CallId, Certificate, DeviceId, Draft, Point, SIGNATURE};
use crate::wire::{Body, Unsigned};
use crate::{Error, Millis};
use mls_rs_core::crypto::{CipherSuiteProvider, SignatureSecretKey};

/// A leaf key that the device has signed.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    secret: SignatureSecretKey,
    certificate: Certificate,
}

/// The next leaf key on its way. None is kept in stock: a thief of this memory must find none that
/// is certified and not in use.
#[derive(Debug)]
pub(super) struct NextLeaf {
    device: DeviceId,
    call: CallId,
    state: State,
    /// Not before this: the device has just failed to sign.
    retry: Millis,
}

/// How long a device that could not sign is left alone, in milliseconds.
const RETRY: u64 = 1_000;

#[derive(Debug)]
enum State {
    None,
    /// The device is signing it.
    Draft(Ticket, SignatureSecretKey, Draft),
    Ready(Leaf),
}

impl Leaf {
    /// The private key.
    pub(super) const fn secret(&self) -> &SignatureSecretKey {
        &self.secret
    }

    /// The public key and whose it is.
    pub(super) const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A signed note.
    pub(super) fn sign(
        &self,
        body: &Body<'_>,
        counter: u64,
        suite: &SuiteProvider,
    ) -> Result<Vec<u8>, Error> {
        let note = Unsigned::new(&self.certificate, counter, body);
        let signature = suite.sign(&self.secret, &note.to_sign());
        let signature = signature.map_err(|_| Error::BadArgument)?;
        note.signed(&signature).ok_or(Error::BadArgument)
    }
}

impl NextLeaf {
    pub(super) const fn new(device: DeviceId, call: CallId) -> Self {
        Self { device, call, state: State::None, retry: Millis(0) }
    }

    /// Has a key made and signed, unless one is there or on its way.
    pub(super) fn want(&mut self, suite: &SuiteProvider, outbox: &mut Outbox, now: Millis) {
        if !matches!(self.state, State::None) || now < self.retry {
            return;
        }
        let Ok((secret, public)) = suite.signature_key_generate() else { return };
        let Some(leaf) = Point::parse(&public) else { return };
        let draft = Draft::new(self.device, self.call, leaf);
        let ticket = outbox.ticket();
        outbox.put(Output::Sign { ticket, bytes: draft.to_sign() });
        self.state = State::Draft(ticket, secret, draft);
    }

    /// The device signed it, if the ticket is its.
    pub(super) fn signed(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE],
    ) -> Result<(), Error> {
        match std::mem::replace(&mut self.state, State::None) {
            State::Draft(out, secret, draft) if out == ticket => {
                let certificate = draft.signed(signature)?;
                self.state = State::Ready(Leaf { secret, certificate });
            }
            other => self.state = other,
        }
        Ok(())
    }

    /// The device could not; whether the ticket was its.
    pub(super) fn failed(&mut self, ticket: Ticket, now: Millis) -> bool {
        let ours = matches!(&self.state, State::Draft(out, ..) if *out == ticket);
        if ours {
            self.state = State::None;
            self.retry = now.plus(RETRY);
        }
        ours
    }

    /// Whether the device is signing it.
    pub(super) const fn is_awaited(&self) -> bool {
        matches!(self.state, State::Draft(..))
    }

    /// When a device that could not sign is asked again.
    pub(super) fn due(&self) -> Option<Millis> {
        matches!(self.state, State::None).then_some(self.retry)
    }

    /// The key that is ready.
    pub(super) const fn ready(&self) -> Option<&Leaf> {
        match &self.state {
            State::Ready(leaf) => Some(leaf),
            _ => None,
        }
    }

    /// Takes out the key that is ready: it is used once.
    pub(super) fn take(&mut self) -> Option<Leaf> {
        match std::mem::replace(&mut self.state, State::None) {
            State::Ready(leaf) => Some(leaf),
            other => {
                self.state = other;
                None
            }
        }
    }
}
