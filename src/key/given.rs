//! A key on its way from its owner to a member.

use crate::Error;
use crate::sframe::BaseKey;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// A base key, and how far its owner has come with it.
#[derive(Clone, Debug)]
pub struct GivenKey {
    /// The key.
    pub base_key: BaseKey,
    /// Who is given the key opens nothing below these.
    pub next: Counters,
}

/// The counters that a key's owner will spend next. What was sealed before, the device may have
/// opened already, before a reload, and forgotten: to open it again would be a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// For a frame.
    pub frames: u64,
    /// For a data message.
    pub data: u64,
}

impl GivenKey {
    /// Bytes beside the base key in [`GivenKey::to_bytes`].
    pub const COUNTERS: usize = 16;

    /// `base key ‖ u64 next frame ‖ u64 next data message`
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let Counters { frames, data } = self.next;
        let (frames, data) = (frames.to_be_bytes(), data.to_be_bytes());
        Zeroizing::new([self.base_key.as_bytes(), &frames, &data].concat())
    }

    /// Reads what [`GivenKey::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::BadMessage`], or that of a [`BaseKey`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let (rest, data) = bytes.split_last_chunk().ok_or(Error::BadMessage)?;
        let (base_key, frames) = rest.split_last_chunk().ok_or(Error::BadMessage)?;
        let next =
            Counters { frames: u64::from_be_bytes(*frames), data: u64::from_be_bytes(*data) };
        Ok(Self { base_key: BaseKey::try_from(base_key)?, next })
    }
}

/// A key that nothing was sealed with yet.
impl From<BaseKey> for GivenKey {
    fn from(base_key: BaseKey) -> Self {
        Self { base_key, next: Counters::default() }
    }
}
