//! The effects of a member's messages.

use super::Member;
use crate::Millis;
use crate::envelope::{
    Ack, AgreementKey, Announcement, Body, Header, IncarnationId, Message, Unsigned,
};
use crate::session::Output;
use crate::session::incoming::{Opening, Reception};
use crate::session::meeting::Arrival;
use crate::session::own::Own;
use crate::session::signing::PendingSignature;
use crate::session::timing::{Backoff, NAMED};
use crate::session::turn::Turn;
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Member {
    /// Whether a message would change anything if it is genuine. A copy of an accepted envelope
    /// would not, and is acknowledged at once.
    pub(in crate::session) fn needs_verification(
        &mut self,
        message: &Message,
        turn: &mut Turn<'_>,
    ) -> bool {
        let header = &message.header;
        if self.meeting.twins().refuses(header.from, turn.now) {
            return self.meeting.twins().is_note_due(turn.now);
        }
        match &message.body {
            Body::Announcement(_) => !self.meeting.is_replay(header),
            Body::Twice { .. } => {
                let news = self.meeting.twins().is_newer(header.counter);
                news && self.meeting.is_newest(header.from)
            }
            _ if !self.is_between_newest(header, turn.own) => {
                !self.announcing.has_queued_answer() || self.is_new_stray(message, turn.own)
            }
            Body::Envelope(_) => match self.reception(message, turn.own) {
                Reception::Open => true,
                Reception::Acknowledge => {
                    self.acknowledge(turn);
                    false
                }
                Reception::Ignore => false,
            },
            Body::Ack(ack) => {
                let asked = self.trust.doubt().is_some() && self.trust.is_newer(header.counter);
                asked || self.outgoing.awaits(ack.counter)
            }
        }
    }

    /// Asks the host to verify the next message, if there is one and the budget allows it.
    pub(in crate::session) fn verify_one(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut inbox = core::mem::take(&mut self.inbox);
        let asked = inbox.ask(turn, |message, turn| self.needs_verification(message, turn));
        let asks = asked.map(|(ticket, message)| {
            let (public, signature) = (*self.bundle.signing(), *message.signature());
            let bytes = message.to_verify().to_vec();
            turn.outbox.put(Output::Verify { ticket, public, signature, bytes });
        });
        self.inbox = inbox;
        asks.is_some()
    }

    /// Accepts a genuine message.
    pub(in crate::session) fn accept(&mut self, message: Message, turn: &mut Turn<'_>) {
        let header = message.header;
        if self.meeting.record_heard() {
            self.announcing.member_is_present(turn.now);
        }
        if self.meeting.twins().refuses(header.from, turn.now) {
            return self.note(turn);
        }
        if header.to == Some(turn.own.incarnation()) {
            self.announcing.is_known_to(header.from);
        }
        match message.body {
            Body::Announcement(announcement) => self.arrive(&header, &announcement, turn),
            Body::Twice { kept } => self.is_refused(&header, kept, turn),
            _ if !self.is_between_newest(&header, turn.own) => self.stray(message, turn),
            Body::Envelope(_) => self.accept_envelope(message, turn),
            Body::Ack(ack) => self.accept_ack(&header, ack, turn),
        }
    }

    /// The key in an envelope was accepted.
    pub(in crate::session) fn keyed(&mut self, opening: &Opening, turn: &mut Turn<'_>) {
        self.incoming.accept(opening);
        self.announcing.keyed();
        let statement = opening.envelope.statement;
        self.trust.record(opening.header.counter, statement, Vec::new());
        let newest = self.trust.newest_beside(statement);
        let said = turn.own.judge(&newest, self.trust.list(), self.since);
        let doubt = self.trust.doubt();
        self.trust.arrived(statement.kid, said, turn.now);
        self.ask_if_new(doubt, turn);
        self.acknowledge(turn);
    }

    fn arrive(&mut self, header: &Header, announcement: &Announcement, turn: &mut Turn<'_>) {
        let rsa = || self.bundle.modulus().map(|modulus| AgreementKey::Rsa(Box::new(*modulus)));
        let Some(keys) = announcement.keys.clone().or_else(rsa) else { return };
        let counters = (self.outgoing.acked(), turn.own.counter(), self.incoming.accepted());
        let arrival = self.meeting.arrive(header, announcement, keys, counters, turn.now, turn.rng);
        let holds_us = header.to == Some(turn.own.incarnation());
        match arrival {
            Arrival::Replay => return,
            Arrival::Stranger => {}
            Arrival::Known => {
                self.outgoing.make_again(announcement.question.nonce, holds_us, turn.now);
                self.outgoing.hasten(turn.now);
            }
            Arrival::Entered { accepted } => self.entered(accepted, turn),
            Arrival::Twins { accepted, news } => {
                if news {
                    turn.outbox.put(Output::DeviceTwice { device: self.sender.clone() });
                }
                let Some(accepted) = accepted else {
                    self.outgoing.renew(turn.now);
                    return self.note(turn);
                };
                self.entered(accepted, turn);
            }
        }
        if !holds_us || !self.meeting.is_newest(header.from) {
            self.announcing.queue_answer(announcement.nonce, header.from);
        }
    }

    /// The member has another newest incarnation.
    fn entered(&mut self, accepted: u64, turn: &mut Turn<'_>) {
        self.outgoing.entered(turn.now);
        self.incoming.entered(accepted);
        self.trust.entered();
        if accepted > 0 {
            // This incarnation was the newest before, and may believe that we still hold its key.
            turn.own.questions_mut().draw(turn.rng);
            self.announcing.insist(turn.now);
        }
        let of_newest = |message: &mut Message| self.meeting.is_newest(message.header.from);
        if let Some(message) = self.stray.take_if(of_newest) {
            self.accept_envelope(message, turn);
        }
    }

    /// Whether a message is an envelope to us that may have overtaken its announcement.
    fn is_new_stray(&self, message: &Message, own: &Own) -> bool {
        let (header, kept) = (&message.header, self.stray.as_ref().map(|kept| &kept.header));
        let newer =
            kept.is_none_or(|kept| kept.from != header.from || kept.counter < header.counter);
        let envelope = matches!(message.body, Body::Envelope(_));
        newer && envelope && header.to == Some(own.incarnation())
    }

    /// Takes a message from or to an incarnation that is not the newest: its sender must learn who
    /// we are.
    fn stray(&mut self, message: Message, turn: &Turn<'_>) {
        self.announcing.introduce(message.header.from);
        if self.is_new_stray(&message, turn.own) {
            self.stray = Some(message);
        }
    }

    fn accept_envelope(&mut self, message: Message, turn: &mut Turn<'_>) {
        let Body::Envelope(envelope) = &message.body else { return };
        let question = envelope.question;
        if self.meeting.ask(&message.header, question) {
            self.outgoing.make_again(question.nonce, true, turn.now);
        }
        match self.reception(&message, turn.own) {
            Reception::Open => self.incoming.open(message, turn),
            Reception::Acknowledge => self.acknowledge(turn),
            Reception::Ignore => {}
        }
    }

    fn accept_ack(&mut self, header: &Header, ack: Ack, turn: &mut Turn<'_>) {
        self.outgoing.acknowledge(ack.counter);
        if !self.trust.record(header.counter, ack.statement, ack.holders) {
            return;
        }
        let said = turn.own.judge(&ack.statement, self.trust.list(), self.since);
        let doubt = self.trust.doubt();
        self.trust.state(ack.statement.kid, said, turn.now);
        match self.trust.may_wait(turn.now) {
            true => self.outgoing.ask(turn.now.plus(NAMED), false),
            false => self.ask_if_new(doubt, turn),
        }
    }

    /// Asks about the member's newest key if it has just come into doubt. The rosters may agree
    /// before the question is sent.
    fn ask_if_new(&mut self, before: Option<Millis>, turn: &mut Turn<'_>) {
        if before.is_none() && self.trust.doubt().is_some() {
            let at = Backoff::after(turn.now, turn.rng).due();
            self.outgoing.ask(at, false);
        }
    }

    /// An envelope must answer a question of this membership. An envelope that a server kept back
    /// may hold a key that opened frames before. A copy of the last accepted envelope is
    /// acknowledged however old its question is, because its sender wants our statement.
    fn reception(&self, message: &Message, own: &Own) -> Reception {
        let Body::Envelope(envelope) = &message.body else { return Reception::Ignore };
        let question = own.questions().number_of(&envelope.statement.answers);
        match self.incoming.reception(message) {
            Reception::Open if question.is_none_or(|number| number < self.since) => {
                Reception::Ignore
            }
            reception => reception,
        }
    }

    /// Tells the refused incarnation which one is kept.
    fn note(&mut self, turn: &mut Turn<'_>) {
        let Some(kept) = self.meeting.newest() else { return };
        let twins = self.meeting.twins();
        let Some(refused) = twins.refused().filter(|_| twins.is_note_due(turn.now)) else { return };
        let header = turn.own.header(self.bundle.suite(), self.bundle.id(), Some(refused));
        let note = Unsigned::twice(&header, kept);
        let note = PendingSignature::begin(note, self.bundle.id(), turn.outbox);
        self.meeting.twins_mut().record_note(note, turn.now);
    }

    /// The member reports that our device is in the call twice, and which incarnation it keeps.
    fn is_refused(&mut self, header: &Header, kept: IncarnationId, turn: &mut Turn<'_>) {
        let (me, twins) = (turn.own.incarnation(), self.meeting.twins());
        let news = self.meeting.is_newest(header.from) && twins.is_newer(header.counter);
        if !news || (header.to != Some(me) && kept != me) {
            return;
        }
        let twins = self.meeting.twins_mut();
        twins.record_note_to_us(header.counter);
        if header.to == Some(me) {
            twins.fall_silent(turn.now);
            if let Some(until) = twins.silent_until(turn.now) {
                self.announcing.fall_silent(until);
            }
        }
        turn.own.is_twice(turn.outbox);
    }

    /// Whether a message is from the newest incarnation of the member to ours.
    fn is_between_newest(&self, header: &Header, own: &Own) -> bool {
        self.meeting.is_newest(header.from) && header.to == Some(own.incarnation())
    }
}
