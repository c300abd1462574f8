//! The derivation of a frame key from a base key, and the AEAD of one frame: RFC 9605 §4.4.

use super::Kid;
use crate::Error;
use aes_gcm_simd::Aes256Gcm;
use aes_gcm_simd::aead::inout::InOutBuf;
use aes_gcm_simd::aead::{AeadInOut, KeyInit};
use alloc::boxed::Box;
use core::fmt;
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of the authentication tag in bytes.
pub const TAG_LEN: usize = 16;

/// Cipher suite 0x0005: AES_256_GCM_SHA512_128 (RFC 9605 §4.5).
const SUITE: [u8; 2] = 0x0005u16.to_be_bytes();

/// A `base_key` of RFC 9605: 16 to 64 secret bytes.
// Secrets are boxed, so that moving a key moves a pointer and leaves no copy behind.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BaseKey {
    bytes: Box<[u8; Self::MAX_LEN]>,
    /// 16 to 64: every constructor takes a secret of such a length.
    len: usize,
}

/// Identifies a (base key, KID) pair without revealing anything about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

/// Seals or opens the frames of one (base key, KID).
pub struct FrameKey(Box<Secrets>);

struct Secrets {
    cipher: Aes256Gcm,
    salt: Zeroizing<[u8; 12]>,
}

impl BaseKey {
    /// Length of the shortest accepted key in bytes.
    pub const MIN_LEN: usize = 16;
    /// Length of the longest accepted key in bytes: that of a ratchet step.
    pub const MAX_LEN: usize = 64;

    /// A key of the greatest length.
    pub(super) fn full(secret: &[u8; Self::MAX_LEN]) -> Self {
        Self { bytes: Box::new(*secret), len: Self::MAX_LEN }
    }

    /// The secret itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Whether both are the same secret. Takes a time that depends on the lengths only.
    pub fn same(&self, other: &Self) -> bool {
        let difference = self.bytes.iter().zip(&*other.bytes).fold(0, |sum, (a, b)| sum | (a ^ b));
        core::hint::black_box(difference) == 0 && self.len == other.len
    }
}

impl TryFrom<&[u8]> for BaseKey {
    type Error = Error;

    fn try_from(secret: &[u8]) -> Result<Self, Error> {
        if !(Self::MIN_LEN..=Self::MAX_LEN).contains(&secret.len()) {
            return Err(Error::BadKeyLength);
        }
        let mut key = Self { bytes: Box::new([0; Self::MAX_LEN]), len: secret.len() };
        key.bytes[..secret.len()].copy_from_slice(secret);
        Ok(key)
    }
}

impl From<&[u8; 32]> for BaseKey {
    fn from(secret: &[u8; 32]) -> Self {
        let mut key = Self { bytes: Box::new([0; Self::MAX_LEN]), len: secret.len() };
        key.bytes[..secret.len()].copy_from_slice(secret);
        key
    }
}

impl FrameKey {
    /// Derives the key and salt of `kid`.
    //
    // RFC 9605 §4.4.2:
    //   sframe_secret = HKDF-Extract("", base_key)
    //   sframe_key  = HKDF-Expand(sframe_secret, "SFrame 1.0 Secret key " + KID + suite, Nk)
    //   sframe_salt = HKDF-Expand(sframe_secret, "SFrame 1.0 Secret salt " + KID + suite, Nn)
    pub fn derive(base_key: &BaseKey, kid: Kid) -> Self {
        let secret = Hkdf::<Sha512>::new(None, base_key.as_bytes());
        let mut key = Zeroizing::new([0; 32]);
        expand(&secret, b"SFrame 1.0 Secret key ", kid, key.as_mut_slice());
        let cipher = Aes256Gcm::new((&*key).into());
        // The salt is derived in its final place: a move would leave a copy of it on the stack.
        let mut secrets = Box::new(Secrets { cipher, salt: Zeroizing::new([0; 12]) });
        expand(&secret, b"SFrame 1.0 Secret salt ", kid, secrets.salt.as_mut_slice());
        Self(secrets)
    }

    /// Encrypts `frame` in place with the counter `ctr` and returns the tag.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`] above AES-GCM's limit, 2^36 - 32 bytes.
    //
    // RFC 9605 §4.4.3:  nonce = sframe_salt XOR encode_big_endian(CTR, Nn)
    pub fn seal(&self, ctr: u64, aad: &[u8], frame: &mut [u8]) -> Result<[u8; TAG_LEN], Error> {
        self.0
            .cipher
            .encrypt_inout_detached((&*self.nonce(ctr)).into(), aad, InOutBuf::from(frame))
            .map(Into::into)
            .map_err(|_| Error::FrameTooLarge)
    }

    /// Verifies `tag` and only then decrypts `frame` in place.
    ///
    /// # Errors
    /// [`Error::AuthenticationFailed`]. Then `frame` is unchanged.
    pub fn open(
        &self,
        ctr: u64,
        aad: &[u8],
        frame: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Error> {
        self.0
            .cipher
            .decrypt_inout_detached(
                (&*self.nonce(ctr)).into(),
                aad,
                InOutBuf::from(frame),
                &(*tag).into(),
            )
            .map_err(|_| Error::AuthenticationFailed)
    }

    /// The nonce is zeroized because a known counter turns it into the salt.
    fn nonce(&self, ctr: u64) -> Zeroizing<[u8; 12]> {
        let mut nonce = self.0.salt.clone();
        for (byte, counter) in nonce[4..].iter_mut().zip(ctr.to_be_bytes()) {
            *byte ^= counter;
        }
        nonce
    }
}

impl Fingerprint {
    /// The fingerprint of a (base key, KID) pair.
    pub fn of(base_key: &BaseKey, kid: Kid) -> Self {
        let mut out = [0; 16];
        let secret = Hkdf::<Sha512>::new(None, base_key.as_bytes());
        expand(&secret, b"sealframe/1 fingerprint ", kid, &mut out);
        Self(out)
    }
}

fn expand(secret: &Hkdf<Sha512>, label: &[u8], kid: Kid, out: &mut [u8]) {
    // HKDF-Expand fails only above 255 * 64 bytes. The longest output here has 32.
    let _ = secret.expand_multi_info(&[label, &kid.0.to_be_bytes(), &SUITE], out);
}

impl fmt::Debug for BaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for FrameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameKey").finish_non_exhaustive()
    }
}
