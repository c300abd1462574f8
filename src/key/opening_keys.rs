//! The opening keys of one sender, from any source.

use super::OpeningKey;
use super::timing::{GRACE, SUPERSEDED};
use crate::Millis;
use crate::sframe::Kid;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

/// Selects keys.
pub(super) type Which<'a> = &'a dyn Fn(&OpeningKey) -> bool;

/// Opening keys in the order of their creation.
#[derive(Debug, Default)]
pub(super) struct OpeningKeys {
    keys: Vec<OpeningKey>,
    /// Counts the random or shared keys that have come.
    order: u32,
}

impl OpeningKeys {
    /// The place of the newest random or shared key that has come.
    pub(super) const fn order(&self) -> u32 {
        self.order
    }

    /// The index of the key with this KID.
    pub(super) fn find(&self, kid: Kid) -> Option<usize> {
        self.keys.iter().position(|key| key.kid() == kid)
    }

    /// Adds a key.
    pub(super) fn push(&mut self, key: OpeningKey) {
        self.keys.push(key);
    }

    /// Makes room for a newer key: the others get an expiry. Keys that match `is_named` are the
    /// newest.
    pub(super) fn supersede(&mut self, now: Millis, is_named: Which<'_>) {
        self.order += 1;
        for key in &mut self.keys {
            match is_named(key) {
                true => key.renew(self.order),
                false => key.expire(now.plus(SUPERSEDED)),
            }
        }
    }

    /// A key opened its first frame: the keys that it replaces expire soon.
    pub(super) fn confirm(&mut self, newer: (u32, Kid), now: Millis) {
        for key in self.keys.iter_mut().filter(|key| key.is_superseded_by(newer)) {
            key.expire(now.plus(GRACE));
        }
    }

    /// Removes the first key that matches `which`.
    pub(super) fn take(&mut self, which: Which<'_>) -> Option<OpeningKey> {
        self.keys.iter().position(which).map(|at| self.keys.remove(at))
    }
}

impl Deref for OpeningKeys {
    type Target = [OpeningKey];

    fn deref(&self) -> &[OpeningKey] {
        &self.keys
    }
}

impl DerefMut for OpeningKeys {
    fn deref_mut(&mut self) -> &mut [OpeningKey] {
        &mut self.keys
    }
}
