//! Our key on its way to one member.

use super::signing::Signing;
use super::timing::{ANSWER, Backoff, LONGEST};
use super::turn::Turn;
use super::{Output, Ticket};
use crate::Millis;
use crate::envelope::{AgreementKey, DeviceId, NONCE, Nonce, SIGNATURE, Statement, Unsigned};
use crate::key::DeviceKid;
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// How far our newest key has come on its way to one member.
#[derive(Debug)]
pub(super) struct Outgoing {
    delivery: Delivery,
    /// When the last envelope was made.
    made: Option<Millis>,
    /// The nonce of the question that the last envelope answers.
    answers: Nonce,
    /// Of the last envelope that was acknowledged.
    acked: u64,
    /// Whether an envelope was ever made for it in this membership.
    knows_a_key: bool,
}

#[derive(Debug)]
enum Delivery {
    /// The member is new: it gets no key that was sealed with before it came.
    Waiting,
    /// It is to get the newest key, in an envelope still to be made, once an incarnation of it is
    /// known: now, or later if its public key was refused outside.
    Owed(Backoff),
    /// The outside is encapsulating for it. Whatever key is the newest when that is done goes
    /// into the envelope.
    Encapsulating(Ticket, Backoff),
    /// There is an envelope, and no ack yet.
    Sent(Parcel),
    /// It said that it has this key.
    Acked(DeviceKid),
}

/// An envelope on its way.
#[derive(Debug)]
struct Parcel {
    counter: u64,
    kid: DeviceKid,
    content: Signing,
    retry: Backoff,
    /// When it is made again, unless it is acknowledged before.
    again: Option<Millis>,
}

impl Outgoing {
    /// To a member that just came.
    pub(super) const fn new() -> Self {
        Self {
            delivery: Delivery::Waiting,
            made: None,
            answers: [0; NONCE],
            acked: 0,
            knows_a_key: false,
        }
    }

    /// Whether the member waits for a key that was not sealed with before it came.
    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.delivery, Delivery::Waiting)
    }

    /// Whether an envelope was ever made for it in this membership.
    pub(super) const fn knows_a_key(&self) -> bool {
        self.knows_a_key
    }

    /// The counter of the last envelope that was acknowledged.
    pub(super) const fn acked(&self) -> u64 {
        self.acked
    }

    /// Whether the member said that it has this very key.
    pub(super) fn has(&self, kid: DeviceKid) -> bool {
        matches!(self.delivery, Delivery::Acked(has) if has == kid)
    }

    /// Whether the member comes from the key that it has to this one.
    pub(super) fn reaches(&self, newest: DeviceKid) -> bool {
        matches!(self.delivery, Delivery::Acked(kid) if newest.steps_after(kid).is_some())
    }

    /// There is a newer key for it, or it may have one now.
    pub(super) fn owe(&mut self, now: Millis) {
        if !matches!(self.delivery, Delivery::Owed(_) | Delivery::Encapsulating(..)) {
            self.delivery = owed(now);
        }
    }

    /// Another incarnation of the member is its newest: what was made for the one before is void.
    pub(super) fn entered(&mut self, now: Millis) {
        self.acked = 0;
        if !self.is_waiting() {
            self.delivery = owed(now);
        }
    }

    /// The member asks this question: an envelope that answers another one is made again, if the
    /// member has not said that it has it or does not hold us.
    pub(super) fn make_again(&mut self, question: Nonce, holds_us: bool, now: Millis) {
        let at = self.not_too_soon(now);
        if question == self.answers {
            return;
        }
        match &mut self.delivery {
            Delivery::Sent(parcel) => parcel.again = parcel.again.or(Some(at)),
            Delivery::Acked(_) if !holds_us => self.delivery = owed(at),
            _ => {}
        }
    }

    /// An envelope is made again, not too soon after the last one.
    pub(super) fn renew(&mut self, now: Millis) {
        if matches!(self.delivery, Delivery::Sent(_) | Delivery::Acked(_)) {
            self.delivery = owed(self.not_too_soon(now));
        }
    }

    /// The member has not heard our envelope, as it seems: it leaves again, not too soon after the
    /// last time.
    pub(super) fn hasten(&mut self, now: Millis) {
        let at = self.not_too_soon(now);
        if let Delivery::Sent(parcel) = &mut self.delivery {
            parcel.retry = Backoff::starting(at.min(parcel.retry.due()), LONGEST);
        }
    }

    /// The network is back: what is on its way leaves again.
    pub(super) const fn restart(&mut self, now: Millis) {
        match &mut self.delivery {
            Delivery::Owed(retry) => *retry = Backoff::starting(now, LONGEST),
            Delivery::Sent(parcel) => parcel.retry = Backoff::starting(now, LONGEST),
            Delivery::Waiting | Delivery::Encapsulating(..) | Delivery::Acked(_) => {}
        }
    }

    /// Whether an envelope may and shall be made now; `met`: whether there is whom to make it for.
    pub(super) fn is_due(&self, met: bool, now: Millis) -> bool {
        let at = match &self.delivery {
            Delivery::Owed(from) => Some(from.due()),
            Delivery::Sent(parcel) => parcel.again,
            Delivery::Waiting | Delivery::Encapsulating(..) | Delivery::Acked(_) => None,
        };
        met && at.is_some_and(|at| at <= now)
    }

    /// Has the outside encapsulate to the newest incarnation.
    pub(super) fn encapsulate(&mut self, keys: &AgreementKey, turn: &mut Turn<'_>) {
        let retry = match self.delivery {
            Delivery::Owed(retry) => retry,
            _ => Backoff::starting(turn.now, LONGEST),
        };
        let ticket = turn.outbox.ticket();
        let (kem, public) = (keys.suite().kem(), keys.outside().to_vec());
        turn.outbox.put(Output::Encapsulate { ticket, kem, public });
        self.delivery = Delivery::Encapsulating(ticket, retry);
    }

    /// Whether the outside encapsulates for it under this ticket.
    pub(super) fn waits_for(&self, of: Ticket) -> bool {
        matches!(self.delivery, Delivery::Encapsulating(ticket, _) if ticket == of)
    }

    /// The outside has encapsulated, and this is the envelope.
    pub(super) fn send(
        &mut self,
        counter: u64,
        statement: &Statement,
        message: Unsigned,
        to: DeviceId,
        turn: &mut Turn<'_>,
    ) {
        let kid = statement.kid;
        let content = Signing::begin(message, to, turn.outbox);
        let retry = Backoff::after(turn.now, turn.rng);
        self.delivery = Delivery::Sent(Parcel { counter, kid, content, retry, again: None });
        (self.made, self.answers) = (Some(turn.now), statement.answers);
        self.knows_a_key = true;
    }

    /// Sends the envelope again if it was not acknowledged in time.
    pub(super) fn send_again(&mut self, to: DeviceId, turn: &mut Turn<'_>) {
        if let Delivery::Sent(parcel) = &mut self.delivery
            && parcel.retry.due() <= turn.now
        {
            parcel.retry.again(turn.now, turn.rng);
            parcel.content.go_on(to, turn.outbox);
        }
    }

    /// Whether an ack of this envelope would change anything.
    pub(super) fn awaits(&self, counter: u64) -> bool {
        matches!(&self.delivery, Delivery::Sent(parcel) if parcel.counter == counter)
    }

    /// The member has the key of this envelope. An ack of an envelope that is not the one on its
    /// way says at least that its sender is alive.
    pub(super) fn acknowledge(&mut self, counter: u64) {
        self.acked = self.acked.max(counter);
        if let Delivery::Sent(parcel) = &self.delivery
            && parcel.counter == counter
        {
            self.delivery = Delivery::Acked(parcel.kid);
        }
    }

    /// When something is to be done next.
    pub(super) fn due(&self, met: bool) -> Option<Millis> {
        match &self.delivery {
            Delivery::Owed(from) => met.then(|| from.due()),
            Delivery::Sent(parcel) => parcel.again.into_iter().chain([parcel.retry.due()]).min(),
            Delivery::Waiting | Delivery::Encapsulating(..) | Delivery::Acked(_) => None,
        }
    }

    /// The outside signed the envelope, if the ticket is its.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE],
    ) -> Option<Vec<u8>> {
        match &mut self.delivery {
            Delivery::Sent(parcel) => parcel.content.finish(ticket, signature),
            _ => None,
        }
    }

    /// The outside could not sign the envelope, if the ticket is its.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        match &mut self.delivery {
            Delivery::Sent(parcel) => parcel.content.fail(ticket),
            _ => false,
        }
    }

    /// After an encapsulation that failed; whether the ticket was its.
    pub(super) fn put_off(&mut self, of: Ticket, now: Millis, rng: &mut dyn CryptoRng) -> bool {
        let Delivery::Encapsulating(ticket, mut retry) = self.delivery else { return false };
        if ticket == of {
            retry.again(now, rng);
            self.delivery = Delivery::Owed(retry);
        }
        ticket == of
    }

    fn not_too_soon(&self, now: Millis) -> Millis {
        self.made.map_or(now, |made| made.plus(ANSWER).max(now))
    }
}

/// To be made at `at`.
const fn owed(at: Millis) -> Delivery {
    Delivery::Owed(Backoff::starting(at, LONGEST))
}
