//! Our own key of an epoch that the other members may not have yet.

use super::own::Own;
use super::{GroupEpoch, LeafIndex};
use crate::sframe::{BaseKey, Kid};
use crate::{Error, Millis};

/// The key of the newest epoch, until we seal with it.
#[derive(Debug, Default)]
pub(super) struct OwnGroup(Option<Waiting>);

#[derive(Debug)]
struct Waiting {
    context: u16,
    kid: Kid,
    base_key: BaseKey,
}

impl OwnGroup {
    /// An epoch has come, in which we have this leaf. An epoch that still waits is skipped.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a leaf outside the tree.
    pub(super) fn wait(&mut self, epoch: &GroupEpoch, leaf: LeafIndex) -> Result<(), Error> {
        let (kid, base_key) = (epoch.kid(leaf)?, epoch.base_key().clone());
        self.0 = Some(Waiting { context: epoch.context(), kid, base_key });
        Ok(())
    }

    /// Seals with the waiting epoch from now on.
    ///
    /// # Errors
    /// [`Error::NoKey`] if no epoch with this context waits; errors of [`Own::install`].
    pub(super) fn seal(&mut self, context: u16, own: &mut Own, now: Millis) -> Result<(), Error> {
        let waiting = self.0.take_if(|waiting| waiting.context == context);
        let Waiting { kid, base_key, .. } = waiting.ok_or(Error::NoKey)?;
        own.install(kid, &base_key, now)
    }
}
