//! Our own incarnation: its names, counter and questions, and its statements about its newest key.

use super::Output;
use super::output::Outbox;
use super::questions::Questions;
use crate::Millis;
use crate::envelope::{
    Ack, DeviceId, Header, IncarnationId, MAX_HOLDERS, Nonce, OwnDevice, Question, Statement,
    Suite, roster_digest,
};
use crate::key::{DeviceKid, SenderId};
use alloc::{vec, vec::Vec};
use rand_core::CryptoRng;

/// At most 64 devices are reported as holders of a member's key.
const MAX_STRANGERS: usize = 64;

/// Our identity in this call. It is not stored.
#[derive(Debug)]
pub(super) struct Own {
    device: OwnDevice,
    /// The counter of our last message.
    counter: u64,
    questions: Questions,
    /// The devices on the application's last list, and our own, in ascending order.
    named: Vec<DeviceId>,
    /// The digest of `named`.
    roster: [u8; 32],
    newest: Option<Newest>,
    /// Whether it was reported that this device is in the call twice.
    twice: bool,
}

/// Our newest key.
#[derive(Debug)]
struct Newest {
    kid: DeviceKid,
    /// Devices that received the generation and are no longer on the list.
    others: Vec<DeviceId>,
    /// The digest of all devices that may have the key.
    holders: [u8; 32],
}

/// The meaning of a member's statement about its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// All devices that could have the key when the question was answered are on our roster now. A
    /// removal after the question, at this time, is not covered.
    Clear(Option<Millis>),
    /// Other devices have the key, or may have it.
    Strangers(Strangers),
}

/// Devices that may have a member's key and are not on our roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Strangers {
    /// The known ones, each with the time of its removal, if we removed it.
    pub(super) devices: Vec<(DeviceId, Option<Millis>)>,
    /// Whether the list is complete, and all its removals are known.
    pub(super) are_all: bool,
    /// The first removal after the question.
    pub(super) removal: Option<Millis>,
}

impl Own {
    /// Enters a call and draws the first question.
    pub(super) fn new(device: OwnDevice, rng: &mut dyn CryptoRng) -> Self {
        let mut own = Self {
            device,
            counter: 0,
            questions: Questions::default(),
            named: Vec::new(),
            roster: [0; 32],
            newest: None,
            twice: false,
        };
        own.name(&[]);
        own.questions.draw(rng);
        own
    }

    pub(super) const fn device(&self) -> &OwnDevice {
        &self.device
    }

    pub(super) const fn id(&self) -> DeviceId {
        self.device.bundle().id()
    }

    pub(super) const fn incarnation(&self) -> IncarnationId {
        self.device.incarnation()
    }

    /// The header of a new message. It uses the next counter.
    pub(super) fn header(
        &mut self,
        suite: Suite,
        recipient: DeviceId,
        to: Option<IncarnationId>,
    ) -> Header {
        self.counter += 1;
        let (sender, from, counter) = (self.id(), self.incarnation(), self.counter);
        Header { suite, call: *self.device.call(), sender, recipient, from, to, counter }
    }

    /// The counter of the last message.
    pub(super) const fn counter(&self) -> u64 {
        self.counter
    }

    /// Sets the devices on the application's list. Returns those that are no longer on it.
    pub(super) fn name(&mut self, devices: &[DeviceId]) -> Vec<DeviceId> {
        let mut named = vec![self.id()];
        devices.iter().for_each(|id| insert(&mut named, *id));
        self.roster = roster_digest(&named);
        let before = core::mem::replace(&mut self.named, named);
        before.into_iter().filter(|id| !self.has_named(id)).collect()
    }

    /// Our questions that may still be answered.
    pub(super) const fn questions(&self) -> &Questions {
        &self.questions
    }

    pub(super) const fn questions_mut(&mut self) -> &mut Questions {
        &mut self.questions
    }

    /// The question in each announcement and envelope.
    pub(super) fn question(&self) -> Question {
        Question { nonce: self.questions.newest(), roster: self.roster }
    }

    /// Records our newest key, and the devices that received its generation.
    pub(super) fn state_key(&mut self, kid: DeviceKid, given: &[DeviceId]) {
        let others = given.iter().filter(|id| !self.has_named(id)).copied().collect();
        let mut newest = Newest { kid, others, holders: self.roster };
        if !newest.others.is_empty() {
            newest.holders = roster_digest(&self.holders(&newest));
        }
        self.newest = Some(newest);
    }

    /// Our statement about our newest key in answer to this question; `None` before there is a key.
    pub(super) fn statement(&self, answers: Nonce) -> Option<Statement> {
        let Newest { kid, holders, .. } = *self.newest.as_ref()?;
        Some(Statement { kid, answers, holders })
    }

    /// An ack of the envelope with this counter, for a device that asks this question. If its
    /// roster differs from the devices that may have our newest key, the ack lists these.
    pub(super) fn ack(&self, counter: u64, question: Question) -> Option<Ack> {
        let (newest, statement) = (self.newest.as_ref()?, self.statement(question.nonce)?);
        let mut holders = Vec::new();
        if statement.holders != question.roster {
            holders = self.holders(newest);
            // A list cut short does not match its digest, so it has no effect.
            holders.truncate(MAX_HOLDERS);
        }
        Some(Ack { counter, statement, holders })
    }

    /// Judges a statement of a member about its key. The member came onto our roster after `since`
    /// questions. `list` is the list in the statement's digest, or empty. `None` if the statement
    /// answers no question of this membership.
    pub(super) fn judge(
        &self,
        statement: &Statement,
        list: &[DeviceId],
        since: u64,
    ) -> Option<Judgement> {
        let number = self.questions.number_of(&statement.answers)?;
        if number < since {
            return None;
        }
        let removal = self.questions.removal_after(number);
        if statement.holders == self.roster {
            return Some(Judgement::Clear(removal));
        }
        if list.is_empty() || statement.holders != roster_digest(list) {
            return Some(Judgement::Strangers(Strangers::default()));
        }
        let strangers = list.iter().filter(|id| !self.has_named(id)).take(MAX_STRANGERS);
        let devices = strangers.map(|id| (*id, self.questions.removal_of(id)));
        let devices: Vec<_> = devices.collect();
        if devices.is_empty() {
            return Some(Judgement::Clear(removal));
        }
        let are_all = devices.len() < MAX_STRANGERS && self.questions.remembers_all();
        Some(Judgement::Strangers(Strangers { devices, are_all, removal }))
    }

    /// The devices removed at this time or later that are not on the list again.
    pub(super) fn removed_since(&self, at: Millis) -> Vec<DeviceId> {
        self.questions.removed_since(at).filter(|id| !self.has_named(id)).collect()
    }

    /// The first removal of a device that is not on the list again.
    pub(super) fn first_removal(&self) -> Option<Millis> {
        self.questions.first_removal(|id| !self.has_named(id))
    }

    /// A member reports that this device is in the call twice.
    pub(super) fn is_twice(&mut self, outbox: &mut Outbox) {
        if !core::mem::replace(&mut self.twice, true)
            && let Ok(device) = SenderId::try_from(self.id())
        {
            outbox.put(Output::DeviceTwice { device });
        }
    }

    /// Forgets the secret keys.
    pub(super) fn wipe(&mut self) {
        self.device.wipe();
    }

    /// Whether the device is on the application's list, or our own.
    pub(super) fn has_named(&self, id: &DeviceId) -> bool {
        self.named.binary_search(id).is_ok()
    }

    /// All devices that may have this key, in ascending order.
    fn holders(&self, newest: &Newest) -> Vec<DeviceId> {
        let mut all = self.named.clone();
        newest.others.iter().for_each(|id| insert(&mut all, *id));
        all
    }
}

/// Inserts an id into an ascending list, at most once.
fn insert(ids: &mut Vec<DeviceId>, id: DeviceId) {
    if let Err(at) = ids.binary_search(&id) {
        ids.insert(at, id);
    }
}
