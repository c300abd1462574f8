//! Commits that cannot be judged yet: of an epoch that has not come, or of a device that the roster
//! does not name yet.

use super::timing::HELD;
use crate::identity::DeviceId;
use crate::wire::Branch;
use crate::{Error, Millis};

/// Commits that wait.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<One>);

#[derive(Debug)]
struct One {
    branch: Branch,
    bytes: Vec<u8>,
    /// The device that it would let in against the roster.
    ghost: Option<DeviceId>,
    until: Millis,
}

/// At most this many commits wait.
const MOST: usize = 64;
/// At most this many bytes of them.
const MOST_BYTES: usize = 2 << 20;

impl Held {
    /// Keeps a commit for the epoch of `branch`.
    ///
    /// # Errors
    /// [`Error::Replayed`] if it waits already, [`Error::TooManyMessages`].
    pub(super) fn keep(
        &mut self,
        branch: Branch,
        bytes: &[u8],
        ghost: Option<DeviceId>,
        now: Millis,
    ) -> Result<(), Error> {
        if self.0.iter().any(|held| held.bytes == bytes) {
            return Err(Error::Replayed);
        }
        let size: usize = self.0.iter().map(|held| held.bytes.len()).sum();
        if self.0.len() >= MOST || size + bytes.len() > MOST_BYTES {
            return Err(Error::TooManyMessages);
        }
        let until = now.plus(HELD);
        self.0.push(One { branch, bytes: bytes.to_vec(), ghost, until });
        Ok(())
    }

    /// Takes out the commits for the epoch of `branch`.
    pub(super) fn take(&mut self, branch: Branch) -> Vec<Vec<u8>> {
        let (taken, kept) =
            std::mem::take(&mut self.0).into_iter().partition(|held: &One| held.branch == branch);
        self.0 = kept;
        let taken: Vec<One> = taken;
        taken.into_iter().map(|held| held.bytes).collect()
    }

    /// Drops what has waited for too long; the devices that would have been let in.
    pub(super) fn expire(&mut self, now: Millis) -> Vec<DeviceId> {
        let expired = self.0.extract_if(.., |held| now >= held.until);
        expired.filter_map(|held| held.ghost).collect()
    }

    /// When the first is dropped.
    pub(super) fn due(&self) -> Option<Millis> {
        self.0.iter().map(|held| held.until).min()
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
