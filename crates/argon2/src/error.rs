//! The errors of this module. Their codes are stable, and the core's errors use the same codes.

use core::fmt;

/// The reason of a refusal. It reveals neither secrets nor positions.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// An argument is outside its range.
    BadArgument,
    /// A recovery container is damaged, or its cost is outside the bounds.
    BadContainer,
    /// There is not enough memory for Argon2id.
    OutOfMemory,
    /// The container has a later version.
    UnsupportedVersion,
    /// The password does not open the container, or the container was changed.
    WrongPassword,
}

impl Error {
    /// The stable name in the application's errors.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadArgument => "bad-argument",
            Self::BadContainer => "bad-container",
            Self::OutOfMemory => "out-of-memory",
            Self::UnsupportedVersion => "unsupported-version",
            Self::WrongPassword => "wrong-password",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for Error {}
