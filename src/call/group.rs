//! A call whose keys come from an MLS group.

use super::{Call, KeySource};
use crate::key::{GroupEpoch, LeafIndex, SenderId};
use crate::{Error, Millis};
use alloc::vec::Vec;

impl Call {
    /// Enters an epoch of the call's MLS group: opens its members' frames from now on. We have the
    /// leaf `own`, and still seal as before. Members that the epoch lacks open nothing any more.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a bad name or leaf, or if the keys of this call come from another
    /// source. Then nothing is changed.
    pub fn enter_epoch<'a>(
        &mut self,
        epoch: &GroupEpoch,
        own: LeafIndex,
        members: impl Iterator<Item = (&'a str, LeafIndex)>,
        now: Millis,
    ) -> Result<(), Error> {
        self.check_open()?;
        let members = members.map(|(id, leaf)| Ok((SenderId::try_from(id)?, leaf)));
        let mut members = members.collect::<Result<Vec<_>, Error>>()?;
        members.retain(|(id, _)| *id != self.own);
        self.check_key_source(KeySource::Group)?;
        self.ring.set_time(now);
        self.ring.install_group(epoch, own, &members)?;
        self.key_source = Some(KeySource::Group);
        Ok(())
    }

    /// Seals with the newest epoch from now on, if it has this context.
    ///
    /// # Errors
    /// [`Error::NoKey`] if it has another; [`Error::BadArgument`] if there is no group;
    /// [`Error::CounterExhausted`] if we sealed with it before.
    pub fn seal_epoch(&mut self, context: u16, now: Millis) -> Result<(), Error> {
        self.check_group()?;
        self.ring.set_time(now);
        self.ring.seal_group(context)
    }

    /// Wipes the keys of all members that the application does not name.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if there is no group.
    pub fn keep_members(&mut self, ids: &[impl AsRef<str>]) -> Result<(), Error> {
        self.check_group()?;
        self.ring.keep_senders(|id| ids.iter().any(|kept| kept.as_ref() == id.as_str()));
        Ok(())
    }

    /// Wipes all keys: the group is left. Nothing is sealed until the next group.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if there is no group.
    pub fn leave_group(&mut self) -> Result<(), Error> {
        self.check_group()?;
        self.ring.wipe();
        Ok(())
    }

    fn check_group(&self) -> Result<(), Error> {
        self.check_open()?;
        if self.key_source == Some(KeySource::Group) { Ok(()) } else { Err(Error::BadArgument) }
    }
}
