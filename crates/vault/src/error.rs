//! Why something was refused; the codes are stable, and shared with the core's.

use core::fmt;

/// Opaque: neither secrets nor positions.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// An argument is outside its range.
    BadArgument,
    /// A recovery container is damaged, or asks for more or less work than is sane.
    BadContainer,
    /// There is no memory for Argon2.
    OutOfMemory,
    /// A container of a later version.
    UnsupportedVersion,
    /// The password does not open the container, or the container was changed.
    WrongPassword,
}

impl Error {
    /// The stable name that reaches applications.
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
