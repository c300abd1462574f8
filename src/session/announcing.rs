//! Announcements of our own incarnation to one member: again and again until its key has come, and
//! in answer to its own.

use super::Ticket;
use super::signing::Signing;
use super::timing::{ABSENT, ANSWER, Backoff, LONGEST};
use super::turn::Turn;
use crate::Millis;
use crate::envelope::{DeviceId, IncarnationId, NONCE, Nonce, SIGNATURE, Suite, Unsigned};
use alloc::vec::Vec;

/// When announcements to one member leave.
#[derive(Debug)]
pub(super) struct Announcing {
    retry: Backoff,
    /// The answer that is to be given next.
    owed: Option<Owed>,
    /// When the last answer was made.
    answered: Option<Millis>,
    /// Nothing leaves before this.
    silent: Option<Millis>,
    /// Whether it is repeated until an envelope comes, whatever the frames say.
    insists: bool,
    message: Option<Signing>,
}

#[derive(Debug)]
struct Owed {
    nonce: Nonce,
    /// The incarnation that asked.
    to: IncarnationId,
}

/// What an announcement to a member says of the member.
pub(super) struct Contents {
    pub(super) recipient: DeviceId,
    pub(super) suite: Suite,
    /// Our open nonce for it.
    pub(super) open: Nonce,
    /// The incarnation of it that we hold.
    pub(super) holds: Option<IncarnationId>,
}

impl Announcing {
    /// The first one leaves at `at`.
    pub(super) const fn starting(at: Millis) -> Self {
        let retry = Backoff::starting(at, ABSENT);
        Self { retry, owed: None, answered: None, silent: None, insists: false, message: None }
    }

    /// The member is there: from now on we do not wait long for it.
    pub(super) fn heard(&mut self, now: Millis) {
        self.retry.shorten(now, LONGEST);
    }

    /// Something is missing of the member: the next announcement leaves now.
    pub(super) const fn hasten(&mut self, now: Millis) {
        self.retry = Backoff::starting(now, LONGEST);
    }

    /// The network is back: waits begin anew.
    pub(super) const fn restart(&mut self, now: Millis, longest: u64) {
        self.retry = Backoff::starting(now, longest);
    }

    /// An incarnation of the member asks for an answer with this nonce; of several the last counts.
    pub(super) const fn answer(&mut self, nonce: Nonce, to: IncarnationId) {
        self.owed = Some(Owed { nonce, to });
    }

    /// An incarnation of the member is to hear who we are, unless an answer is owed already.
    pub(super) fn tell(&mut self, to: IncarnationId) {
        self.owed.get_or_insert(Owed { nonce: [0; NONCE], to });
    }

    /// Whether an answer is owed.
    pub(super) const fn owes(&self) -> bool {
        self.owed.is_some()
    }

    /// That incarnation knows who we are.
    pub(super) fn is_known_to(&mut self, id: IncarnationId) {
        self.owed.take_if(|owed| owed.to == id);
    }

    /// Says nothing until then, and announces itself from then on until an envelope comes.
    pub(super) fn fall_silent(&mut self, until: Millis) {
        (self.silent, self.insists, self.owed) = (Some(until), true, None);
        self.retry = Backoff::starting(until, LONGEST);
    }

    /// Is repeated from now on until an envelope comes.
    pub(super) const fn insist(&mut self, now: Millis) {
        self.insists = true;
        self.hasten(now);
    }

    /// Whether it is repeated until an envelope comes.
    pub(super) const fn insists(&self) -> bool {
        self.insists
    }

    /// An envelope came.
    pub(super) const fn keyed(&mut self) {
        self.insists = false;
    }

    /// Whether one is to leave now; `wanted`: whether the member's key has not come.
    pub(super) fn is_due(&self, wanted: bool, now: Millis) -> bool {
        self.due(wanted).is_some_and(|at| at <= now)
    }

    /// When the next one leaves; never while one is being signed, as that one would be lost.
    pub(super) fn due(&self, wanted: bool) -> Option<Millis> {
        if self.message.as_ref().is_some_and(Signing::is_under_way) {
            return None;
        }
        let owed = self.owed.as_ref().map(|_| match self.answered {
            Some(at) => at.plus(ANSWER),
            None => Millis(0),
        });
        let wanted = wanted || self.insists;
        let next = owed.into_iter().chain(wanted.then(|| self.retry.due())).min()?;
        Some(self.silent.map_or(next, |until| next.max(until)))
    }

    /// Makes one.
    pub(super) fn announce(&mut self, contents: &Contents, turn: &mut Turn<'_>) {
        self.retry.again(turn.now, turn.rng);
        let owed = self.owed.take();
        if owed.is_some() {
            self.answered = Some(turn.now);
        }
        let answers = owed.map_or([0; NONCE], |owed| owed.nonce);
        let Contents { recipient, suite, open, holds } = *contents;
        let header = turn.own.header(suite, recipient, holds);
        let question = turn.own.question();
        let message = Unsigned::announcement(&header, turn.own.device(), open, answers, &question);
        self.message = Some(Signing::begin(message, recipient, turn.outbox));
    }

    /// The outside signed it, if the ticket is its.
    pub(super) fn finish(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE],
    ) -> Option<Vec<u8>> {
        self.message.as_mut()?.finish(ticket, signature)
    }

    /// The outside could not sign it, if the ticket is its.
    pub(super) fn fail(&mut self, ticket: Ticket) -> bool {
        self.message.as_mut().is_some_and(|message| message.fail(ticket))
    }
}
