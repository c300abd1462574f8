//! The key that we seal with.

use super::{Counters, Limits, SealingKey};
use crate::sframe::{BaseKey, Fingerprint, Kid};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// Our sealing key from any source, and the identities of earlier ones.
#[derive(Debug, Default)]
pub(super) struct Own {
    limits: Limits,
    key: Option<SealingKey>,
    /// Every key that ever sealed, even if it is wiped.
    used: Vec<(Kid, Fingerprint)>,
}

impl Own {
    /// Starts without a key. `limits` apply to each key.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Seals with this key from now on. Installing the same key again changes nothing: its counter
    /// continues.
    ///
    /// # Errors
    /// [`Error::CounterExhausted`] if an earlier key is installed again: its counter is forgotten,
    /// so it must never return.
    pub(super) fn install(
        &mut self,
        kid: Kid,
        base_key: &BaseKey,
        now: Millis,
    ) -> Result<(), Error> {
        let fingerprint = Fingerprint::of(base_key, kid);
        if self.key.as_ref().is_some_and(|key| key.fingerprint() == fingerprint) {
            return Ok(());
        }
        if self.used.contains(&(kid, fingerprint)) {
            return Err(Error::CounterExhausted);
        }
        self.used.push((kid, fingerprint));
        self.key = Some(SealingKey::new(kid, base_key, now));
        Ok(())
    }

    /// The key and its limits.
    ///
    /// # Errors
    /// [`Error::NoKey`].
    pub(super) fn sealing(&mut self) -> Result<(&mut SealingKey, &Limits), Error> {
        self.key.as_mut().map(|key| (key, &self.limits)).ok_or(Error::NoKey)
    }

    /// The key, if there is one.
    pub(super) const fn key(&self) -> Option<&SealingKey> {
        self.key.as_ref()
    }

    /// The next counters of the key with this KID. A key that is not in use counts as new.
    pub(super) fn counters(&self, kid: Kid) -> Counters {
        match &self.key {
            Some(key) if key.kid() == kid => key.counters(),
            _ => Counters::default(),
        }
    }

    /// Whether a new key is due.
    pub(super) fn is_worn(&self, now: Millis) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_worn(now, &self.limits))
    }

    /// Drops the key. It still counts as used.
    pub(super) fn wipe(&mut self) {
        self.key = None;
    }
}
