//! Calls whose members know a passphrase, and have no devices' keys.

use super::SenderId;
use crate::Error;
use crate::sframe::BaseKey;
use alloc::boxed::Box;
use core::fmt;
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::Zeroizing;

/// In front of the sender's name when its key is made.
const SENDER_LABEL: &[u8] = b"sealframe/1 passphrase sender";

/// What all members of a passphrase call share: Argon2id's result, made outside (`crates/vault`).
pub struct CallKey(Box<Zeroizing<[u8; CallKey::LEN]>>);

impl CallKey {
    /// Length in bytes.
    pub const LEN: usize = 32;

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
