//! The one error of the cryptography. It says nothing about why.

use mls_rs_core::error::IntoAnyError;
use std::fmt;

/// A key, a signature or a ciphertext was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

impl Refused {
    /// Takes the place of another error, whose text is not to be shown.
    pub(crate) fn of<E>(_: E) -> Self {
        Self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused by the cryptography")
    }
}

impl std::error::Error for Refused {}

impl IntoAnyError for Refused {}
