//! What is sealed in an envelope.
//!
//! ```text
//! content = base key, 32 or 64 bytes ‖ u64 next frame ‖ u64 next data message ‖ nonce, 16 bytes
//! ```

use super::NONCE;
use crate::Error;
use crate::key::{Counters, GivenKey};
use crate::sframe::BaseKey;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// A key, and what it answers.
#[derive(Clone, Debug)]
pub struct Content {
    /// The key.
    pub key: GivenKey,
    /// The nonce of the recipient's newest request; zeros where there was none. A device that comes
    /// back takes nothing that was made before it asked.
    pub answers: [u8; NONCE],
}

impl Content {
    /// Bytes beside the base key.
    pub const BESIDE: usize = 8 + 8 + NONCE;

    /// The bytes to be sealed.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let GivenKey { base_key, next: Counters { frames, data } } = &self.key;
        let (frames, data) = (frames.to_be_bytes(), data.to_be_bytes());
        Zeroizing::new([base_key.as_bytes(), &frames, &data, &self.answers].concat())
    }

    /// Reads what [`Content::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::BadMessage`], or that of a [`BaseKey`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let (rest, answers) = bytes.split_last_chunk().ok_or(Error::BadMessage)?;
        let (rest, data) = rest.split_last_chunk().ok_or(Error::BadMessage)?;
        let (base_key, frames) = rest.split_last_chunk().ok_or(Error::BadMessage)?;
        let next =
            Counters { frames: u64::from_be_bytes(*frames), data: u64::from_be_bytes(*data) };
        let key = GivenKey { base_key: BaseKey::try_from(base_key)?, next };
        Ok(Self { key, answers: *answers })
    }
}
