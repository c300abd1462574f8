//! Our own shared key, and the keys that replace it once the other members should have them.

use super::SharedKey;
use super::own::Own;
use super::timing::SWITCH;
use crate::sframe::Kid;
use crate::{Error, Millis};
use alloc::vec::Vec;

/// At most 12 keys wait. If the application sets more within two seconds, the oldest is skipped:
/// the other members also hold a limited number, and may have dropped it when its time comes.
const MAX_STAGED: usize = 12;

/// The shared key in use, and the waiting ones in the order in which they were set.
#[derive(Debug, Default)]
pub(super) struct OwnShared {
    current: Option<SharedKey>,
    staged: Vec<Staged>,
}

/// A key that waits to replace another.
#[derive(Debug)]
struct Staged {
    at: Millis,
    kid: Kid,
    key: SharedKey,
}

impl OwnShared {
    /// Makes `key` our shared key, with `kid` once it is in use. `None` stops sealing. The first
    /// key is in use at once, because no member has another.
    ///
    /// # Errors
    /// As [`Own::install`]. Then nothing is changed.
    pub(super) fn set(
        &mut self,
        key: Option<&SharedKey>,
        kid: Kid,
        own: &mut Own,
        now: Millis,
    ) -> Result<(), Error> {
        match key {
            None => {
                own.wipe();
                *self = Self::default();
            }
            Some(key) if self.current.is_none() => self.switch(kid, key.clone(), own, now)?,
            Some(key) => self.stage(kid, key, now),
        }
        Ok(())
    }

    /// Continues with the same key and another KID, if the key is worn.
    pub(super) fn renew(&self, kid: Kid, own: &mut Own, now: Millis) {
        if let Some(key) = self.current.as_ref().filter(|_| own.is_worn(now)) {
            // Fails only if the random KID was used before. Then the worn key stays until its hard
            // limit.
            let _ = own.install(kid, key.base_key(), now);
        }
    }

    /// Takes the newest due key into use. Older due keys are skipped.
    pub(super) fn tick(&mut self, own: &mut Own, now: Millis) {
        let mut due = None;
        while self.staged.first().is_some_and(|staged| staged.at <= now) {
            due = Some(self.staged.remove(0));
        }
        if let Some(Staged { kid, key, .. }) = due {
            // Fails only if the random KID was used with this key before. Then the old key stays.
            let _ = self.switch(kid, key, own, now);
        }
    }

    /// Each key waits its own time, whatever follows it. If the newest waiting key is set again,
    /// nothing changes. If the key in use is set again, it stays.
    fn stage(&mut self, kid: Kid, key: &SharedKey, now: Millis) {
        let same = |other: &SharedKey| other.base_key().same(key.base_key());
        if self.staged.last().is_some_and(|last| same(&last.key)) {
            return;
        }
        if self.current.as_ref().is_some_and(same) {
            return self.staged.clear();
        }
        self.staged.retain(|staged| !same(&staged.key));
        if self.staged.len() == MAX_STAGED {
            self.staged.remove(0);
        }
        self.staged.push(Staged { at: now.plus(SWITCH), kid, key: key.clone() });
    }

    fn switch(
        &mut self,
        kid: Kid,
        key: SharedKey,
        own: &mut Own,
        now: Millis,
    ) -> Result<(), Error> {
        own.install(kid, key.base_key(), now)?;
        self.current = Some(key);
        Ok(())
    }
}
