//! A key on its way from its owner to a member.

use crate::sframe::BaseKey;

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

/// A key that nothing was sealed with yet.
impl From<BaseKey> for GivenKey {
    fn from(base_key: BaseKey) -> Self {
        Self { base_key, next: Counters::default() }
    }
}
