//! The plaintext of an envelope.
//!
//! ```text
//! content = base key, 32 or 64 bytes ‖ u64 next frame ‖ u64 next data message
//! ```

use crate::Error;
use crate::key::{Counters, KeyGrant};
use crate::sframe::BaseKey;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// Length of the two counters in bytes.
pub(super) const COUNTERS_LEN: usize = 8 + 8;

/// The bytes to be sealed.
pub(super) fn to_bytes(key: &KeyGrant) -> Zeroizing<Vec<u8>> {
    let KeyGrant { base_key, next: Counters { frames, data } } = key;
    let (frames, data) = (frames.to_be_bytes(), data.to_be_bytes());
    Zeroizing::new([base_key.as_bytes(), &frames, &data].concat())
}

/// Reads what [`to_bytes`] wrote.
pub(super) fn parse(bytes: &[u8]) -> Result<KeyGrant, Error> {
    let (rest, data) = bytes.split_last_chunk().ok_or(Error::BadMessage)?;
    let (base_key, frames) = rest.split_last_chunk().ok_or(Error::BadMessage)?;
    let next = Counters { frames: u64::from_be_bytes(*frames), data: u64::from_be_bytes(*data) };
    Ok(KeyGrant { base_key: BaseKey::try_from(base_key)?, next })
}
