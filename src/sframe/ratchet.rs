//! Base keys derived from base keys: the sender-key ratchet, RFC 9605 §5.1, and the key for data.

use super::BaseKey;
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::Zeroizing;

/// The base key one step later. The earlier key cannot be computed from it.
//
// RFC 9605 §5.1:
//   base_key[i+1] = HKDF-Expand(HKDF-Extract("", base_key[i]), "SFrame 1.0 Ratchet",
//                               CipherSuite.Nh)                              (Nh = 64)
pub fn ratchet(base_key: &BaseKey) -> BaseKey {
    derive(base_key, b"SFrame 1.0 Ratchet")
}

/// The base key for data messages that belongs to a base key for frames. It has the same KIDs but
/// another frame key, and so counters of its own.
//
//   data_base_key = HKDF-Expand(HKDF-Extract("", base_key), "sealframe/1 data", CipherSuite.Nh)
pub fn data_key(base_key: &BaseKey) -> BaseKey {
    derive(base_key, b"sealframe/1 data")
}

fn derive(base_key: &BaseKey, label: &[u8]) -> BaseKey {
    let mut next = Zeroizing::new([0; BaseKey::MAX_LEN]);
    // HKDF-Expand fails only above 255 * 64 bytes.
    let _ = Hkdf::<Sha512>::new(None, base_key.as_bytes()).expand(label, next.as_mut_slice());
    BaseKey::full(&next)
}
