//! A member's key on its way to us.

use super::own::Own;
use super::signing::Signing;
use super::timing::{ANSWER, MISSING};
use super::turn::Turn;
use super::{Output, Ticket};
use crate::Millis;
use crate::envelope::{Ack, Body, DeviceId, Envelope, Header, Message, Nonce, SIGNATURE, Unsigned};
use crate::key::Heard;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What came of a member's key.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The counter of the last envelope that was taken of the newest incarnation.
    taken: u64,
    opening: Option<Opening>,
    /// The last envelope that we took, and our ack.
    receipt: Option<Receipt>,
    /// Whether it has sent us the key that it seals with, as far as that was heard.
    keyed: bool,
    /// Since when all that comes of it is sealed with a key that we lack.
    missing: Option<Millis>,
}

/// An envelope that waits for our agreement key.
#[derive(Debug)]
pub(super) struct Opening {
    ticket: Ticket,
    pub(super) header: Header,
    pub(super) envelope: Box<Envelope>,
    signature: [u8; SIGNATURE],
}

#[derive(Debug)]
struct Receipt {
    counter: u64,
    signature: [u8; SIGNATURE],
    /// When the ack was made last.
    made: Option<Millis>,
    ack: Option<Signing>,
}

/// What is to be done with a genuine envelope of the newest incarnation to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reception {
    /// It is to be opened.
    Open,
    /// We have taken it: the ack goes again.
    Acknowledge,
    /// It is older than what was taken.
    Ignore,
}

impl Incoming {
    /// Whether we have the key that it seals with, as far as that was heard.
    pub(super) const fn is_keyed(&self) -> bool {
        self.keyed
    }

    /// Whether the key that it has sent is not the one that it seals with, or is gone.
    pub(super) const fn is_missing(&self) -> bool {
        self.receipt.is_some() && !self.keyed
    }

    /// The counter of the last envelope that was taken of the newest incarnation.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Another incarnation of the member is its newest: its key has not come, and of its envelopes
    /// nothing counts up to `taken`.
    pub(super) fn entered(&mut self, taken: u64) {
        *self = Self { taken, ..Self::default() };
    }

    /// What is to be done with an envelope of the newest incarnation. One that is sent again has
    /// the signature that it had.
    pub(super) fn reception(&self, message: &Message) -> Reception {
        let header = &message.header;
        if self.receipt.as_ref().is_some_and(|last| last.signature == *message.signature()) {
            return Reception::Acknowledge;
        }
        let opening = self.opening.as_ref().map_or(0, |opening| opening.header.counter);
        match header.counter > self.taken.max(opening) {
            true => Reception::Open,
            false => Reception::Ignore,
        }
    }

    /// Has the outside do its step for a genuine envelope.
    pub(super) fn open(&mut self, message: Message, turn: &mut Turn<'_>) {
        let signature = *message.signature();
        let Message { header, body: Body::Envelope(envelope), .. } = message else { return };
        let ticket = turn.outbox.ticket();
        let (kem, enc) = (header.suite.kem(), envelope.outside().to_vec());
        turn.outbox.put(Output::Agree { ticket, kem, enc });
        self.opening = Some(Opening { ticket, header, envelope, signature });
    }

    /// Takes out the envelope that waits for this ticket.
    pub(super) fn take_opening(&mut self, of: Ticket) -> Option<Opening> {
        self.opening.take_if(|opening| opening.ticket == of)
    }

    /// The envelope's key was taken.
    pub(super) fn take(&mut self, opening: &Opening) {
        (self.keyed, self.missing) = (true, None);
        let (counter, signature) = (opening.header.counter, opening.signature);
        self.taken = counter;
        self.receipt = Some(Receipt { counter, signature, made: None, ack: None });
    }

    /// Acknowledges the last envelope, made anew each time, but not too often.
    pub(super) fn acknowledge(
        &mut self,
        header: impl FnOnce(&mut Own) -> Header,
        answers: Nonce,
        to: DeviceId,
        turn: &mut Turn<'_>,
    ) {
        let Some(receipt) = &mut self.receipt else { return };
        let soon = receipt.made.is_some_and(|at| turn.now.since(at) < ANSWER);
        if soon || receipt.ack.as_ref().is_some_and(Signing::is_under_way) {
            return;
        }
        let Some(statement) = turn.own.statement(answers) else { return };
        let ack = Ack { counter: receipt.counter, statement };
        let message = Unsigned::ack(&header(turn.own), &ack);
        receipt.ack = Some(Signing::begin(message, to, turn.outbox));
        receipt.made = Some(turn.now);
    }

    /// Judges by what came of it whether we have the key that it seals with now; whether it just
    /// turned out that we have not. A key that is on its way comes before that, and what is forged
    /// beside genuine frames does nothing.
    pub(super) fn hear(&mut self, heard: Option<Heard>, now: Millis) -> bool {
        let before = self.keyed;
        match heard {
            None => self.keyed = false,
            Some(Heard::Nothing) => {}
            Some(Heard::Genuine) => (self.keyed, self.missing) = (true, None),
            Some(Heard::Missed) => {
                let since = *self.missing.get_or_insert(now);
                self.keyed &= now.since(since) < MISSING;
            }
        }
        before && !self.keyed
    }

    /// The outside signed the ack, if the ticket is its.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE],
    ) -> Option<Vec<u8>> {
        self.receipt.as_mut()?.ack.as_mut()?.finish(ticket, signature)
    }

    /// The outside could not sign the ack, if the ticket is its: the next copy of the envelope has
    /// another made.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        let Some(receipt) = &mut self.receipt else { return false };
        let failed = receipt.ack.as_mut().is_some_and(|ack| ack.fail(ticket));
        if failed {
            receipt.made = None;
        }
        failed
    }
}
