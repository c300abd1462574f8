//! A key on its way from its owner to a member.

use crate::sframe::BaseKey;

/// A base key with its owner's next counters.
#[derive(Clone, Debug)]
pub struct KeyGrant {
    /// The key.
    pub base_key: BaseKey,
    /// The receiver of the key opens nothing below these counters.
    pub next: Counters,
}

/// The counters that a key's owner will use next. A receiver that reloaded may have opened earlier
/// frames and forgotten them: to open them again would be a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// For a frame.
    pub frames: u64,
    /// For a data message.
    pub data: u64,
}

/// A key that has sealed nothing yet.
impl From<BaseKey> for KeyGrant {
    fn from(base_key: BaseKey) -> Self {
        Self { base_key, next: Counters::default() }
    }
}
