//! ECDSA on P-256 with SHA-256, as WebCrypto makes it: `r ‖ s`, 32 bytes each.

use super::kdf::sha256;
use super::kem::{POINT, parse_point};
use crate::Error;
use alloc::vec::Vec;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// Length of a signature in bytes.
pub const SIGNATURE: usize = 64;

/// What stands in front of every key message when it is signed, so that a signature made for
/// something else is never one of a key message.
const LABEL: &[u8] = b"sealframe/1 key message";

/// A public P-256 key for signatures: a valid point, and not the one at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningKey(VerifyingKey);

impl SigningKey {
    /// Reads an uncompressed SEC1 point; `None` if it is none of this curve.
    pub fn parse(bytes: &[u8; POINT]) -> Option<Self> {
        VerifyingKey::from_affine(parse_point(bytes)?).ok().map(Self)
    }

    /// Checks the signature of a key message.
    ///
    /// # Errors
    /// [`Error::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE]) -> Result<(), Error> {
        let hash = sha256(&[LABEL, message]);
        Signature::from_slice(signature)
            .and_then(|signature| self.0.verify_prehash(&hash, &signature))
            .map_err(|_| Error::BadSignature)
    }
}

/// What a device signs for `message`.
pub fn to_sign(message: &[u8]) -> Vec<u8> {
    [LABEL, message].concat()
}
