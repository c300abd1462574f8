//! AES-GCM with keys of 16 or 32 bytes.

use super::Refused;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use zeroize::Zeroizing;

/// Length of a nonce in bytes.
pub(super) const NONCE: usize = 12;
/// Length of a tag in bytes.
const TAG: usize = 16;

/// Ciphertext and tag of `data`.
pub(super) fn seal(key: &[u8], nonce: &[u8], aad: &[u8], data: &[u8]) -> Result<Vec<u8>, Refused> {
    match key.len() {
        16 => seal_with::<Aes128Gcm>(key, nonce, aad, data),
        _ => seal_with::<Aes256Gcm>(key, nonce, aad, data),
    }
}

/// What was sealed.
pub(super) fn open(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    match key.len() {
        16 => open_with::<Aes128Gcm>(key, nonce, aad, sealed),
        _ => open_with::<Aes256Gcm>(key, nonce, aad, sealed),
    }
}

fn seal_with<A: KeyInit + AeadInOut>(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, Refused> {
    let cipher = A::new_from_slice(key).map_err(Refused::of)?;
    // Room for the tag at once: a growing Vec would leave the plaintext behind.
    let mut buffer = Vec::with_capacity(data.len() + TAG);
    buffer.extend_from_slice(data);
    let nonce = nonce.try_into().map_err(Refused::of)?;
    let tag = cipher.encrypt_inout_detached(nonce, aad, buffer.as_mut_slice().into());
    buffer.extend_from_slice(&tag.map_err(Refused::of)?);
    Ok(buffer)
}

fn open_with<A: KeyInit + AeadInOut>(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let cipher = A::new_from_slice(key).map_err(Refused::of)?;
    let length = sealed.len().checked_sub(TAG).ok_or(Refused)?;
    let (sealed, tag) = sealed.split_at(length);
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let (nonce, tag) =
        (nonce.try_into().map_err(Refused::of)?, tag.try_into().map_err(Refused::of)?);
    let opened = cipher.decrypt_inout_detached(nonce, aad, buffer.as_mut_slice().into(), tag);
    opened.map_err(Refused::of)?;
    Ok(buffer)
}
