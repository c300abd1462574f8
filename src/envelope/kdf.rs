//! The labelled key derivation of HPKE, RFC 9180 §4, with HKDF-SHA256.

use core::fmt;
use hkdf::{Hkdf, HkdfExtract};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 32 secret bytes: a Diffie-Hellman result, or a secret derived from one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret itself.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<&[u8; 32]> for Secret {
    fn from(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

// RFC 9180 §4:
//   def LabeledExtract(salt, label, ikm):
//     labeled_ikm = concat("HPKE-v1", suite_id, label, ikm)
//     return Extract(salt, labeled_ikm)
pub(super) fn labeled_extract(suite_id: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Secret {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [b"HPKE-v1", suite_id, label, ikm] {
        extract.input_ikm(part);
    }
    let (mut prk, _) = extract.finalize();
    let secret = Secret(prk.into());
    prk.as_mut_slice().zeroize();
    secret
}

// RFC 9180 §4:
//   def LabeledExpand(prk, label, info, L):
//     labeled_info = concat(I2OSP(L, 2), "HPKE-v1", suite_id, label, info)
//     return Expand(prk, labeled_info, L)
pub(super) fn labeled_expand<const L: usize>(
    suite_id: &[u8],
    prk: &Secret,
    label: &[u8],
    info: &[u8],
) -> Zeroizing<[u8; L]> {
    let mut out = Zeroizing::new([0; L]);
    let length = (L as u16).to_be_bytes();
    // Fails only for a prk under 32 bytes or an L over 255 * 32. Both are fixed here.
    if let Ok(hkdf) = Hkdf::<Sha256>::from_prk(prk.as_bytes()) {
        let info = [&length, b"HPKE-v1".as_slice(), suite_id, label, info];
        let _ = hkdf.expand_multi_info(&info, out.as_mut_slice());
    }
    out
}

/// `LabeledExpand` with an output of 32 bytes.
pub(super) fn labeled_secret(suite_id: &[u8], prk: &Secret, label: &[u8], info: &[u8]) -> Secret {
    Secret::from(&*labeled_expand::<32>(suite_id, prk, label, info))
}

/// SHA-256 of all `parts` in their order.
#[inline(never)] // one copy keeps the wasm module small
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The first 16 bytes of [`sha256`], used as a name.
pub(super) fn sha256_16(bytes: &[u8]) -> [u8; 16] {
    sha256(&[bytes]).first_chunk().copied().unwrap_or_default()
}
