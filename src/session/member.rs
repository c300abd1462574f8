//! One device on the roster. All that waits for it or for its answers is in here, so that memory is
//! bounded and goes with the member.

use super::announcing::{Announcing, Contents};
use super::inbox::Inbox;
use super::incoming::{Incoming, Opening, Reception};
use super::meeting::{Arrival, Meeting};
use super::outgoing::Outgoing;
use super::own::Own;
use super::signing::Signing;
use super::timing::{ABSENT, LONGEST};
use super::turn::Turn;
use super::{Output, Ticket};
use crate::envelope::{
    AgreementKey, Announcement, Body, Bundle, DeviceId, Header, IncarnationId, Message, SIGNATURE,
    Unsigned,
};
use crate::key::{Heard, SenderId, SenderIndex};
use crate::{Error, Millis};
use alloc::boxed::Box;
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// A device that may have our key, and whose key we take.
#[derive(Debug)]
pub(super) struct Member {
    bundle: Bundle,
    sender: SenderId,
    in_ring: SenderIndex,
    /// The number of our newest question when it came onto the roster.
    since: u64,
    inbox: Inbox,
    meeting: Meeting,
    announcing: Announcing,
    outgoing: Outgoing,
    incoming: Incoming,
    /// A genuine envelope to us that overtook the announcement of its incarnation.
    stray: Option<Message>,
}

impl Member {
    /// One that just came. The first announcement to it leaves at `announce`.
    pub(super) fn new(
        bundle: Bundle,
        sender: SenderId,
        in_ring: SenderIndex,
        since: u64,
        announce: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        Self {
            bundle,
            sender,
            in_ring,
            since,
            inbox: Inbox::default(),
            meeting: Meeting::new(rng),
            announcing: Announcing::starting(announce),
            outgoing: Outgoing::new(),
            incoming: Incoming::default(),
            stray: None,
        }
    }

    pub(super) const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The device's name.
    pub(super) const fn id(&self) -> DeviceId {
        self.bundle.id()
    }

    /// The same as a sender of frames.
    pub(super) const fn sender(&self) -> &SenderId {
        &self.sender
    }

    pub(super) const fn in_ring(&self) -> SenderIndex {
        self.in_ring
    }

    pub(super) const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(super) const fn inbox_mut(&mut self) -> &mut Inbox {
        &mut self.inbox
    }

    pub(super) const fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    pub(super) const fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    pub(super) const fn outgoing_mut(&mut self) -> &mut Outgoing {
        &mut self.outgoing
    }

    /// What envelopes to it are sealed to, and what they say in their header and answer; nothing
    /// before an incarnation of it is known.
    pub(super) fn newest(&self) -> Option<(&AgreementKey, IncarnationId, [u8; 16])> {
        let meeting = &self.meeting;
        Some((meeting.keys()?, meeting.newest()?, meeting.question()?))
    }

    /// Whether a message would change anything now if it is genuine.
    pub(super) fn matters(&mut self, message: &Message, turn: &mut Turn<'_>) -> bool {
        let header = &message.header;
        if self.meeting.twins().refuses(header.from, turn.now) {
            return self.meeting.twins().owes_note(turn.now);
        }
        match &message.body {
            Body::Announcement(_) => !self.meeting.is_replay(header),
            Body::Twice { .. } => {
                let news = self.meeting.twins().is_news(header.counter);
                news && self.meeting.is_newest(header.from)
            }
            _ if !self.is_between_newest(header, turn.own) => {
                !self.announcing.owes() || self.is_new_stray(message, turn.own)
            }
            Body::Envelope(_) => match self.reception(message, turn.own) {
                Reception::Open => true,
                Reception::Acknowledge => {
                    self.acknowledge(turn);
                    false
                }
                Reception::Ignore => false,
            },
            Body::Ack(ack) => self.outgoing.awaits(ack.counter),
        }
    }

    /// Takes a genuine message.
    pub(super) fn take(&mut self, message: Message, turn: &mut Turn<'_>) {
        let header = message.header;
        if self.meeting.hear() {
            self.announcing.heard(turn.now);
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
            Body::Envelope(_) => self.take_envelope(message, turn),
            Body::Ack(ack) => self.outgoing.acknowledge(ack.counter),
        }
    }

    /// Takes out the envelope that waits for this ticket.
    pub(super) fn take_opening(&mut self, ticket: Ticket) -> Option<Opening> {
        self.incoming.take_opening(ticket)
    }

    /// The key in an envelope was taken.
    pub(super) fn keyed(&mut self, opening: &Opening, turn: &mut Turn<'_>) {
        self.incoming.take(opening);
        self.announcing.keyed();
        self.acknowledge(turn);
    }

    /// Judges by what came of it whether we have the key that it seals with. If not, it is asked
    /// for, and what was made before answers another question.
    pub(super) fn hear(&mut self, heard: Option<Heard>, turn: &mut Turn<'_>) {
        if self.incoming.hear(heard, turn.now) {
            turn.own.draw_question(turn.rng);
            self.announcing.hasten(turn.now);
        }
    }

    /// The network is back: nothing waits.
    pub(super) fn restart(&mut self, now: Millis) {
        let longest = if self.meeting.is_heard() { LONGEST } else { ABSENT };
        self.announcing.restart(now, longest);
        self.outgoing.restart(now);
    }

    /// Whether an announcement to it is to leave now.
    pub(super) fn is_announcement_due(&self, now: Millis) -> bool {
        self.announcing.is_due(!self.incoming.is_keyed(), now)
    }

    /// Announces us to it.
    pub(super) fn announce(&mut self, turn: &mut Turn<'_>) {
        // To a device that holds us and gets no answer that it holds us, it sends its key again.
        let asks = self.incoming.is_missing() || self.announcing.insists();
        let holds = self.meeting.newest().filter(|_| !asks);
        let (recipient, suite) = (self.id(), turn.own.device().bundle().suite());
        let open = self.meeting.open();
        self.announcing.announce(&Contents { recipient, suite, open, holds }, turn);
    }

    /// Whether an envelope to it is to be made now.
    pub(super) fn is_envelope_due(&self, now: Millis) -> bool {
        self.speaks(now) && self.outgoing.is_due(self.meeting.newest().is_some(), now)
    }

    /// Has the outside encapsulate to it.
    pub(super) fn encapsulate(&mut self, turn: &mut Turn<'_>) {
        if let Some(keys) = self.meeting.keys() {
            self.outgoing.encapsulate(keys, turn);
        }
    }

    /// Sends its envelope again if it was not acknowledged in time.
    pub(super) fn send_again(&mut self, turn: &mut Turn<'_>) {
        if self.speaks(turn.now) {
            self.outgoing.send_again(self.bundle.id(), turn);
        }
    }

    /// When something is to be done for it next.
    pub(super) fn due(&self, now: Millis) -> Option<Millis> {
        let silent = self.meeting.twins().silent_until(now);
        let envelope = self.outgoing.due(self.meeting.newest().is_some());
        let envelope = envelope.map(|at| silent.map_or(at, |until| at.max(until)));
        let announcement = self.announcing.due(!self.incoming.is_keyed());
        envelope.into_iter().chain(announcement).min()
    }

    /// Finishes the message that the ticket belongs to.
    pub(super) fn signed(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE],
    ) -> Option<Vec<u8>> {
        let Self { outgoing, incoming, announcing, meeting, .. } = self;
        let envelope = outgoing.finish(ticket, signature);
        let ack = || incoming.finish(ticket, signature);
        let announcement = || announcing.finish(ticket, signature);
        let note = || meeting.twins_mut().note_mut()?.finish(ticket, signature);
        envelope.or_else(ack).or_else(announcement).or_else(note)
    }

    /// Notes that what the ticket asked for could not be done. If the ticket was of this member:
    /// what the application is told, and whether this member may be the reason.
    pub(super) fn failed(
        &mut self,
        ticket: Ticket,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Option<(Error, bool)> {
        if self.inbox.failed(ticket) || self.outgoing.put_off(ticket, now, rng) {
            return Some((Error::UnusableKey, true));
        }
        if self.incoming.take_opening(ticket).is_some() {
            return Some((Error::DeviceKeyFailed, true));
        }
        let note = |signing: &mut Signing| signing.fail(ticket);
        let signing = self.outgoing.fail(ticket)
            || self.incoming.fail(ticket)
            || self.announcing.fail(ticket)
            || self.meeting.twins_mut().note_mut().is_some_and(note);
        signing.then_some((Error::DeviceKeyFailed, false))
    }

    fn arrive(&mut self, header: &Header, announcement: &Announcement, turn: &mut Turn<'_>) {
        let rsa = || self.bundle.modulus().map(|modulus| AgreementKey::Rsa(Box::new(*modulus)));
        let Some(keys) = announcement.keys.clone().or_else(rsa) else { return };
        let counters = (self.outgoing.acked(), turn.own.counter(), self.incoming.taken());
        let arrival = self.meeting.arrive(header, announcement, keys, counters, turn.now, turn.rng);
        let holds_us = header.to == Some(turn.own.incarnation());
        match arrival {
            Arrival::Replay => return,
            Arrival::Stranger => {}
            Arrival::Known => {
                self.outgoing.make_again(announcement.question.nonce, holds_us, turn.now);
                self.outgoing.hasten(turn.now);
            }
            Arrival::Entered { taken } => self.entered(taken, turn),
            Arrival::Twins { taken, news } => {
                if news {
                    turn.outbox.put(Output::DeviceTwice { device: self.sender.clone() });
                }
                let Some(taken) = taken else {
                    self.outgoing.renew(turn.now);
                    return self.note(turn);
                };
                self.entered(taken, turn);
            }
        }
        if !holds_us || !self.meeting.is_newest(header.from) {
            self.announcing.answer(announcement.nonce, header.from);
        }
    }

    /// The member has another newest incarnation.
    fn entered(&mut self, taken: u64, turn: &mut Turn<'_>) {
        self.outgoing.entered(turn.now);
        self.incoming.entered(taken);
        if taken > 0 {
            // It was the newest before, and may think that we hold its key for good.
            turn.own.draw_question(turn.rng);
            self.announcing.insist(turn.now);
        }
        let of_newest = |message: &mut Message| self.meeting.is_newest(message.header.from);
        if let Some(message) = self.stray.take_if(of_newest) {
            self.take_envelope(message, turn);
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

    /// A message of or to an incarnation that is not the newest: its sender is to hear who we are.
    fn stray(&mut self, message: Message, turn: &Turn<'_>) {
        let header = message.header;
        self.announcing.tell(header.from);
        let envelope = matches!(message.body, Body::Envelope(_));
        if envelope && header.to == Some(turn.own.incarnation()) {
            self.stray = Some(message);
        }
    }

    fn take_envelope(&mut self, message: Message, turn: &mut Turn<'_>) {
        let Body::Envelope(envelope) = &message.body else { return };
        let question = envelope.question.nonce;
        if self.meeting.ask(&message.header, question) {
            self.outgoing.make_again(question, true, turn.now);
        }
        match self.reception(&message, turn.own) {
            Reception::Open => self.incoming.open(message, turn),
            Reception::Acknowledge => self.acknowledge(turn),
            Reception::Ignore => {}
        }
    }

    /// An envelope must answer a question of this membership. What a server kept back until now may
    /// hold a key with which frames were opened before.
    fn reception(&self, message: &Message, own: &Own) -> Reception {
        let Body::Envelope(envelope) = &message.body else { return Reception::Ignore };
        let question = own.number_of(&envelope.statement.answers);
        match question.is_some_and(|number| number >= self.since) {
            true => self.incoming.reception(message),
            false => Reception::Ignore,
        }
    }

    fn acknowledge(&mut self, turn: &mut Turn<'_>) {
        let (id, suite) = (self.id(), self.bundle.suite());
        let (to, answers) = (self.meeting.newest(), self.meeting.question().unwrap_or_default());
        if self.speaks(turn.now) {
            self.incoming.acknowledge(|own| own.header(suite, id, to), answers, id, turn);
        }
    }

    /// The incarnation that is refused learns which one is kept.
    fn note(&mut self, turn: &mut Turn<'_>) {
        let Some(kept) = self.meeting.newest() else { return };
        let twins = self.meeting.twins();
        let Some(refused) = twins.refused().filter(|_| twins.owes_note(turn.now)) else { return };
        let header = turn.own.header(self.bundle.suite(), self.bundle.id(), Some(refused));
        let note = Unsigned::twice(&header, kept);
        let note = Signing::begin(note, self.bundle.id(), turn.outbox);
        self.meeting.twins_mut().noted(note, turn.now);
    }

    /// The member says that our device is in the call twice, and which one it keeps.
    fn is_refused(&mut self, header: &Header, kept: IncarnationId, turn: &mut Turn<'_>) {
        let (me, twins) = (turn.own.incarnation(), self.meeting.twins());
        let news = self.meeting.is_newest(header.from) && twins.is_news(header.counter);
        if !news || (header.to != Some(me) && kept != me) {
            return;
        }
        let twins = self.meeting.twins_mut();
        twins.hear(header.counter);
        if header.to == Some(me) {
            twins.fall_silent(turn.now);
            if let Some(until) = twins.silent_until(turn.now) {
                self.announcing.fall_silent(until);
            }
        }
        turn.own.is_twice(turn.outbox);
    }

    /// Whether a message goes from the newest incarnation of the member to ours.
    fn is_between_newest(&self, header: &Header, own: &Own) -> bool {
        self.meeting.is_newest(header.from) && header.to == Some(own.incarnation())
    }

    /// Whether the member listens to us.
    fn speaks(&self, now: Millis) -> bool {
        self.meeting.twins().silent_until(now).is_none()
    }
}
