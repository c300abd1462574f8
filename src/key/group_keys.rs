//! The keys of one sender in the epochs of an MLS group.

use super::opening_keys::{OpeningKeys, Which};
use super::timing::GRACE;
use super::{Attempt, OpeningKey};
use crate::sframe::{BaseKey, Kid};
use crate::{Error, Millis};

/// At most 32 epochs are held. When 200 members join at once, one joins every 800 ms at most, and
/// an epoch lasts 10 seconds after the next one came.
const MAX_EPOCHS: usize = 32;

/// One key for each epoch, the oldest first.
#[derive(Debug, Default)]
pub(super) struct GroupKeys(OpeningKeys);

impl GroupKeys {
    /// All keys.
    pub(super) fn keys_mut(&mut self) -> &mut [OpeningKey] {
        &mut self.0
    }

    /// Removes all keys that match `which`.
    pub(super) fn remove(&mut self, which: Which<'_>) {
        while self.0.take(which).is_some() {}
    }

    /// Adds the key of an epoch. The keys of earlier epochs expire. The same key again changes
    /// nothing: its replay windows stay.
    // `find` returns an index of the keys, here and in `open`.
    pub(super) fn add(&mut self, kid: Kid, base_key: &BaseKey, now: Millis) {
        if self.0.find(kid).is_some_and(|at| self.0[at].is_made_of(base_key)) {
            return;
        }
        // A KID names one key. RFC 9605 §5.2: the old epoch is dropped.
        self.remove(&|key| key.kid() == kid);
        self.0.iter_mut().for_each(|key| key.expire(now.plus(GRACE)));
        if self.0.len() == MAX_EPOCHS {
            self.0.take(&|_| true);
        }
        self.0.push(OpeningKey::new(kid, 0, base_key.clone().into()));
    }

    /// Runs the attempt with the key of this KID. The KID of another leaf is unknown here.
    pub(super) fn open(&mut self, kid: Kid, attempt: Attempt<'_>) -> Result<(), Error> {
        let at = self.0.find(kid).ok_or(Error::UnknownKey)?;
        attempt(&mut self.0[at])
    }
}
