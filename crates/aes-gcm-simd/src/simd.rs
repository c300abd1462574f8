//! The public type over the engine.

use crate::engine::Engine;
use crate::{A_MAX, P_MAX};
use aead::array::Array;
use aead::consts::{U12, U16, U32};
use aead::inout::InOutBuf;
use aead::{AeadCore, AeadInOut, Error, Key, KeyInit, KeySizeUser, TagPosition};
use alloc::boxed::Box;
use core::fmt;
use zeroize::ZeroizeOnDrop;

/// AES-256-GCM on 128-bit SIMD, in constant time.
///
/// Everything that is derived from the key, 4,464 bytes, is in one place on the heap. So moving
/// this value moves a pointer and leaves no copy of the key behind. It is wiped when dropped.
#[allow(unreachable_pub, reason = "a build without SIMD exports the fallback instead")]
pub struct Aes256Gcm(Box<Engine>);

impl KeySizeUser for Aes256Gcm {
    type KeySize = U32;
}

impl KeyInit for Aes256Gcm {
    fn new(key: &Key<Self>) -> Self {
        let mut engine = Box::new(Engine::ZERO);
        engine.set(&key.0);
        Self(engine)
    }
}

impl Clone for Aes256Gcm {
    fn clone(&self) -> Self {
        let mut engine = Box::new(Engine::ZERO);
        engine.copy(&self.0);
        Self(engine)
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
        check_lengths(associated_data, &buffer)?;
        let data = buffer.into_out_with_copied_in();
        Ok(Array(self.0.seal(&nonce.0, associated_data, data)))
    }

    fn decrypt_inout_detached(
        &self,
        nonce: &Array<u8, U12>,
        associated_data: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
        tag: &Array<u8, U16>,
    ) -> Result<(), Error> {
        check_lengths(associated_data, &buffer)?;
        self.0.open(&nonce.0, associated_data, buffer, &tag.0)
    }
}

impl fmt::Debug for Aes256Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aes256Gcm").finish_non_exhaustive()
    }
}

// By the `Drop` of the engine.
impl ZeroizeOnDrop for Aes256Gcm {}

fn check_lengths(aad: &[u8], data: &InOutBuf<'_, '_, u8>) -> Result<(), Error> {
    let fits = aad.len() as u64 <= A_MAX && data.len() as u64 <= P_MAX;
    fits.then_some(()).ok_or(Error)
}
