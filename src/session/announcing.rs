//! Announcements of our own incarnation to one member: repeated until its key arrives, and sent in
//! answer to its announcements.

use super::Ticket;
use super::signing::PendingSignature;
use super::timing::{ABSENT, ANSWER, Backoff, LONGEST};
use super::turn::Turn;
use crate::Millis;
use crate::envelope::{DeviceId, IncarnationId, NONCE_LEN, Nonce, SIGNATURE_LEN, Suite, Unsigned};
use alloc::vec::Vec;

/// The schedule of announcements to one member.
#[derive(Debug)]
pub(super) struct Announcing {
    retry: Backoff,
    /// The next answer to send.
    queued: Option<QueuedAnswer>,
    /// The time of the last answer.
    answered: Option<Millis>,
    /// No announcement is sent before this time.
    silent: Option<Millis>,
    /// Whether it is repeated until an envelope comes, even if frames of the member open.
    insists: bool,
    message: Option<PendingSignature>,
}

#[derive(Debug)]
struct QueuedAnswer {
    nonce: Nonce,
    /// The incarnation that asked.
    to: IncarnationId,
}

/// The parts of an announcement that depend on the member.
pub(super) struct Contents {
    pub(super) recipient: DeviceId,
    pub(super) suite: Suite,
    /// The open nonce for the member.
    pub(super) open: Nonce,
    /// The member's incarnation that we hold.
    pub(super) holds: Option<IncarnationId>,
}

impl Announcing {
    /// Sends the first announcement at `at`.
    pub(super) const fn starting(at: Millis) -> Self {
        let retry = Backoff::starting(at, ABSENT);
        Self { retry, queued: None, answered: None, silent: None, insists: false, message: None }
    }

    /// The member is present: retries become frequent.
    pub(super) fn member_is_present(&mut self, now: Millis) {
        self.retry.shorten(now, LONGEST);
    }

    /// Something of the member is missing: sends the next announcement now.
    pub(super) const fn hasten(&mut self, now: Millis) {
        self.retry = Backoff::starting(now, LONGEST);
    }

    /// The network is back: retries start again.
    pub(super) const fn restart(&mut self, now: Millis, longest: u64) {
        self.retry = Backoff::starting(now, longest);
    }

    /// Queues an answer to an incarnation of the member that asks with this nonce. A later one
    /// replaces it.
    pub(super) const fn queue_answer(&mut self, nonce: Nonce, to: IncarnationId) {
        self.queued = Some(QueuedAnswer { nonce, to });
    }

    /// Queues an announcement to an incarnation that does not know us, unless an answer is queued.
    pub(super) fn introduce(&mut self, to: IncarnationId) {
        self.queued.get_or_insert(QueuedAnswer { nonce: [0; NONCE_LEN], to });
    }

    /// Whether an answer is queued.
    pub(super) const fn has_queued_answer(&self) -> bool {
        self.queued.is_some()
    }

    /// Drops the answer to an incarnation that knows us already.
    pub(super) fn is_known_to(&mut self, id: IncarnationId) {
        self.queued.take_if(|queued| queued.to == id);
    }

    /// Stays silent until then. Afterwards it announces us until an envelope comes.
    pub(super) fn fall_silent(&mut self, until: Millis) {
        (self.silent, self.insists, self.queued) = (Some(until), true, None);
        self.retry = Backoff::starting(until, LONGEST);
    }

    /// Announces us from now on until an envelope comes.
    pub(super) const fn insist(&mut self, now: Millis) {
        self.insists = true;
        self.hasten(now);
    }

    /// Whether announcements are repeated until an envelope comes.
    pub(super) const fn insists(&self) -> bool {
        self.insists
    }

    /// An envelope arrived.
    pub(super) const fn keyed(&mut self) {
        self.insists = false;
    }

    /// Whether an announcement is due. `wanted` says whether the member's key is still missing.
    pub(super) fn is_due(&self, wanted: bool, now: Millis) -> bool {
        self.due(wanted).is_some_and(|at| at <= now)
    }

    /// The time of the next announcement. `None` while one is being signed: a second would replace
    /// it.
    pub(super) fn due(&self, wanted: bool) -> Option<Millis> {
        if self.message.as_ref().is_some_and(PendingSignature::is_pending) {
            return None;
        }
        let queued = self.queued.as_ref().map(|_| match self.answered {
            Some(at) => at.plus(ANSWER),
            None => Millis(0),
        });
        let wanted = wanted || self.insists;
        let next = queued.into_iter().chain(wanted.then(|| self.retry.due())).min()?;
        Some(self.silent.map_or(next, |until| next.max(until)))
    }

    /// Makes an announcement.
    pub(super) fn announce(&mut self, contents: &Contents, turn: &mut Turn<'_>) {
        self.retry.again(turn.now, turn.rng);
        let queued = self.queued.take();
        if queued.is_some() {
            self.answered = Some(turn.now);
        }
        let answers = queued.map_or([0; NONCE_LEN], |queued| queued.nonce);
        let Contents { recipient, suite, open, holds } = *contents;
        let header = turn.own.header(suite, recipient, holds);
        let question = turn.own.question();
        let message = Unsigned::announcement(&header, turn.own.device(), open, answers, &question);
        self.message = Some(PendingSignature::begin(message, recipient, turn.outbox));
    }

    /// Completes the announcement if the ticket belongs to it: the host has signed it.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE_LEN],
    ) -> Option<Vec<u8>> {
        self.message.as_mut()?.finish(ticket, signature)
    }

    /// The host could not sign. Returns whether the ticket belongs to the announcement.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        self.message.as_mut().is_some_and(|message| message.fail(ticket))
    }
}
