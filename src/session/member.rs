//! One device on the roster. All state that waits for it or its answers is here, so memory is
//! bounded and freed with the member.

mod accepting;

use super::announcing::{Announcing, Contents};
use super::inbox::Inbox;
use super::incoming::{Incoming, Opening};
use super::meeting::Meeting;
use super::outgoing::Outgoing;
use super::own::Own;
use super::signing::PendingSignature;
use super::timing::{ABSENT, COALESCE, LONGEST};
use super::trust::{Change, Trust};
use super::turn::Turn;
use super::{Output, Ticket};
use crate::envelope::{
    AgreementKey, Bundle, DeviceId, IncarnationId, Message, Nonce, SIGNATURE_LEN,
};
use crate::key::{Activity, SenderId, SenderIndex};
use crate::{Error, Millis};
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// A device that may have our key, and whose key we accept.
#[derive(Debug)]
pub(super) struct Member {
    bundle: Bundle,
    sender: SenderId,
    in_ring: SenderIndex,
    /// The number of our newest question when the device came onto the roster.
    since: u64,
    inbox: Inbox,
    meeting: Meeting,
    announcing: Announcing,
    outgoing: Outgoing,
    incoming: Incoming,
    trust: Trust,
    /// A genuine envelope to us that overtook the announcement of its incarnation.
    stray: Option<Message>,
}

impl Member {
    /// A member that just came. The first announcement to it is sent at `announce`.
    pub(super) fn new(
        bundle: Bundle,
        sender: SenderId,
        in_ring: SenderIndex,
        since: u64,
        announce: Millis,
        removal: Option<Millis>,
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
            trust: Trust::new(removal),
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

    /// The device's name as a sender of frames.
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

    /// The parts of an envelope that depend on the newest incarnation: its keys, its name, and the
    /// nonce to answer. `None` before an incarnation is known.
    pub(super) fn newest(&self) -> Option<(&AgreementKey, IncarnationId, Nonce)> {
        let meeting = &self.meeting;
        Some((meeting.keys()?, meeting.newest()?, meeting.question()?.nonce))
    }

    /// Removes and returns the envelope that waits for this ticket.
    pub(super) fn take_opening(&mut self, ticket: Ticket) -> Option<Opening> {
        self.incoming.take_opening(ticket)
    }

    /// Judges from the member's frames whether we have its key, and asks for the key if not.
    /// Returns whether we have just lost it: then the member's earlier envelopes must not count, so
    /// the caller draws a new question.
    pub(super) fn observe(&mut self, activity: Option<Activity>, now: Millis) -> bool {
        let missing = self.incoming.observe(activity, now);
        if missing {
            self.announcing.hasten(now);
        }
        missing
    }

    /// Our roster has changed. `removed` says whether a device was removed that this member may
    /// have given its key to.
    pub(super) fn roster_changed(&mut self, removed: bool, own: &Own, now: Millis) {
        let doubt = self.trust.doubt();
        if removed {
            self.trust.removed(now);
        }
        self.trust.judge_again(own, self.since, now);
        if removed && self.trust.doubt().is_some() {
            // Usually our new key for the member is ready by then.
            self.outgoing.ask(now.plus(COALESCE), doubt.is_some());
        }
    }

    /// Whether the member's newest key opens nothing, because other devices may have it.
    pub(super) fn is_blocked(&self, now: Millis) -> bool {
        self.trust.is_blocked(now)
    }

    /// The generations of the member's keys to block, if they have changed. Reports to the
    /// application if the newest key is blocked, and if it is no longer.
    pub(super) fn block(&mut self, turn: &mut Turn<'_>) -> Option<&[u16]> {
        match self.trust.report(turn.now) {
            Some(Change::Blocked(doubt)) => {
                let mut devices = self.trust.strangers();
                if devices.is_empty() {
                    devices = turn.own.removed_since(doubt);
                }
                let devices = devices.into_iter().filter_map(|id| SenderId::try_from(id).ok());
                let (sender, devices) = (self.sender.clone(), devices.collect());
                turn.outbox.put(Output::Untrusted { sender, devices });
            }
            Some(Change::Unblocked) => {
                turn.outbox.put(Output::Trusted { sender: self.sender.clone() });
            }
            None => {}
        }
        self.trust.block(turn.now)
    }

    /// The network is back: nothing waits longer.
    pub(super) fn restart(&mut self, now: Millis) {
        let longest = if self.meeting.is_heard() { LONGEST } else { ABSENT };
        self.announcing.restart(now, longest);
        self.outgoing.restart(now);
    }

    /// Whether an announcement to the member is due.
    pub(super) fn is_announcement_due(&self, now: Millis) -> bool {
        self.announcing.is_due(!self.incoming.is_keyed(), now)
    }

    /// Announces us to the member.
    pub(super) fn announce(&mut self, turn: &mut Turn<'_>) {
        // A member that holds us sends its key again if we do not confirm that we hold it.
        let asks = self.incoming.is_missing() || self.announcing.insists();
        let holds = self.meeting.newest().filter(|_| !asks);
        let (recipient, suite) = (self.id(), turn.own.device().bundle().suite());
        let open = self.meeting.open();
        self.announcing.announce(&Contents { recipient, suite, open, holds }, turn);
    }

    /// Whether an envelope to the member is due.
    pub(super) fn is_envelope_due(&self, turn: &Turn<'_>) -> bool {
        let (met, doubt) = (self.meeting.newest().is_some(), self.trust.doubt());
        let due = self.outgoing.is_due(met, doubt, &turn.own.question(), turn.now);
        due && self.speaks(turn.now)
    }

    /// Asks the host to encapsulate to the member.
    pub(super) fn encapsulate(&mut self, turn: &mut Turn<'_>) {
        if let Some(keys) = self.meeting.keys() {
            self.outgoing.encapsulate(keys, turn);
        }
    }

    /// Sends the envelope again if it was not acknowledged in time.
    pub(super) fn send_again(&mut self, turn: &mut Turn<'_>) {
        if self.speaks(turn.now) {
            self.outgoing.send_again(self.bundle.id(), self.trust.doubt(), turn);
        }
    }

    /// The time of the next task for the member.
    pub(super) fn due(&self, now: Millis) -> Option<Millis> {
        let silent = self.meeting.twins().silent_until(now);
        let envelope = self.outgoing.due(self.meeting.newest().is_some(), self.trust.doubt());
        let envelope = envelope.map(|at| silent.map_or(at, |until| at.max(until)));
        let announcement = self.announcing.due(!self.incoming.is_keyed());
        // Verifications that are already allowed wait only for other verifications.
        let verification = self.inbox.due().filter(|at| *at > now);
        let others = [announcement, self.trust.due(now), verification];
        envelope.into_iter().chain(others.into_iter().flatten()).min()
    }

    /// Completes the message that the ticket belongs to.
    pub(super) fn signed(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE_LEN],
    ) -> Option<Vec<u8>> {
        let Self { outgoing, incoming, announcing, meeting, .. } = self;
        let envelope = outgoing.finish(ticket, signature);
        let ack = || incoming.finish(ticket, signature);
        let announcement = || announcing.finish(ticket, signature);
        let note = || meeting.twins_mut().note_mut()?.finish(ticket, signature);
        envelope.or_else(ack).or_else(announcement).or_else(note)
    }

    /// The host could not do the task of this ticket. If the ticket belongs to this member, returns
    /// the error for the application, and whether this member may be the cause.
    pub(super) fn failed(
        &mut self,
        ticket: Ticket,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Option<(Error, bool)> {
        if self.inbox.failed(ticket) || self.outgoing.retry_later(ticket, now, rng) {
            return Some((Error::UnusableKey, true));
        }
        if self.incoming.take_opening(ticket).is_some() {
            return Some((Error::DeviceKeyFailed, true));
        }
        let note = |signing: &mut PendingSignature| signing.fail(ticket);
        let signing = self.outgoing.fail(ticket)
            || self.incoming.fail(ticket)
            || self.announcing.fail(ticket)
            || self.meeting.twins_mut().note_mut().is_some_and(note);
        signing.then_some((Error::DeviceKeyFailed, false))
    }

    fn acknowledge(&mut self, turn: &mut Turn<'_>) {
        let (id, suite) = (self.id(), self.bundle.suite());
        let (to, question) = (self.meeting.newest(), self.meeting.question().unwrap_or_default());
        if self.speaks(turn.now) {
            self.incoming.acknowledge(|own| own.header(suite, id, to), question, id, turn);
        }
    }

    /// Whether the member does not refuse us.
    fn speaks(&self, now: Millis) -> bool {
        self.meeting.twins().silent_until(now).is_none()
    }
}
