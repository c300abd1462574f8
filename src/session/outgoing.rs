//! Our key on its way to one member.

use super::signing::PendingSignature;
use super::timing::{ABSENT, ANSWER, Backoff, LONGEST};
use super::turn::Turn;
use super::{Output, Ticket};
use crate::Millis;
use crate::envelope::{
    AgreementKey, DeviceId, NONCE_LEN, Nonce, Question, SIGNATURE_LEN, Statement, Unsigned,
};
use crate::key::DeviceKid;
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// After 60,000 milliseconds of doubt about the member's own key it is asked less often.
const PATIENCE: u64 = 60_000;

/// The delivery of our newest key to one member.
#[derive(Debug)]
pub(super) struct Outgoing {
    delivery: Delivery,
    /// The time of the last envelope.
    made: Option<Millis>,
    /// The nonce of the question that the last envelope answers.
    answers: Nonce,
    /// The counter of the last acknowledged envelope.
    acked: u64,
    /// Whether any envelope was made for the member in this membership.
    knows_a_key: bool,
}

#[derive(Debug)]
enum Delivery {
    /// The member is new. It must not get a key that has sealed anything before it came.
    Waiting,
    /// The member must get the newest key. The envelope is made once an incarnation is known, and
    /// at the given time: later if the host refused the member's public key.
    Queued(Backoff),
    /// The host is encapsulating. The key that is the newest when it has finished goes into the
    /// envelope.
    Encapsulating(Ticket, Backoff),
    /// An envelope exists.
    Sent(SentEnvelope),
}

/// An envelope that was made, and possibly acknowledged.
#[derive(Debug)]
struct SentEnvelope {
    counter: u64,
    kid: DeviceKid,
    /// The question in the envelope.
    question: Question,
    content: PendingSignature,
    /// Whether the member has acknowledged the key.
    acked: bool,
    retry: Backoff,
    /// The time to make the envelope again, unless it is acknowledged before.
    again: Option<Millis>,
}

impl Outgoing {
    /// The state for a member that just came.
    pub(super) const fn new() -> Self {
        Self {
            delivery: Delivery::Waiting,
            made: None,
            answers: [0; NONCE_LEN],
            acked: 0,
            knows_a_key: false,
        }
    }

    /// Whether the member waits for a key that sealed nothing before it came.
    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.delivery, Delivery::Waiting)
    }

    /// Whether any envelope was made for the member in this membership.
    pub(super) const fn knows_a_key(&self) -> bool {
        self.knows_a_key
    }

    /// The counter of the last acknowledged envelope.
    pub(super) const fn acked(&self) -> u64 {
        self.acked
    }

    /// Whether the member has acknowledged this key.
    pub(super) fn has(&self, kid: DeviceKid) -> bool {
        self.acked_kid() == Some(kid)
    }

    /// Whether the member can derive this key from the one that it has acknowledged.
    pub(super) fn reaches(&self, newest: DeviceKid) -> bool {
        self.acked_kid().is_some_and(|kid| newest.steps_after(kid).is_some())
    }

    /// Queues an envelope with the newest key.
    pub(super) fn queue_envelope(&mut self, now: Millis) {
        if !matches!(self.delivery, Delivery::Queued(_) | Delivery::Encapsulating(..)) {
            self.delivery = queued(now);
        }
    }

    /// Another incarnation of the member is the newest: envelopes to the one before are void.
    pub(super) fn entered(&mut self, now: Millis) {
        self.acked = 0;
        if !self.is_waiting() {
            self.delivery = queued(now);
        }
    }

    /// The member asks this question. An envelope that answers another question is made again, if
    /// the member has not acknowledged it or does not hold us.
    pub(super) fn make_again(&mut self, question: Nonce, holds_us: bool, now: Millis) {
        let at = self.not_too_soon(now);
        if question == self.answers {
            return;
        }
        match &mut self.delivery {
            Delivery::Sent(parcel) if !parcel.acked => parcel.again = parcel.again.or(Some(at)),
            Delivery::Sent(_) if !holds_us => self.delivery = queued(at),
            _ => {}
        }
    }

    /// Makes an envelope again, but not too soon after the last one.
    pub(super) fn renew(&mut self, now: Millis) {
        if matches!(self.delivery, Delivery::Sent(_)) {
            self.delivery = queued(self.not_too_soon(now));
        }
    }

    /// The member seems to have missed our envelope: repeats it, but not too soon after the last
    /// time.
    pub(super) fn hasten(&mut self, now: Millis) {
        let at = self.not_too_soon(now);
        if let Delivery::Sent(parcel) = &mut self.delivery
            && !parcel.acked
        {
            parcel.retry = Backoff::starting(at.min(parcel.retry.due()), LONGEST);
        }
    }

    /// The member's own key is in doubt, or our roster has changed since. Repeats an acknowledged
    /// envelope at `at`, because each ack brings a statement.
    pub(super) fn ask(&mut self, at: Millis, was_asked: bool) {
        if let Delivery::Sent(parcel) = &mut self.delivery
            && parcel.acked
        {
            let due = if was_asked { parcel.retry.due().min(at) } else { at };
            parcel.retry = Backoff::starting(due, LONGEST);
        }
    }

    /// The network is back: repeats unacknowledged envelopes now.
    pub(super) const fn restart(&mut self, now: Millis) {
        match &mut self.delivery {
            Delivery::Queued(retry) => *retry = Backoff::starting(now, LONGEST),
            Delivery::Sent(parcel) => parcel.retry = Backoff::starting(now, LONGEST),
            Delivery::Waiting | Delivery::Encapsulating(..) => {}
        }
    }

    /// Whether to make an envelope now. `met` says whether an incarnation is known. If the member's
    /// key is in doubt since `doubt`, the envelope must contain `question`.
    pub(super) fn is_due(
        &self,
        met: bool,
        doubt: Option<Millis>,
        question: &Question,
        now: Millis,
    ) -> bool {
        let at = match &self.delivery {
            Delivery::Queued(from) => Some(from.due()),
            Delivery::Sent(parcel) if parcel.is_stale(doubt, question) => parcel.due(),
            Delivery::Sent(parcel) => parcel.again,
            Delivery::Waiting | Delivery::Encapsulating(..) => None,
        };
        met && at.is_some_and(|at| at <= now)
    }

    /// Asks the host to encapsulate to the newest incarnation.
    pub(super) fn encapsulate(&mut self, keys: &AgreementKey, turn: &mut Turn<'_>) {
        let retry = match self.delivery {
            Delivery::Queued(retry) => retry,
            _ => Backoff::starting(turn.now, LONGEST),
        };
        let ticket = turn.outbox.ticket();
        let (kem, public) = (keys.suite().kem(), keys.host_part().to_vec());
        turn.outbox.put(Output::Encap { ticket, kem, public });
        self.delivery = Delivery::Encapsulating(ticket, retry);
    }

    /// Whether the host encapsulates for the member under this ticket.
    pub(super) fn waits_for(&self, of: Ticket) -> bool {
        matches!(self.delivery, Delivery::Encapsulating(ticket, _) if ticket == of)
    }

    /// Sends the envelope that was made with the host's encapsulation.
    pub(super) fn send(
        &mut self,
        counter: u64,
        statement: &Statement,
        message: Unsigned,
        to: DeviceId,
        turn: &mut Turn<'_>,
    ) {
        let kid = statement.kid;
        let content = PendingSignature::begin(message, to, turn.outbox);
        let (retry, question) = (Backoff::after(turn.now, turn.rng), turn.own.question());
        let (acked, again) = (false, None);
        let parcel = SentEnvelope { counter, kid, question, content, acked, retry, again };
        self.delivery = Delivery::Sent(parcel);
        (self.made, self.answers) = (Some(turn.now), statement.answers);
        self.knows_a_key = true;
    }

    /// Repeats the envelope if it was not acknowledged in time, or if the member's own key is in
    /// doubt.
    pub(super) fn send_again(&mut self, to: DeviceId, doubt: Option<Millis>, turn: &mut Turn<'_>) {
        let Delivery::Sent(parcel) = &mut self.delivery else { return };
        let wanted = !parcel.acked || doubt.is_some();
        let stale = parcel.is_stale(doubt, &turn.own.question());
        if !wanted || stale || turn.now < parcel.retry.due() {
            return;
        }
        if parcel.acked && doubt.is_some_and(|since| turn.now.since(since) >= PATIENCE) {
            parcel.retry.lengthen(ABSENT);
        }
        parcel.retry.again(turn.now, turn.rng);
        parcel.content.advance(to, turn.outbox);
    }

    /// Whether an ack of this envelope would change anything.
    pub(super) fn awaits(&self, counter: u64) -> bool {
        let awaits = |parcel: &SentEnvelope| !parcel.acked && parcel.counter == counter;
        matches!(&self.delivery, Delivery::Sent(parcel) if awaits(parcel))
    }

    /// The member has the key of this envelope. An ack of an earlier envelope still shows that its
    /// sender is alive.
    pub(super) fn acknowledge(&mut self, counter: u64) {
        self.acked = self.acked.max(counter);
        if let Delivery::Sent(parcel) = &mut self.delivery
            && parcel.counter == counter
        {
            (parcel.acked, parcel.again) = (true, None);
        }
    }

    /// The time of the next task.
    pub(super) fn due(&self, met: bool, doubt: Option<Millis>) -> Option<Millis> {
        match &self.delivery {
            Delivery::Queued(from) => met.then(|| from.due()),
            Delivery::Sent(parcel) if parcel.acked && doubt.is_none() => None,
            Delivery::Sent(parcel) => parcel.due(),
            Delivery::Waiting | Delivery::Encapsulating(..) => None,
        }
    }

    /// Completes the envelope if the ticket belongs to it: the host has signed it.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE_LEN],
    ) -> Option<Vec<u8>> {
        match &mut self.delivery {
            Delivery::Sent(parcel) => parcel.content.finish(ticket, signature),
            _ => None,
        }
    }

    /// The host could not sign. Returns whether the ticket belongs to the envelope.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        match &mut self.delivery {
            Delivery::Sent(parcel) => parcel.content.fail(ticket),
            _ => false,
        }
    }

    /// Queues the envelope again after a failed encapsulation. Returns whether the ticket belongs
    /// to it.
    pub(super) fn retry_later(&mut self, of: Ticket, now: Millis, rng: &mut dyn CryptoRng) -> bool {
        let Delivery::Encapsulating(ticket, mut retry) = self.delivery else { return false };
        if ticket == of {
            retry.again(now, rng);
            self.delivery = Delivery::Queued(retry);
        }
        ticket == of
    }

    fn acked_kid(&self) -> Option<DeviceKid> {
        match &self.delivery {
            Delivery::Sent(parcel) => parcel.acked.then_some(parcel.kid),
            _ => None,
        }
    }

    fn not_too_soon(&self, now: Millis) -> Millis {
        self.made.map_or(now, |made| made.plus(ANSWER).max(now))
    }
}

impl SentEnvelope {
    /// The time to make or repeat the envelope.
    fn due(&self) -> Option<Millis> {
        self.again.into_iter().chain([self.retry.due()]).min()
    }

    /// Whether the member's key is in doubt since `doubt`, and the envelope does not contain
    /// `question`.
    fn is_stale(&self, doubt: Option<Millis>, question: &Question) -> bool {
        doubt.is_some() && self.question != *question
    }
}

/// A delivery queued for `at`.
const fn queued(at: Millis) -> Delivery {
    Delivery::Queued(Backoff::starting(at, LONGEST))
}
