//! Two incarnations of one device that are both alive, as two tabs with one recovered device: one
//! is kept, by every peer the same, and the other is refused and told.

use super::signing::Signing;
use super::timing::{NOTE, REFUSED};
use crate::Millis;
use crate::envelope::IncarnationId;

/// What we found about twins of one member.
#[derive(Debug, Default)]
pub(super) struct Twins {
    judged: Option<Judgement>,
    refused: Option<Refused>,
    /// Our last note to the refused one.
    note: Option<Signing>,
    /// The highest counter of the member's notes to us.
    heard: u64,
    /// Until when the member refuses us.
    silent: Option<Millis>,
}

#[derive(Debug)]
struct Judgement {
    pair: [IncarnationId; 2],
    at: Millis,
    /// Of the last message that we had made then.
    counter: u64,
}

#[derive(Debug)]
struct Refused {
    id: IncarnationId,
    until: Millis,
    noted: Option<Millis>,
}

/// Who of two is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The newest of before is gone.
    Gone,
    /// Both are alive; whether the application is to be told.
    Both { kept: IncarnationId, news: bool },
}

impl Twins {
    /// `sender` was newest before `newest`, and has shown that it is alive. `acked` is the counter
    /// of the last envelope that `newest` acknowledged, `counter` that of the last message which we
    /// made.
    ///
    /// The higher one is kept, so that every peer keeps the same. If for 30 seconds it has
    /// acknowledged nothing that was made since they were judged last, it is gone. A server that
    /// withholds acks can make the two change places no faster.
    pub(super) fn judge(
        &mut self,
        newest: IncarnationId,
        sender: IncarnationId,
        acked: u64,
        counter: u64,
        now: Millis,
    ) -> Verdict {
        let pair = [newest.min(sender), newest.max(sender)];
        let before = self.judged.take_if(|before| before.pair == pair);
        let long_ago = |before: &&Judgement| now.since(before.at) >= REFUSED;
        let silent = before.as_ref().filter(long_ago).is_some_and(|it| acked <= it.counter);
        self.judged = Some(Judgement { pair, at: now, counter });
        if silent {
            self.refused = None;
            return Verdict::Gone;
        }
        let [id, kept] = pair;
        self.refused = Some(Refused { id, until: now.plus(REFUSED), noted: None });
        Verdict::Both { kept, news: before.is_none() }
    }

    /// Whether this incarnation of the member is refused now.
    pub(super) fn refuses(&self, id: IncarnationId, now: Millis) -> bool {
        self.refused.as_ref().is_some_and(|refused| refused.id == id && now < refused.until)
    }

    /// The incarnation that was refused last.
    pub(super) fn refused(&self) -> Option<IncarnationId> {
        self.refused.as_ref().map(|refused| refused.id)
    }

    /// Whether a message of the refused incarnation earns it a note: the last one is long enough
    /// ago.
    pub(super) fn owes_note(&self, now: Millis) -> bool {
        let owes = |refused: &Refused| refused.noted.is_none_or(|at| now.since(at) >= NOTE);
        self.refused.as_ref().is_some_and(owes)
    }

    /// The refused incarnation is told, by the note that is being signed.
    pub(super) fn noted(&mut self, note: Signing, now: Millis) {
        self.refused.iter_mut().for_each(|refused| refused.noted = Some(now));
        self.note = Some(note);
    }

    /// The note that is being signed.
    pub(super) const fn note_mut(&mut self) -> Option<&mut Signing> {
        self.note.as_mut()
    }

    /// Whether a note of the member to us is newer than all before.
    pub(super) const fn is_news(&self, counter: u64) -> bool {
        counter > self.heard
    }

    /// A genuine note of the member to us.
    pub(super) const fn hear(&mut self, counter: u64) {
        self.heard = counter;
    }

    /// The member refuses us: we say nothing to it for a while.
    pub(super) fn fall_silent(&mut self, now: Millis) {
        self.silent = Some(now.plus(REFUSED));
    }

    /// Until when we say nothing to the member.
    pub(super) fn silent_until(&self, now: Millis) -> Option<Millis> {
        self.silent.filter(|until| now < *until)
    }
}
