//! The newest incarnation of a member. An incarnation becomes the newest only by answering our open
//! nonce. A message from before the member came onto our roster cannot answer it.

use super::questions::draw;
use super::twins::{Twins, Verdict};
use crate::Millis;
use crate::envelope::{AgreementKey, Announcement, Header, IncarnationId, Nonce, Question};
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// At most 16 earlier incarnations of a member are remembered.
const MAX_FORMER: usize = 16;

/// The known incarnations of a member.
#[derive(Debug)]
pub(super) struct Meeting {
    /// An incarnation that answers this nonce was alive after it was drawn. Used once.
    open: Nonce,
    newest: Option<Met>,
    /// Earlier newest incarnations of this membership, each with the counter of its last accepted
    /// envelope.
    former: Vec<(IncarnationId, u64)>,
    twins: Twins,
    /// Whether any genuine message arrived in this membership.
    heard: bool,
}

/// The newest incarnation.
#[derive(Debug)]
struct Met {
    id: IncarnationId,
    keys: AgreementKey,
    /// The newest question of this incarnation.
    question: Question,
    /// The highest counter of its announcements and envelopes.
    counter: u64,
}

/// The outcome of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// From the newest incarnation, but older than its last message.
    Replay,
    /// From the newest incarnation.
    Known,
    /// The sender is the newest incarnation from now on. `accepted` is the counter of its last
    /// accepted envelope, if it was the newest before.
    Entered { accepted: u64 },
    /// The sender has not answered our nonce.
    Stranger,
    /// The sender and the newest incarnation are both alive. `accepted` is as above if the sender
    /// is kept. `news` says whether to report it to the application.
    Twins { accepted: Option<u64>, news: bool },
}

impl Meeting {
    /// Starts with a member that just came onto the roster.
    pub(super) fn new(rng: &mut dyn CryptoRng) -> Self {
        let (former, twins) = (Vec::new(), Twins::default());
        Self { open: draw(rng), newest: None, former, twins, heard: false }
    }

    /// The nonce that an announcement must answer.
    pub(super) const fn open(&self) -> Nonce {
        self.open
    }

    /// The newest incarnation.
    pub(super) fn newest(&self) -> Option<IncarnationId> {
        self.newest.as_ref().map(|met| met.id)
    }

    pub(super) fn is_newest(&self, id: IncarnationId) -> bool {
        self.newest() == Some(id)
    }

    /// The keys that envelopes to the newest incarnation are sealed to.
    pub(super) fn keys(&self) -> Option<&AgreementKey> {
        self.newest.as_ref().map(|met| &met.keys)
    }

    /// The newest question of the newest incarnation.
    pub(super) fn question(&self) -> Option<Question> {
        self.newest.as_ref().map(|met| met.question)
    }

    /// Notes a genuine message. Returns whether it is the first.
    pub(super) const fn record_heard(&mut self) -> bool {
        !core::mem::replace(&mut self.heard, true)
    }

    /// Whether any genuine message arrived in this membership.
    pub(super) const fn is_heard(&self) -> bool {
        self.heard
    }

    pub(super) const fn twins(&self) -> &Twins {
        &self.twins
    }

    pub(super) const fn twins_mut(&mut self) -> &mut Twins {
        &mut self.twins
    }

    /// Whether the announcement would change nothing because a newer message of its sender arrived.
    pub(super) fn is_replay(&self, header: &Header) -> bool {
        let newest = self.newest.as_ref().filter(|met| met.id == header.from);
        newest.is_some_and(|met| header.counter <= met.counter)
    }

    /// Takes a genuine announcement. `acked` is the counter of the last envelope that the newest
    /// incarnation acknowledged, `counter` that of our last message, and `accepted` that of the
    /// last accepted envelope of the newest incarnation.
    pub(super) fn arrive(
        &mut self,
        header: &Header,
        announcement: &Announcement,
        keys: AgreementKey,
        (acked, counter, accepted): (u64, u64, u64),
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Arrival {
        let question = announcement.question;
        if self.is_newest(header.from) {
            return if self.ask(header, question) { Arrival::Known } else { Arrival::Replay };
        }
        if announcement.answers != self.open {
            return Arrival::Stranger;
        }
        self.open = draw(rng);
        let met = Met { id: header.from, keys, question, counter: header.counter };
        let was_newest = self.former.iter().any(|(id, _)| *id == met.id);
        let Some(newest) = self.newest().filter(|_| was_newest) else {
            return Arrival::Entered { accepted: self.enter(met, accepted) };
        };
        match self.twins.judge(newest, met.id, acked, counter, now) {
            Verdict::Gone => Arrival::Entered { accepted: self.enter(met, accepted) },
            Verdict::Both { kept, news } => {
                let accepted = (kept == met.id).then(|| self.enter(met, accepted));
                Arrival::Twins { accepted, news }
            }
        }
    }

    /// Takes the question of a genuine message. Returns whether it is the newest one of the newest
    /// incarnation.
    pub(super) fn ask(&mut self, header: &Header, question: Question) -> bool {
        let Some(met) = self.newest.as_mut().filter(|met| met.id == header.from) else {
            return false;
        };
        if header.counter <= met.counter {
            return false;
        }
        (met.counter, met.question) = (header.counter, question);
        true
    }

    /// Makes another incarnation the newest. `accepted` belongs to the one before. Returns the new
    /// one's.
    fn enter(&mut self, met: Met, accepted: u64) -> u64 {
        let known = self.former.iter().position(|(id, _)| *id == met.id);
        let of_new = known.map_or(0, |at| self.former.remove(at).1);
        if let Some(before) = self.newest.replace(met) {
            if self.former.len() == MAX_FORMER {
                self.former.remove(0);
            }
            self.former.push((before.id, accepted));
        }
        of_new
    }
}
