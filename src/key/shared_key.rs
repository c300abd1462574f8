//! Secrets that several members share, and each sender's base key derived from them.

use super::SenderId;
use crate::Error;
use crate::sframe::BaseKey;
use alloc::boxed::Box;
use core::fmt;
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::Zeroizing;

/// A key from the application's own key exchange, 16 to 64 bytes. Several senders may have the
/// same.
#[derive(Clone, Debug)]
pub struct ApplicationKey(BaseKey);

/// The secret of a passphrase call: the result of Argon2id (`crates/argon2`).
pub struct CallKey(Box<Zeroizing<[u8; Self::LEN]>>);

/// One sender's base key, derived from a shared secret and the sender's name. Two senders never
/// have the same base key: a frame of one does not authenticate as another's, whatever KIDs they
/// use.
//
//   base key = HKDF-Expand(HKDF-Extract("", secret), label ‖ sender, 32)               HKDF-SHA-512
#[derive(Clone, Debug)]
pub struct SharedKey {
    sender: SenderId,
    base_key: BaseKey,
}

impl ApplicationKey {
    const LABEL: &[u8] = b"sealframe/1 application sender";

    /// The base key that `sender` seals with.
    pub fn for_sender(&self, sender: &SenderId) -> SharedKey {
        SharedKey::derive(self.0.as_bytes(), Self::LABEL, sender)
    }
}

impl TryFrom<&[u8]> for ApplicationKey {
    type Error = Error;

    /// # Errors
    /// [`Error::BadKeyLength`] unless it has 16 to 64 bytes.
    fn try_from(secret: &[u8]) -> Result<Self, Error> {
        BaseKey::try_from(secret).map(Self)
    }
}

impl CallKey {
    /// Length in bytes.
    pub const LEN: usize = 32;
    const LABEL: &[u8] = b"sealframe/1 passphrase sender";

    /// The base key that `sender` seals with.
    pub fn for_sender(&self, sender: &SenderId) -> SharedKey {
        SharedKey::derive(self.0.as_slice(), Self::LABEL, sender)
    }
}

impl From<&[u8; Self::LEN]> for CallKey {
    fn from(bytes: &[u8; Self::LEN]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }
}

impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallKey").finish_non_exhaustive()
    }
}

impl SharedKey {
    /// The sender that seals with it.
    pub const fn sender(&self) -> &SenderId {
        &self.sender
    }

    /// The base key.
    pub const fn base_key(&self) -> &BaseKey {
        &self.base_key
    }

    fn derive(secret: &[u8], label: &[u8], sender: &SenderId) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let info = [label, sender.as_str().as_bytes()];
        // HKDF-Expand fails only above 255 * 64 bytes.
        let _ = Hkdf::<Sha512>::new(None, secret).expand_multi_info(&info, key.as_mut_slice());
        Self { sender: sender.clone(), base_key: BaseKey::from(&*key) }
    }
}
