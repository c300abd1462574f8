//! WebCrypto's operations on P-256, implemented with the `p256` crate.

use hkdf::Hkdf;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::{PublicKey, SecretKey};
use sealframe::envelope::kem::Point;
use sealframe::envelope::{SIGNATURE_LEN, Secret};
use sha2::Sha256;

/// The key pair derived from 32 secret bytes.
//
// RFC 9180 §7.1.3:
//   def DeriveKeyPair(ikm):
//     dkp_prk = LabeledExtract("", "dkp_prk", ikm)
//     bytes = LabeledExpand(dkp_prk, "candidate", I2OSP(counter, 1), Nsk)      counter = 0, 1, …
//     (until it is a scalar)
pub fn derive_key_pair(ikm: &[u8]) -> SecretKey {
    let suite = b"KEM\x00\x10".as_slice();
    let labeled_ikm = [b"HPKE-v1", suite, b"dkp_prk", ikm].concat();
    let prk = Hkdf::<Sha256>::new(None, &labeled_ikm);
    let candidate = |counter| {
        let info = [&[0, 32], b"HPKE-v1".as_slice(), suite, b"candidate", &[counter]].concat();
        let mut bytes = [0; 32];
        prk.expand(&info, &mut bytes).expect("32 bytes");
        SecretKey::from_slice(&bytes).ok()
    };
    (0..=255).find_map(candidate).expect("a scalar")
}

pub fn point(key: &SecretKey) -> Point {
    Point::parse(&key.public_key().to_sec1_bytes()).expect("an uncompressed point")
}

/// WebCrypto's `deriveBits({name: "ECDH", public}, …, 256)`; `None` if importing `public` fails.
pub fn agree(private: &SecretKey, public: &[u8]) -> Option<Secret> {
    let public = PublicKey::from_sec1_bytes(public).ok()?;
    let dh = diffie_hellman(private.to_nonzero_scalar(), public.as_affine());
    Some(Secret::from(&(*dh.raw_secret_bytes()).into()))
}

/// WebCrypto's `sign({name: "ECDSA", hash: "SHA-256"}, …)`.
pub fn sign(private: &SigningKey, bytes: &[u8]) -> [u8; SIGNATURE_LEN] {
    let signature: Signature = private.sign(bytes);
    signature.to_bytes().into()
}

/// WebCrypto's `verify({name: "ECDSA", hash: "SHA-256"}, …)`; `None` if importing `public` fails.
pub fn verify(public: &[u8], signature: &[u8; SIGNATURE_LEN], bytes: &[u8]) -> Option<bool> {
    let key = VerifyingKey::from_sec1_bytes(public).ok()?;
    let signature = Signature::from_slice(signature);
    Some(signature.is_ok_and(|signature| key.verify(bytes, &signature).is_ok()))
}
