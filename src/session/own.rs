//! Our own incarnation: what it is called, counts and asks, and what it says of its newest key.

use super::Output;
use super::output::Outbox;
use crate::envelope::{
    DeviceId, Header, IncarnationId, NONCE, Nonce, OwnDevice, Question, Statement, Suite,
    roster_digest,
};
use crate::key::{DeviceKid, SenderId};
use alloc::collections::VecDeque;
use alloc::{vec, vec::Vec};
use rand_core::CryptoRng;

/// How many of our questions an envelope may answer: the newest ones.
const QUESTIONS: usize = 64;

/// Who we are in this call. Nothing of it is stored.
#[derive(Debug)]
pub(super) struct Own {
    device: OwnDevice,
    /// Of the last message that we made.
    counter: u64,
    /// The newest is the last.
    questions: VecDeque<Nonce>,
    /// How many questions were drawn.
    drawn: u64,
    /// The devices that the application named last, and ourselves; in order.
    named: Vec<DeviceId>,
    /// Of `named`.
    roster: [u8; 32],
    /// Our newest key, and the digest of who may have it.
    newest: Option<(DeviceKid, [u8; 32])>,
    /// Whether the application was told that this device is in the call twice.
    twice: bool,
}

impl Own {
    /// Enters a call with a first question.
    pub(super) fn new(device: OwnDevice, rng: &mut dyn CryptoRng) -> Self {
        let mut own = Self {
            device,
            counter: 0,
            questions: VecDeque::new(),
            drawn: 0,
            named: Vec::new(),
            roster: [0; 32],
            newest: None,
            twice: false,
        };
        own.name(&[]);
        own.draw_question(rng);
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

    /// The header of a new message: the next counter is spent.
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

    /// The counter of the last message that was made.
    pub(super) const fn counter(&self) -> u64 {
        self.counter
    }

    /// Notes which devices the application named.
    pub(super) fn name(&mut self, named: &[DeviceId]) {
        self.named = vec![self.id()];
        named.iter().for_each(|id| insert(&mut self.named, *id));
        self.roster = roster_digest(&self.named);
    }

    /// Draws a new question.
    pub(super) fn draw_question(&mut self, rng: &mut dyn CryptoRng) {
        if self.questions.len() == QUESTIONS {
            self.questions.pop_front();
        }
        self.questions.push_back(draw(rng));
        self.drawn += 1;
    }

    /// What we ask with each announcement and envelope.
    pub(super) fn question(&self) -> Question {
        let nonce = self.questions.back().copied().unwrap_or_default();
        Question { nonce, roster: self.roster }
    }

    /// The number of the newest question.
    pub(super) const fn questions(&self) -> u64 {
        self.drawn
    }

    /// The number of the question with this nonce, if it is remembered.
    pub(super) fn number_of(&self, nonce: &Nonce) -> Option<u64> {
        let back = self.questions.iter().rev().position(|question| question == nonce)?;
        Some(self.drawn - back as u64)
    }

    /// Notes our newest key, and to whom its generation was given beside those who are named.
    pub(super) fn state_key(&mut self, kid: DeviceKid, given: &[DeviceId]) {
        let mut holders = self.roster;
        if !given.iter().all(|id| self.named.binary_search(id).is_ok()) {
            let mut all = self.named.clone();
            given.iter().for_each(|id| insert(&mut all, *id));
            holders = roster_digest(&all);
        }
        self.newest = Some((kid, holders));
    }

    /// What we say of our newest key in answer to this question; nothing before there is a key.
    pub(super) fn statement(&self, answers: Nonce) -> Option<Statement> {
        self.newest.map(|(kid, holders)| Statement { kid, answers, holders })
    }

    /// A member found that this device is in the call twice.
    pub(super) fn is_twice(&mut self, outbox: &mut Outbox) {
        if !core::mem::replace(&mut self.twice, true)
            && let Ok(device) = SenderId::try_from(self.id())
        {
            outbox.put(Output::DeviceTwice { device });
        }
    }

    /// Forgets what is secret.
    pub(super) fn wipe(&mut self) {
        self.device.wipe();
    }
}

/// Keeps a list in order, each device once.
fn insert(ids: &mut Vec<DeviceId>, id: DeviceId) {
    if let Err(at) = ids.binary_search(&id) {
        ids.insert(at, id);
    }
}

/// A nonce that nobody can foretell.
pub(super) fn draw(rng: &mut dyn CryptoRng) -> Nonce {
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    nonce
}
