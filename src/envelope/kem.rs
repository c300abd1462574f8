//! DHKEM(P-256, HKDF-SHA256), RFC 9180 §4.1: the sender's half here, of the receiver's half all
//! but the Diffie-Hellman step, which happens where the private key lives.

use super::kdf::{Secret, labeled_expand, labeled_extract, labeled_secret};
use crate::Error;
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::elliptic_curve::point::AffineCoordinates;
use p256::{AffinePoint, SecretKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Length of an uncompressed point in bytes: `Nenc` and `Npk` of this KEM.
pub const POINT: usize = 65;

/// Identifier of this KEM in the IANA registry.
pub const KEM_ID: u16 = 0x0010;

// RFC 9180 §4.1:  suite_id = concat("KEM", I2OSP(kem_id, 2))
const SUITE_ID: &[u8] = b"KEM\x00\x10";

/// A public P-256 key for key agreement: a valid point, and not the one at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreementKey {
    bytes: [u8; POINT],
    point: AffinePoint,
}

/// What encapsulation gives: a secret for the schedule, and a public value for the receiver.
#[derive(Debug)]
pub struct Encapped {
    /// The sender's ephemeral public key, `enc` in the RFC.
    pub enc: [u8; POINT],
    /// The secret both sides come to.
    pub shared_secret: Secret,
}

impl AgreementKey {
    /// Reads an uncompressed SEC1 point; `None` if it is none of this curve.
    pub fn parse(bytes: &[u8; POINT]) -> Option<Self> {
        Some(Self { bytes: *bytes, point: parse_point(bytes)? })
    }

    /// The uncompressed SEC1 form.
    pub const fn as_bytes(&self) -> &[u8; POINT] {
        &self.bytes
    }
}

/// A fresh shared secret for the holder of `pk_recip`.
///
/// # Errors
/// [`Error::BadArgument`] with a probability of 2^-8192, see [`derive_key_pair`].
pub fn encap_with_rng(pk_recip: &AgreementKey, rng: &mut dyn CryptoRng) -> Result<Encapped, Error> {
    let mut ikm = Zeroizing::new([0; 32]);
    rng.fill_bytes(ikm.as_mut_slice());
    encap_derive(pk_recip, &ikm)
}

/// [`encap_with_rng`] with the randomness handed in: the same bytes give the same result, so
/// they must never be used twice.
///
/// # Errors
/// As [`encap_with_rng`].
//
// RFC 9180 §4.1:
//   def Encap(pkR):
//     skE, pkE = GenerateKeyPair()
//     dh = DH(skE, pkR)
//     enc = SerializePublicKey(pkE)
//     pkRm = SerializePublicKey(pkR)
//     kem_context = concat(enc, pkRm)
//     shared_secret = ExtractAndExpand(dh, kem_context)
//     return shared_secret, enc
pub fn encap_derive(pk_recip: &AgreementKey, ikm: &[u8; 32]) -> Result<Encapped, Error> {
    let sk_eph = derive_key_pair(ikm)?;
    let enc = serialize(sk_eph.public_key().as_affine());
    let dh = diffie_hellman(sk_eph.to_nonzero_scalar(), pk_recip.point);
    let dh = Zeroizing::new((*dh.raw_secret_bytes()).into());
    let shared_secret = extract_and_expand(&Secret::from(&*dh), &enc, pk_recip);
    Ok(Encapped { enc, shared_secret })
}

/// The secret that a sender encapsulated. `dh` is the x coordinate that the receiver's private
/// key and `enc` give.
//
// RFC 9180 §4.1:
//   def Decap(enc, skR):
//     pkE = DeserializePublicKey(enc)
//     dh = DH(skR, pkE)
//     pkRm = SerializePublicKey(pk(skR))
//     kem_context = concat(enc, pkRm)
//     shared_secret = ExtractAndExpand(dh, kem_context)
//     return shared_secret
pub fn decap(enc: &AgreementKey, dh: &Secret, pk_recip: &AgreementKey) -> Secret {
    extract_and_expand(dh, enc.as_bytes(), pk_recip)
}

/// The key pair that 32 secret bytes stand for.
///
/// # Errors
/// [`Error::BadArgument`] if 256 candidates in a row are no scalar of the curve.
//
// RFC 9180 §7.1.3:
//   def DeriveKeyPair(ikm):
//     dkp_prk = LabeledExtract("", "dkp_prk", ikm)
//     sk = 0
//     counter = 0
//     while sk == 0 or sk >= order:
//       if counter > 255:
//         raise DeriveKeyPairError
//       bytes = LabeledExpand(dkp_prk, "candidate", I2OSP(counter, 1), Nsk)
//       bytes[0] = bytes[0] & bitmask                                        (0xff on P-256)
//       sk = OS2IP(bytes)
//       counter = counter + 1
//     return (sk, pk(sk))
pub fn derive_key_pair(ikm: &[u8; 32]) -> Result<SecretKey, Error> {
    let dkp_prk = labeled_extract(SUITE_ID, b"", b"dkp_prk", ikm);
    let candidate = |counter| {
        let bytes = labeled_expand::<32>(SUITE_ID, &dkp_prk, b"candidate", &[counter]);
        SecretKey::from_slice(bytes.as_slice()).ok()
    };
    (0..=255).find_map(candidate).ok_or(Error::BadArgument)
}

// RFC 9180 §4.1:
//   def ExtractAndExpand(dh, kem_context):
//     eae_prk = LabeledExtract("", "eae_prk", dh)
//     shared_secret = LabeledExpand(eae_prk, "shared_secret", kem_context, Nsecret)
//     return shared_secret
fn extract_and_expand(dh: &Secret, enc: &[u8; POINT], pk_recip: &AgreementKey) -> Secret {
    let eae_prk = labeled_extract(SUITE_ID, b"", b"eae_prk", dh.as_bytes());
    let kem_context = [enc.as_slice(), pk_recip.as_bytes()].concat();
    labeled_secret(SUITE_ID, &eae_prk, b"shared_secret", &kem_context)
}

/// A point of the curve from its uncompressed SEC1 form, `4 ‖ x ‖ y`; never the one at infinity.
// Not `PublicKey::from_sec1_bytes`: the square roots of its compressed form weigh 4 kB of wasm.
pub(super) fn parse_point(bytes: &[u8; POINT]) -> Option<AffinePoint> {
    let (x, y) = bytes.strip_prefix(&[4])?.split_first_chunk::<32>()?;
    AffinePoint::from_coordinates(&(*x).into(), y.try_into().ok()?).into()
}

fn serialize(point: &AffinePoint) -> [u8; POINT] {
    let mut bytes = [4; POINT];
    bytes[1..33].copy_from_slice(&point.x());
    bytes[33..].copy_from_slice(&point.y());
    bytes
}
