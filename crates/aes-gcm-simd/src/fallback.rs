//! The public type for targets without WebAssembly SIMD. It wraps the `aes-gcm` crate.

use aead::array::Array;
use aead::consts::{U12, U16, U32};
use aead::inout::InOutBuf;
use aead::{AeadCore, AeadInOut, Error, Key, KeyInit, KeySizeUser, TagPosition};
use core::fmt;
use zeroize::ZeroizeOnDrop;

/// AES-256-GCM of the `aes-gcm` crate: this target has no WebAssembly SIMD.
#[derive(Clone)]
pub struct Aes256Gcm(aes_gcm::Aes256Gcm);

impl KeySizeUser for Aes256Gcm {
    type KeySize = U32;
}

impl KeyInit for Aes256Gcm {
    fn new(key: &Key<Self>) -> Self {
        Self(aes_gcm::Aes256Gcm::new(key))
    }
}

impl AeadCore for Aes256Gcm {
    type NonceSize = U12;
    type TagSize = U16;
    const TAG_POSITION: TagPosition = TagPosition::Postfix;
}

impl AeadInOut for Aes256Gcm {
    fn encrypt_inout_detached(
        &self,
        nonce: &Array<u8, U12>,
        associated_data: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
    ) -> Result<Array<u8, U16>, Error> {
        self.0.encrypt_inout_detached(nonce, associated_data, buffer)
    }

    fn decrypt_inout_detached(
        &self,
        nonce: &Array<u8, U12>,
        associated_data: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
        tag: &Array<u8, U16>,
    ) -> Result<(), Error> {
        self.0.decrypt_inout_detached(nonce, associated_data, buffer, tag)
    }
}

impl fmt::Debug for Aes256Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aes256Gcm").finish_non_exhaustive()
    }
}

// The members of the wrapped cipher zeroize themselves.
impl ZeroizeOnDrop for Aes256Gcm {}
