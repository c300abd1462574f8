//! A member's key on its way to us.

use super::own::Own;
use super::signing::PendingSignature;
use super::timing::{ANSWER, MISSING};
use super::turn::Turn;
use super::{Output, Ticket};
use crate::Millis;
use crate::envelope::{
    Body, DeviceId, Envelope, Header, Message, Question, SIGNATURE_LEN, Unsigned,
};
use crate::key::Activity;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The state of a member's key.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The counter of the last accepted envelope of the newest incarnation.
    accepted: u64,
    opening: Option<Opening>,
    /// The last accepted envelope, and our ack.
    accepted_envelope: Option<AcceptedEnvelope>,
    /// Whether the member has sent us the key that it seals with, as far as we know.
    keyed: bool,
    /// The time since when everything of the member is sealed with a key that we lack.
    missing: Option<Millis>,
}

/// An envelope that waits for the host to decapsulate.
#[derive(Debug)]
pub(super) struct Opening {
    ticket: Ticket,
    pub(super) header: Header,
    pub(super) envelope: Box<Envelope>,
    signature: [u8; SIGNATURE_LEN],
}

#[derive(Debug)]
struct AcceptedEnvelope {
    counter: u64,
    signature: [u8; SIGNATURE_LEN],
    /// The time of the last ack.
    made: Option<Millis>,
    ack: Option<PendingSignature>,
}

/// The treatment of a genuine envelope from the newest incarnation to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reception {
    /// Open it.
    Open,
    /// We have accepted it: acknowledge it again.
    Acknowledge,
    /// Ignore it: it is older than the last accepted one.
    Ignore,
}

impl Incoming {
    /// Whether we have the key that the member seals with, as far as we know.
    pub(super) const fn is_keyed(&self) -> bool {
        self.keyed
    }

    /// Whether the key from the member is gone, or not the one that it seals with.
    pub(super) const fn is_missing(&self) -> bool {
        self.accepted_envelope.is_some() && !self.keyed
    }

    /// The counter of the last accepted envelope of the newest incarnation.
    pub(super) const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Another incarnation of the member is the newest. Its key has not arrived, and its envelopes
    /// up to the counter `accepted` do not count.
    pub(super) fn entered(&mut self, accepted: u64) {
        *self = Self { accepted, ..Self::default() };
    }

    /// The treatment of an envelope of the newest incarnation. A copy has the same signature.
    pub(super) fn reception(&self, message: &Message) -> Reception {
        let header = &message.header;
        if self
            .accepted_envelope
            .as_ref()
            .is_some_and(|last| last.signature == *message.signature())
        {
            return Reception::Acknowledge;
        }
        let opening = self.opening.as_ref().map_or(0, |opening| opening.header.counter);
        match header.counter > self.accepted.max(opening) {
            true => Reception::Open,
            false => Reception::Ignore,
        }
    }

    /// Asks the host to decapsulate a genuine envelope.
    pub(super) fn open(&mut self, message: Message, turn: &mut Turn<'_>) {
        let signature = *message.signature();
        let Message { header, body: Body::Envelope(envelope), .. } = message else { return };
        let ticket = turn.outbox.ticket();
        let (kem, enc) = (header.suite.kem(), envelope.host_part().to_vec());
        turn.outbox.put(Output::Decap { ticket, kem, enc });
        self.opening = Some(Opening { ticket, header, envelope, signature });
    }

    /// Removes and returns the envelope that waits for this ticket.
    pub(super) fn take_opening(&mut self, of: Ticket) -> Option<Opening> {
        self.opening.take_if(|opening| opening.ticket == of)
    }

    /// Records that the key of this envelope was accepted.
    pub(super) fn accept(&mut self, opening: &Opening) {
        (self.keyed, self.missing) = (true, None);
        let (counter, signature) = (opening.header.counter, opening.signature);
        self.accepted = counter;
        self.accepted_envelope =
            Some(AcceptedEnvelope { counter, signature, made: None, ack: None });
    }

    /// Acknowledges the last envelope with a new ack, but not too often.
    pub(super) fn acknowledge(
        &mut self,
        header: impl FnOnce(&mut Own) -> Header,
        question: Question,
        to: DeviceId,
        turn: &mut Turn<'_>,
    ) {
        let Some(accepted_envelope) = &mut self.accepted_envelope else { return };
        let soon = accepted_envelope.made.is_some_and(|at| turn.now.since(at) < ANSWER);
        if soon || accepted_envelope.ack.as_ref().is_some_and(PendingSignature::is_pending) {
            return;
        }
        let Some(ack) = turn.own.ack(accepted_envelope.counter, question) else { return };
        let message = Unsigned::ack(&header(turn.own), &ack);
        accepted_envelope.ack = Some(PendingSignature::begin(message, to, turn.outbox));
        accepted_envelope.made = Some(turn.now);
    }

    /// Judges from the member's frames whether we have the key that it seals with. Returns whether
    /// we have just lost it. A key that is still on its way does not count as lost at once, and
    /// forged frames besides genuine ones count for nothing.
    pub(super) fn observe(&mut self, activity: Option<Activity>, now: Millis) -> bool {
        let before = self.keyed;
        match activity {
            None => self.keyed = false,
            Some(Activity::Nothing) => {}
            Some(Activity::Genuine) => (self.keyed, self.missing) = (true, None),
            Some(Activity::Missed) => {
                let since = *self.missing.get_or_insert(now);
                self.keyed &= now.since(since) < MISSING;
            }
        }
        before && !self.keyed
    }

    /// Completes the ack if the ticket belongs to it: the host has signed it.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE_LEN],
    ) -> Option<Vec<u8>> {
        self.accepted_envelope.as_mut()?.ack.as_mut()?.finish(ticket, signature)
    }

    /// The host could not sign. Returns whether the ticket belongs to the ack. The next copy of the
    /// envelope leads to a new ack.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        let Some(accepted_envelope) = &mut self.accepted_envelope else { return false };
        let failed = accepted_envelope.ack.as_mut().is_some_and(|ack| ack.fail(ticket));
        if failed {
            accepted_envelope.made = None;
        }
        failed
    }
}
