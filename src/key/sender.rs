//! The name of a frame's sender.

use crate::Error;
use alloc::boxed::Box;
use core::fmt;

/// A sender's name: a device id in hexadecimal, or a name that the application chose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SenderId(Box<str>);

impl SenderId {
    /// Length of the longest name in bytes.
    pub const MAX_LEN: usize = 64;

    /// The name itself.
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for SenderId {
    type Error = Error;

    /// # Errors
    /// [`Error::BadArgument`] unless it has 1 to 64 bytes and no control character.
    fn try_from(name: &str) -> Result<Self, Error> {
        if !(1..=Self::MAX_LEN).contains(&name.len()) || name.contains(char::is_control) {
            return Err(Error::BadArgument);
        }
        Ok(Self(name.into()))
    }
}

impl fmt::Display for SenderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
