//! Which incarnation of a member is its newest. Only an answer to a nonce that is open says so:
//! what was made before the member came onto our roster answers none.

use super::own::draw;
use super::twins::{Twins, Verdict};
use crate::Millis;
use crate::envelope::{AgreementKey, Announcement, Header, IncarnationId, Nonce};
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// How many earlier incarnations of a member are remembered.
const FORMER: usize = 16;

/// What we know of a member's incarnations.
#[derive(Debug)]
pub(super) struct Meeting {
    /// Who answers this was alive after it was drawn. Used once.
    open: Nonce,
    newest: Option<Met>,
    /// Those that were newest before, in this membership, each with the counter of the last
    /// envelope that was taken of it.
    former: Vec<(IncarnationId, u64)>,
    twins: Twins,
    /// Whether anything genuine was heard in this membership.
    heard: bool,
}

/// The newest incarnation.
#[derive(Debug)]
struct Met {
    id: IncarnationId,
    keys: AgreementKey,
    /// The nonce of the newest question that it asked.
    question: Nonce,
    /// The highest counter of its announcements and envelopes.
    counter: u64,
}

/// What an announcement turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Of the newest incarnation, but older than what was heard of it.
    Replay,
    /// Of the newest incarnation.
    Known,
    /// Its sender is the newest incarnation from now on; `taken` is the counter of the last
    /// envelope that was taken of it, if it was the newest before.
    Entered { taken: u64 },
    /// Its sender has not answered our nonce.
    Stranger,
    /// Its sender and the newest are both alive; `taken` as above, if its sender is kept; whether
    /// the application is to be told.
    Twins { taken: Option<u64>, news: bool },
}

impl Meeting {
    /// With a member that just came onto the roster.
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

    /// What envelopes to the newest incarnation are sealed to.
    pub(super) fn keys(&self) -> Option<&AgreementKey> {
        self.newest.as_ref().map(|met| &met.keys)
    }

    /// The nonce of the newest question that the newest incarnation asked.
    pub(super) fn question(&self) -> Option<Nonce> {
        self.newest.as_ref().map(|met| met.question)
    }

    /// Notes that something genuine came; whether it is the first.
    pub(super) const fn hear(&mut self) -> bool {
        !core::mem::replace(&mut self.heard, true)
    }

    /// Whether anything genuine came in this membership.
    pub(super) const fn is_heard(&self) -> bool {
        self.heard
    }

    pub(super) const fn twins(&self) -> &Twins {
        &self.twins
    }

    pub(super) const fn twins_mut(&mut self) -> &mut Twins {
        &mut self.twins
    }

    /// Whether the announcement would change nothing: of one that is heard already.
    pub(super) fn is_replay(&self, header: &Header) -> bool {
        let newest = self.newest.as_ref().filter(|met| met.id == header.from);
        newest.is_some_and(|met| header.counter <= met.counter)
    }

    /// A genuine announcement. `acked` is the counter of the last envelope that the newest
    /// incarnation acknowledged, `counter` that of the last message which we made, `taken` that of
    /// the last envelope of the newest incarnation which was taken.
    pub(super) fn arrive(
        &mut self,
        header: &Header,
        announcement: &Announcement,
        keys: AgreementKey,
        (acked, counter, taken): (u64, u64, u64),
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Arrival {
        let nonce = announcement.question.nonce;
        if self.is_newest(header.from) {
            return if self.ask(header, nonce) { Arrival::Known } else { Arrival::Replay };
        }
        if announcement.answers != self.open {
            return Arrival::Stranger;
        }
        self.open = draw(rng);
        let met = Met { id: header.from, keys, question: nonce, counter: header.counter };
        let was_newest = self.former.iter().any(|(id, _)| *id == met.id);
        let Some(newest) = self.newest().filter(|_| was_newest) else {
            return Arrival::Entered { taken: self.enter(met, taken) };
        };
        match self.twins.judge(newest, met.id, acked, counter, now) {
            Verdict::Gone => Arrival::Entered { taken: self.enter(met, taken) },
            Verdict::Both { kept, news } => {
                let taken = (kept == met.id).then(|| self.enter(met, taken));
                Arrival::Twins { taken, news }
            }
        }
    }

    /// A genuine message of the newest incarnation asks this; whether that is the newest of it.
    pub(super) fn ask(&mut self, header: &Header, nonce: Nonce) -> bool {
        let Some(met) = self.newest.as_mut().filter(|met| met.id == header.from) else {
            return false;
        };
        if header.counter <= met.counter {
            return false;
        }
        (met.counter, met.question) = (header.counter, nonce);
        true
    }

    /// Another one is the newest; `taken` is of the one before. Returns that of the new one.
    fn enter(&mut self, met: Met, taken: u64) -> u64 {
        let known = self.former.iter().position(|(id, _)| *id == met.id);
        let of_new = known.map_or(0, |at| self.former.remove(at).1);
        if let Some(before) = self.newest.replace(met) {
            if self.former.len() == FORMER {
                self.former.remove(0);
            }
            self.former.push((before.id, taken));
        }
        of_new
    }
}
