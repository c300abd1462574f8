//! Calls whose members know a passphrase, and have no devices' keys.

use super::argon::{Cost, derive};
use crate::Error;
use crate::key::SenderId;
use crate::sframe::BaseKey;
use alloc::boxed::Box;
use core::fmt;
use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// In front of the call id when it is made into a salt.
const SALT_LABEL: &[u8] = b"sealframe/1 passphrase";
/// In front of the sender's name when its key is made.
const SENDER_LABEL: &[u8] = b"sealframe/1 passphrase sender";

/// What all members of a passphrase call share. To be made once, when joining.
pub struct CallKey(Box<Zeroizing<[u8; CallKey::LEN]>>);

impl CallKey {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// Runs Argon2id at [`Cost::DEFAULT`], which is part of the protocol: all members must come
    /// to the same key.
    ///
    /// The passphrase is taken as it is. The same letters can be different bytes, so the
    /// application brings it to Unicode's form NFC first (`String.prototype.normalize`).
    ///
    /// # Errors
    /// [`Error::BadArgument`] for an empty passphrase, [`Error::OutOfMemory`].
    //
    //   salt     = SHA-256("sealframe/1 passphrase" ‖ call id)
    //   call key = Argon2id(passphrase, salt, 64 MiB, 3 passes, 1 lane, 32 bytes)
    pub fn derive(passphrase: &str, call_id: &str) -> Result<Self, Error> {
        if passphrase.is_empty() {
            return Err(Error::BadArgument);
        }
        let salt = Sha256::new().chain_update(SALT_LABEL).chain_update(call_id).finalize();
        derive(passphrase, &salt, Cost::DEFAULT).map(Self)
    }

    /// The base key that `sender` seals with. One for each: under a key that all seal with, a
    /// server could pass one member's frames off as another's.
    //
    //   base key = HKDF-Expand(HKDF-Extract("", call key),
    //                          "sealframe/1 passphrase sender" ‖ sender, 32)         HKDF-SHA-512
    pub fn for_sender(&self, sender: &SenderId) -> Result<BaseKey, Error> {
        let mut key = Zeroizing::new([0; 32]);
        let info = [SENDER_LABEL, sender.as_str().as_bytes()];
        // HKDF-Expand fails above 255 * 64 bytes only.
        let _ = Hkdf::<Sha512>::new(None, self.0.as_slice())
            .expand_multi_info(&info, key.as_mut_slice());
        BaseKey::try_from(key.as_slice())
    }

    /// The secret itself, to hand it from the worker that made it to the one that seals.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl From<&[u8; CallKey::LEN]> for CallKey {
    fn from(bytes: &[u8; Self::LEN]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }
}

impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallKey").finish_non_exhaustive()
    }
}
