//! The sender-key ratchet, RFC 9605 §5.1.

use super::BaseKey;
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::Zeroizing;

/// The base key one step later. There is no way back.
//
// RFC 9605 §5.1:
//   base_key[i+1] = HKDF-Expand(HKDF-Extract("", base_key[i]), "SFrame 1.0 Ratchet",
//                               CipherSuite.Nh)                              (Nh = 64)
pub fn ratchet(base_key: &BaseKey) -> BaseKey {
    let mut next = Zeroizing::new([0; BaseKey::MAX]);
    // HKDF-Expand fails above 255 * 64 bytes only.
    let _ = Hkdf::<Sha512>::new(None, base_key.as_bytes())
        .expand(b"SFrame 1.0 Ratchet", next.as_mut_slice());
    BaseKey::full(&next)
}
