//! Two incarnations of one device that are both alive, such as two tabs with one recovered device.
//! Every peer keeps the same one, and refuses and informs the other.

use super::signing::PendingSignature;
use super::timing::{NOTE, REFUSED};
use crate::Millis;
use crate::envelope::IncarnationId;

/// Our knowledge of twins of one member.
#[derive(Debug, Default)]
pub(super) struct Twins {
    judged: Option<Judgement>,
    refused: Option<Refused>,
    /// Our last note to the refused incarnation.
    note: Option<PendingSignature>,
    /// The highest counter of the member's notes to us.
    heard: u64,
    /// The time until which the member refuses us.
    silent: Option<Millis>,
}

#[derive(Debug)]
struct Judgement {
    pair: [IncarnationId; 2],
    at: Millis,
    /// The counter of our last message at that time.
    counter: u64,
}

#[derive(Debug)]
struct Refused {
    id: IncarnationId,
    until: Millis,
    noted: Option<Millis>,
}

/// The verdict about two incarnations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The earlier newest one is gone.
    Gone,
    /// Both are alive. `news` says whether to report it to the application.
    Both { kept: IncarnationId, news: bool },
}

impl Twins {
    /// Judges `sender`, which was the newest before `newest` and has shown that it is alive.
    /// `acked` is the counter of the last envelope that `newest` acknowledged, `counter` that of
    /// our last message.
    ///
    /// The higher id is kept, so that every peer keeps the same one. If that one acknowledges
    /// nothing made after the last judgement for 30 seconds, it is gone. A server that withholds
    /// acks cannot make the two alternate faster.
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

    /// Whether to answer a message of the refused incarnation with a note: the last note is old
    /// enough.
    pub(super) fn is_note_due(&self, now: Millis) -> bool {
        let owes = |refused: &Refused| refused.noted.is_none_or(|at| now.since(at) >= NOTE);
        self.refused.as_ref().is_some_and(owes)
    }

    /// Records the note to the refused incarnation that is being signed.
    pub(super) fn record_note(&mut self, note: PendingSignature, now: Millis) {
        self.refused.iter_mut().for_each(|refused| refused.noted = Some(now));
        self.note = Some(note);
    }

    /// The note that is being signed.
    pub(super) const fn note_mut(&mut self) -> Option<&mut PendingSignature> {
        self.note.as_mut()
    }

    /// Whether a note of the member to us is newer than all before.
    pub(super) const fn is_newer(&self, counter: u64) -> bool {
        counter > self.heard
    }

    /// Records a genuine note of the member to us.
    pub(super) const fn record_note_to_us(&mut self, counter: u64) {
        self.heard = counter;
    }

    /// The member refuses us: we send nothing to it for 30 seconds.
    pub(super) fn fall_silent(&mut self, now: Millis) {
        self.silent = Some(now.plus(REFUSED));
    }

    /// The time until which we send nothing to the member.
    pub(super) fn silent_until(&self, now: Millis) -> Option<Millis> {
        self.silent.filter(|until| now < *until)
    }
}
