//! The keys that a device sent us, and the ratchet steps derived from them.

use super::opening_keys::{OpeningKeys, Which};
use super::{Attempt, DeviceKid, KeyGrant, OpeningKey};
use crate::sframe::{BaseKey, Kid, ratchet};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// At most 4 random keys of one device are held, so that a member cannot flood us with keys.
const MAX_GENERATIONS: u32 = 4;

/// The keys of one device.
#[derive(Debug, Default)]
pub(super) struct DeviceKeys {
    keys: OpeningKeys,
    /// The generations whose keys open nothing.
    blocked: Vec<u16>,
}

impl DeviceKeys {
    /// All keys.
    pub(super) fn keys_mut(&mut self) -> &mut [OpeningKey] {
        &mut self.keys
    }

    /// Blocks exactly these generations: their keys open nothing.
    pub(super) fn block(&mut self, generations: &[u16]) {
        self.blocked = generations.to_vec();
    }

    /// Removes all keys that match `which`.
    pub(super) fn remove(&mut self, which: Which<'_>) {
        while self.keys.take(which).is_some() {}
    }

    /// Adds a key that the device sent. If two keys of one generation differ, the newest one
    /// counts.
    pub(super) fn install(&mut self, new: DeviceKid, key: KeyGrant, now: Millis) {
        // Ratchets our key to the step of the new one, if it is an earlier step of the same
        // generation.
        self.find(new.kid());
        if self.has_come_by(new, &key.base_key) {
            return self.renew(new, now);
        }
        self.remove(&|key| new.same_generation(key.kid()));
        self.keys.supersede(now, &|_| false);
        let oldest = self.keys.order().saturating_sub(MAX_GENERATIONS);
        self.remove(&|key| key.order() <= oldest);
        self.keys.push(OpeningKey::new(new.kid(), self.keys.order(), key));
    }

    /// Runs the attempt with the key of this KID.
    pub(super) fn open(
        &mut self,
        kid: Kid,
        now: Millis,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        if self.is_blocked(kid) {
            return Err(Error::UntrustedKey);
        }
        let at = self.find(kid).ok_or(Error::UnknownKey)?;
        let key = &mut self.keys[at]; // `find` returns an index of `keys`
        let first = !key.is_confirmed();
        attempt(key)?;
        if first {
            let newer = (key.order(), kid);
            self.keys.confirm(newer, now);
        }
        Ok(())
    }

    /// Finds the key with this KID. If there is only an earlier step of its generation, ratchets
    /// forward from there. Each step is derived once and kept, so a generation costs at most 15
    /// derivations.
    fn find(&mut self, kid: Kid) -> Option<usize> {
        if let Some(at) = self.keys.find(kid) {
            return Some(at);
        }
        let target = DeviceKid::parse(kid)?;
        let behind = |key: &OpeningKey| target.steps_after(DeviceKid::parse(key.kid())?);
        let nearest = |(at, key)| behind(key).map(|steps| (steps, at));
        let (steps, mut at) = self.keys.iter().enumerate().filter_map(nearest).min()?;
        // `at` is an index of `keys`: keys are only added here.
        for _ in 0..steps {
            let next = DeviceKid::parse(self.keys[at].kid())?.next_step()?;
            self.keys.push(self.keys[at].ratchet(next.kid()));
            at = self.keys.len() - 1;
        }
        Some(at)
    }

    fn is_blocked(&self, kid: Kid) -> bool {
        let blocked = |kid: DeviceKid| self.blocked.contains(&kid.generation());
        !self.blocked.is_empty() && DeviceKid::parse(kid).is_some_and(blocked)
    }

    /// The key that the newest envelope names is in use. If an expiry was set for it, the expiry is
    /// cancelled. This happens to the keys of two incarnations that take turns.
    fn renew(&mut self, new: DeviceKid, now: Millis) {
        let newest = self.keys.order();
        let named = |key: &OpeningKey| new.same_generation(key.kid()) && key.kid() >= new.kid();
        if !self.keys.iter().any(|key| named(key) && key.order() == newest) {
            self.keys.supersede(now, &named);
        }
    }

    /// Whether we hold this key, or a step derived from it. A server can keep an envelope back
    /// until the sender has moved on. Such an envelope must not restore a step whose replay windows
    /// are gone.
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
}
