//! HPKE base mode, RFC 9180 §5, with HKDF-SHA256 and AES-256-GCM, from the KEM's shared secret on.

use super::kdf::{Secret, labeled_expand, labeled_extract, labeled_secret};
use crate::Error;
use aes_gcm_simd::Aes256Gcm;
use aes_gcm_simd::aead::inout::InOutBuf;
use aes_gcm_simd::aead::{AeadInOut, KeyInit};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroizing;

/// Length of the authentication tag in bytes.
pub const TAG_LEN: usize = 16;

const MODE_BASE: u8 = 0x00;
const HKDF_SHA256: u16 = 0x0001;
const AES_256_GCM: u16 = 0x0002;

/// The context of a sender or a receiver: one key, and the number of its next message.
pub struct Context {
    suite_id: [u8; 10],
    // Boxed, so that moving a context moves a pointer and leaves no copy behind.
    cipher: Box<Aes256Gcm>,
    base_nonce: Zeroizing<[u8; 12]>,
    exporter_secret: Secret,
    seq: u64,
}

impl Context {
    /// The context for a KEM's shared secret and `info`.
    //
    // RFC 9180 §5.1, with mode_base and therefore default_psk and default_psk_id, both "":
    //   def KeySchedule<ROLE>(mode, shared_secret, info, psk, psk_id):
    //     psk_id_hash = LabeledExtract("", "psk_id_hash", psk_id)
    //     info_hash = LabeledExtract("", "info_hash", info)
    //     key_schedule_context = concat(mode, psk_id_hash, info_hash)
    //     secret = LabeledExtract(shared_secret, "secret", psk)
    //     key = LabeledExpand(secret, "key", key_schedule_context, Nk)
    //     base_nonce = LabeledExpand(secret, "base_nonce", key_schedule_context, Nn)
    //     exporter_secret = LabeledExpand(secret, "exp", key_schedule_context, Nh)
    //     return Context<ROLE>(key, base_nonce, 0, exporter_secret)
    pub fn new(kem_id: u16, shared_secret: &Secret, info: &[u8]) -> Self {
        let id = suite_id(kem_id);
        let psk_id_hash = labeled_extract(&id, b"", b"psk_id_hash", b"");
        let info_hash = labeled_extract(&id, b"", b"info_hash", info);
        let context = [&[MODE_BASE], psk_id_hash.as_bytes().as_slice(), info_hash.as_bytes()];
        let context = context.concat();
        let secret = labeled_extract(&id, shared_secret.as_bytes(), b"secret", b"");
        let key = labeled_expand::<32>(&id, &secret, b"key", &context);
        Self {
            suite_id: id,
            cipher: Box::new(Aes256Gcm::new((&*key).into())),
            base_nonce: labeled_expand(&id, &secret, b"base_nonce", &context),
            exporter_secret: labeled_secret(&id, &secret, b"exp", &context),
            seq: 0,
        }
    }

    /// Seals the next message.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a plaintext beyond AES-GCM's own limit of 64 GiB.
    //
    // RFC 9180 §5.2:
    //   def ContextS.Seal(aad, pt):
    //     ct = Seal(self.key, self.ComputeNonce(self.seq), aad, pt)
    //     self.IncrementSeq()
    //     return ct
    pub fn seal(&mut self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        // Reserves room for the tag at once: a growing Vec would leave copies of the plaintext
        // behind.
        let mut buffer = Vec::with_capacity(plaintext.len() + TAG_LEN);
        buffer.extend_from_slice(plaintext);
        let nonce = self.compute_nonce().into();
        let inout = InOutBuf::from(buffer.as_mut_slice());
        let tag = self.cipher.encrypt_inout_detached(&nonce, aad, inout);
        buffer.extend_from_slice(&tag.map_err(|_| Error::BadArgument)?);
        self.increment_seq()?;
        Ok(buffer)
    }

    /// Opens the next message. If that fails, the next call tries the same number again.
    ///
    /// # Errors
    /// [`Error::AuthenticationFailed`].
    //
    // RFC 9180 §5.2:
    //   def ContextR.Open(aad, ct):
    //     pt = Open(self.key, self.ComputeNonce(self.seq), aad, ct)
    //     if pt == OpenError:
    //       raise OpenError
    //     self.IncrementSeq()
    //     return pt
    pub fn open(&mut self, aad: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (ciphertext, tag) =
            ciphertext.split_last_chunk::<TAG_LEN>().ok_or(Error::AuthenticationFailed)?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let nonce = self.compute_nonce().into();
        let inout = InOutBuf::from(buffer.as_mut_slice());
        let opened = self.cipher.decrypt_inout_detached(&nonce, aad, inout, &(*tag).into());
        opened.map_err(|_| Error::AuthenticationFailed)?;
        self.increment_seq()?;
        Ok(buffer)
    }

    /// A secret for another purpose. It is the same on both sides.
    //
    // RFC 9180 §5.3:
    //   def Context.Export(exporter_context, L):
    //     return LabeledExpand(self.exporter_secret, "sec", exporter_context, L)
    pub fn export(&self, exporter_context: &[u8]) -> Secret {
        labeled_secret(&self.suite_id, &self.exporter_secret, b"sec", exporter_context)
    }

    // RFC 9180 §5.2:
    //   def Context<ROLE>.ComputeNonce(seq):
    //     seq_bytes = I2OSP(seq, Nn)
    //     return xor(self.base_nonce, seq_bytes)
    fn compute_nonce(&self) -> [u8; 12] {
        let mut nonce = *self.base_nonce;
        for (byte, seq) in nonce[4..].iter_mut().zip(self.seq.to_be_bytes()) {
            *byte ^= seq;
        }
        nonce
    }

    // RFC 9180 §5.2:
    //   def Context<ROLE>.IncrementSeq():
    //     if self.seq >= (1 << (8*Nn)) - 1:
    //       raise MessageLimitReachedError
    //     self.seq += 1
    // The limit here is smaller: 2^64 - 1.
    fn increment_seq(&mut self) -> Result<(), Error> {
        self.seq = self.seq.checked_add(1).ok_or(Error::CounterExhausted)?;
        Ok(())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("seq", &self.seq).finish_non_exhaustive()
    }
}

// RFC 9180 §5.1:
//   suite_id = concat("HPKE", I2OSP(kem_id, 2), I2OSP(kdf_id, 2), I2OSP(aead_id, 2))
fn suite_id(kem_id: u16) -> [u8; 10] {
    let [[a, b], [c, d], [e, f]] = [kem_id, HKDF_SHA256, AES_256_GCM].map(u16::to_be_bytes);
    [b'H', b'P', b'K', b'E', a, b, c, d, e, f]
}
