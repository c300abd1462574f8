//! ECDSA on P-256 with SHA-256 (RFC 9420 §5.1: DER). A strict verifier takes one form of a signature
//! only, so that nobody can make a second one of a genuine one.

use super::kem::{POINT, point, random_scalar};
use super::{Random, Refused};
use p256::SecretKey;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// A new private key, and its public key.
pub(super) fn generate(random: &Random) -> (Zeroizing<Vec<u8>>, Vec<u8>) {
    let secret = random_scalar(random);
    (Zeroizing::new(secret.to_bytes().to_vec()), point(&secret.public_key()))
}

/// The public key of a private key.
pub(super) fn public(secret: &[u8]) -> Result<Vec<u8>, Refused> {
    let secret = SecretKey::from_slice(secret).map_err(Refused::of)?;
    Ok(point(&secret.public_key()))
}

/// A signature with the lower S, in DER. Its nonce is that of RFC 6979.
pub(super) fn sign(secret: &[u8], data: &[u8]) -> Result<Vec<u8>, Refused> {
    let key = SigningKey::from_slice(secret).map_err(Refused::of)?;
    let signature: Signature = key.sign(data);
    Ok(signature.normalize_s().to_der().as_bytes().to_vec())
}

/// Verifies a signature in DER.
pub(super) fn verify(
    key: &[u8],
    signature: &[u8],
    data: &[u8],
    strict: bool,
) -> Result<(), Refused> {
    let parsed = Signature::from_der(signature).map_err(Refused::of)?;
    if strict && parsed.normalize_s().to_der().as_bytes() != signature {
        return Err(Refused);
    }
    verify_parsed(key, &parsed, data)
}

/// Verifies a signature `r ‖ s` with the lower S.
pub(crate) fn verify_raw(key: &[u8], signature: &[u8], data: &[u8]) -> Result<(), Refused> {
    let parsed = Signature::from_slice(signature).map_err(Refused::of)?;
    if parsed.normalize_s() != parsed {
        return Err(Refused);
    }
    verify_parsed(key, &parsed, data)
}

/// The same signature `r ‖ s` with the lower S.
pub(crate) fn normalize(signature: &[u8; 64]) -> Result<[u8; 64], Refused> {
    let parsed = Signature::from_slice(signature).map_err(Refused::of)?;
    Ok(parsed.normalize_s().to_bytes().into())
}

fn verify_parsed(key: &[u8], signature: &Signature, data: &[u8]) -> Result<(), Refused> {
    if key.len() != POINT {
        return Err(Refused);
    }
    let key = VerifyingKey::from_sec1_bytes(key).map_err(Refused::of)?;
    key.verify(data, signature).map_err(Refused::of)
}
