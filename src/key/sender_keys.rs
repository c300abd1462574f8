//! The opening keys of one sender.

use super::opening::Memory;
use super::{DeviceKid, GivenKey, Heard, OpeningKey, Receiver, SenderId, SharedKey, Track};
use crate::sframe::{BaseKey, Kid, ratchet};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// How long an old key opens after its successor arrived, even if no frame comes: the time a
/// sender may take to switch (2 s), the grace (10 s), and some slack for retransmissions.
const SUPERSEDED: u64 = 15_000;
/// How many random keys of one device are kept; more would be a member flooding us with keys.
const GENERATIONS: u32 = 4;
/// How many KIDs of shared keys are kept at a time, and of how many more it is known what was
/// opened under them.
const SHARED_KIDS: usize = 8;
/// How many unknown KIDs may be tried with a shared key between two ticks: forged frames
/// must not cost a key derivation each.
const TRIES: u32 = 8;
/// How many retired KIDs are remembered.
const RETIRED: usize = 1024;

/// A sender and what opens its frames.
#[derive(Debug)]
pub(super) struct SenderKeys {
    id: SenderId,
    keys: Vec<OpeningKey>,
    order: u32,
    shared: Option<Shared>,
    /// Of shared keys that were taken away: they may be given again.
    past: Vec<Memory>,
    /// KIDs of shared keys whose replay windows are gone. None is taken up again.
    retired: Vec<Kid>,
    missed: bool,
}

/// A shared key. Its KIDs are random, so they are learnt from genuine frames.
#[derive(Debug)]
struct Shared {
    key: SharedKey,
    tries: u32,
}

impl SenderKeys {
    pub(super) const fn new(id: SenderId) -> Self {
        Self {
            id,
            keys: Vec::new(),
            order: 0,
            shared: None,
            past: Vec::new(),
            retired: Vec::new(),
            missed: false,
        }
    }

    pub(super) const fn id(&self) -> &SenderId {
        &self.id
    }

    /// A receiver comes to a track of this sender.
    pub(super) fn attach(&mut self, track: Track, receiver: Receiver) {
        self.keys.iter_mut().for_each(|key| key.attach(track, receiver));
        self.past.iter_mut().for_each(|memory| memory.attach(track, receiver));
    }

    /// A receiver is gone.
    pub(super) fn release(&mut self, receiver: Receiver) {
        self.keys.iter_mut().for_each(|key| key.release(receiver));
        self.past.iter_mut().for_each(|memory| memory.release(receiver));
    }

    /// Notes that something came under a key that is not held.
    pub(super) const fn missed(&mut self) {
        self.missed = true;
    }

    /// What came since this was asked last; `None` without any key.
    pub(super) fn take_heard(&mut self) -> Option<Heard> {
        let missed = core::mem::replace(&mut self.missed, false);
        let used = self.keys.iter_mut().fold(false, |used, key| key.take_used() | used);
        let held = self.shared.is_some() || !self.keys.is_empty();
        held.then_some(match (used, missed) {
            (true, _) => Heard::Genuine,
            (false, true) => Heard::Missed,
            (false, false) => Heard::Nothing,
        })
    }

    /// Adds a key that the device sent; the newest one sent is right about its generation.
    pub(super) fn install_device(&mut self, new: DeviceKid, key: GivenKey, now: Millis) {
        self.shared = None;
        // Brings ours to that step, if it comes of an earlier one.
        self.find_device(new.kid());
        if self.has_come_by(new, &key.base_key) {
            return self.renew(new, now);
        }
        self.keys.retain(|key| !new.same_generation(key.kid()));
        self.supersede(now);
        self.keys.push(OpeningKey::new(new.kid(), self.order, key));
    }

    /// The key that the newest envelope names is the one in use: if it had been given an end, as that
    /// of one of two incarnations that take turns, the end is taken back.
    fn renew(&mut self, new: DeviceKid, now: Millis) {
        let newest = self.order;
        let named = |key: &OpeningKey| new.same_generation(key.kid()) && key.kid() >= new.kid();
        if self.keys.iter().any(|key| named(key) && key.order() == newest) {
            return;
        }
        self.order += 1;
        for key in &mut self.keys {
            match named(key) {
                true => key.renew(self.order),
                false => key.expire(now.plus(SUPERSEDED)),
            }
        }
    }

    /// Whether we hold this key, or one that comes of it. An envelope that a server kept back until the
    /// sender had gone on must not bring a step back whose replay windows are gone.
    fn has_come_by(&self, mut kid: DeviceKid, base_key: &BaseKey) -> bool {
        if !self.keys.iter().any(|key| kid.same_generation(key.kid())) {
            return false;
        }
        let mut reached = base_key.clone();
        while !self.keys.iter().any(|key| key.is_made_of(&reached)) {
            let Some(next) = kid.next_step() else { return false };
            (kid, reached) = (next, ratchet(&reached));
        }
        true
    }

    /// Sets the sender's shared key; the same again changes nothing. What the last one opened frames
    /// with goes on for a while: the sender may hear of the new one later than we.
    pub(super) fn set_shared(&mut self, key: SharedKey, now: Millis) {
        let same = |old: &Shared| old.key.base_key().same(key.base_key());
        if self.shared.as_ref().is_some_and(same) {
            return;
        }
        self.keys.retain(OpeningKey::is_proven);
        self.supersede(now);
        self.shared = Some(Shared { key, tries: TRIES });
    }

    /// The key with this KID; ratchet steps and a shared key's KIDs are made when first seen.
    pub(super) fn opening(&mut self, kid: Kid) -> Result<&mut OpeningKey, Error> {
        let found = match self.shared {
            Some(_) => self.find(kid).or_else(|| self.try_shared(kid)),
            None => self.find_device(kid),
        };
        found.and_then(|at| self.keys.get_mut(at)).ok_or(Error::UnknownKey)
    }

    /// Notes that the key with this KID opened its first frame.
    pub(super) fn proven(&mut self, kid: Kid, grace_ends: Millis) {
        let Some(order) = self.find(kid).map(|at| self.keys[at].order()) else { return };
        // KIDs of one shared key have no order.
        let by = if self.shared.is_some() { (order, Kid(0)) } else { (order, kid) };
        for key in self.keys.iter_mut().filter(|key| key.is_superseded_by(by)) {
            key.expire(grace_ends);
        }
        self.proven_shared(kid);
    }

    /// Lets expired keys go.
    pub(super) fn tick(&mut self, now: Millis) {
        self.let_go(|key| key.is_expired(now));
        if let Some(shared) = &mut self.shared {
            shared.tries = TRIES;
        }
    }

    /// Lets all keys go. What was opened with shared ones stays known.
    pub(super) fn wipe(&mut self) {
        self.let_go(|_| true);
        self.shared = None;
    }

    /// What is here makes room for a newer key, in time.
    fn supersede(&mut self, now: Millis) {
        for key in &mut self.keys {
            key.expire(now.plus(SUPERSEDED));
        }
        self.order += 1;
        let oldest = self.order.saturating_sub(GENERATIONS);
        self.let_go(|key| key.order() <= oldest);
    }

    fn let_go(&mut self, which: impl Fn(&OpeningKey) -> bool) {
        while let Some(at) = self.keys.iter().position(&which) {
            let key = self.keys.remove(at);
            if self.shared.is_some() && key.is_proven() {
                self.past.push(key.into_memory());
            }
        }
        while self.past.len() > SHARED_KIDS {
            let oldest = self.past.remove(0).kid();
            self.retire(oldest);
        }
    }

    fn find(&self, kid: Kid) -> Option<usize> {
        self.keys.iter().position(|key| key.kid() == kid)
    }

    /// Finds a device's key, ratcheting forward from an earlier step of the same generation. Each
    /// step is derived once and kept, so that a generation costs 15 derivations at the most.
    fn find_device(&mut self, kid: Kid) -> Option<usize> {
        if let Some(at) = self.find(kid) {
            return Some(at);
        }
        let target = DeviceKid::parse(kid)?;
        let behind = |key: &OpeningKey| target.steps_after(DeviceKid::parse(key.kid())?);
        let nearest = |(at, key)| behind(key).map(|steps| (steps, at));
        let (steps, mut at) = self.keys.iter().enumerate().filter_map(nearest).min()?;
        for _ in 0..steps {
            let next = DeviceKid::parse(self.keys[at].kid())?.next_step()?;
            self.keys.push(self.keys[at].ratchet(next.kid()));
            at = self.keys.len() - 1;
        }
        Some(at)
    }

    /// Makes a candidate for an unknown KID, in place of the last one that nothing came of.
    fn try_shared(&mut self, kid: Kid) -> Option<usize> {
        let shared = self.shared.as_mut()?;
        if shared.tries == 0 || self.retired.contains(&kid) {
            return None;
        }
        shared.tries -= 1;
        let known = self.past.iter().find(|memory| memory.kid() == kid);
        let key = shared.key.base_key().clone();
        let candidate = OpeningKey::new(kid, self.order, key.into()).guessed().remembering(known);
        self.keys.retain(OpeningKey::is_proven);
        self.keys.push(candidate);
        Some(self.keys.len() - 1)
    }

    fn proven_shared(&mut self, kid: Kid) {
        let Some(shared) = &mut self.shared else { return };
        shared.tries = TRIES;
        self.past.retain(|memory| memory.kid() != kid);
        if self.keys.len() > SHARED_KIDS {
            let oldest = self.keys.remove(0).kid();
            self.retire(oldest);
        }
    }

    fn retire(&mut self, kid: Kid) {
        if self.retired.len() == RETIRED {
            self.retired.remove(0);
        }
        self.retired.push(kid);
    }
}
