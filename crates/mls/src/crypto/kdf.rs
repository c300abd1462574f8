//! HKDF and HMAC with the suite's hash, and HPKE's labels around them.

use super::Refused;
use crate::suite::Hash;
use hkdf::{Hkdf, HkdfExtract};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384};
use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};
use zeroize::{Zeroize, Zeroizing};

/// A secret of a length that the suite decides.
pub(super) type Secret = Zeroizing<Vec<u8>>;

const VERSION: &[u8] = b"HPKE-v1";

/// The hash of `data`.
pub(super) fn hash(hash: Hash, data: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha256 => Sha256::digest(data).to_vec(),
        Hash::Sha384 => Sha384::digest(data).to_vec(),
    }
}

/// HMAC.
pub(super) fn mac(hash: Hash, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Refused> {
    match hash {
        Hash::Sha256 => mac_with::<Hmac<Sha256>>(key, data),
        Hash::Sha384 => mac_with::<Hmac<Sha384>>(key, data),
    }
}

/// HKDF-Extract of all parts of the input key material, one after the other.
pub(super) fn extract(hash: Hash, salt: &[u8], ikm: &[&[u8]]) -> Secret {
    macro_rules! with {
        ($hash:ty) => {{
            let mut extract = HkdfExtract::<$hash>::new(Some(salt));
            ikm.iter().for_each(|part| extract.input_ikm(part));
            let (mut prk, _) = extract.finalize();
            let secret = Zeroizing::new(prk.to_vec());
            prk.as_mut_slice().zeroize();
            secret
        }};
    }
    match hash {
        Hash::Sha256 => with!(Sha256),
        Hash::Sha384 => with!(Sha384),
    }
}

/// HKDF-Expand with the parts of `info`.
pub(super) fn expand(
    hash: Hash,
    prk: &[u8],
    info: &[&[u8]],
    length: usize,
) -> Result<Secret, Refused> {
    let mut out = Zeroizing::new(vec![0; length]);
    macro_rules! with {
        ($hash:ty) => {{
            let hkdf = Hkdf::<$hash>::from_prk(prk).map_err(Refused::of)?;
            hkdf.expand_multi_info(info, &mut out).map_err(Refused::of)?;
        }};
    }
    match hash {
        Hash::Sha256 => with!(Sha256),
        Hash::Sha384 => with!(Sha384),
    }
    Ok(out)
}

// RFC 9180 §4:
//   def LabeledExtract(salt, label, ikm):
//     labeled_ikm = concat("HPKE-v1", suite_id, label, ikm)
//     return Extract(salt, labeled_ikm)
pub(super) fn labeled_extract(
    hash: Hash,
    suite_id: &[u8],
    salt: &[u8],
    label: &[u8],
    ikm: &[u8],
) -> Secret {
    extract(hash, salt, &[VERSION, suite_id, label, ikm])
}

// RFC 9180 §4:
//   def LabeledExpand(prk, label, info, L):
//     labeled_info = concat(I2OSP(L, 2), "HPKE-v1", suite_id, label, info)
//     return Expand(prk, labeled_info, L)
pub(super) fn labeled_expand(
    hash: Hash,
    suite_id: &[u8],
    prk: &[u8],
    (label, info): (&[u8], &[u8]),
    length: usize,
) -> Result<Secret, Refused> {
    let size = u16::try_from(length).map_err(Refused::of)?.to_be_bytes();
    expand(hash, prk, &[&size, VERSION, suite_id, label, info], length)
}

// draft-ietf-hpke-hpke-02 §4, with SHAKE256 and an empty context:
//   def LabeledDerive(ikm, label, context, L):
//     labeled_ikm = concat(ikm, "HPKE-v1", suite_id, lengthPrefixed(label), I2OSP(L, 2), context)
//     return Derive(labeled_ikm, L)
pub(super) fn labeled_derive(suite_id: &[u8], ikm: &[u8], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let size = (label.len() as u16).to_be_bytes(); // labels are constants
    let mut shake = Shake256::default();
    for part in [ikm, VERSION, suite_id, &size, label, &32u16.to_be_bytes()] {
        shake.update(part);
    }
    let mut out = Zeroizing::new([0; 32]);
    shake.finalize_xof().read(&mut *out);
    out
}

/// `N` bytes of SHAKE256.
pub(super) fn stretch<const N: usize>(seed: &[u8]) -> Zeroizing<[u8; N]> {
    let mut shake = Shake256::default();
    shake.update(seed);
    let mut out = Zeroizing::new([0; N]);
    shake.finalize_xof().read(&mut *out);
    out
}

fn mac_with<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(Refused::of)?;
    Mac::update(&mut mac, data);
    Ok(mac.finalize().into_bytes().to_vec())
}
