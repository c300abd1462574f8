//! MLKEM768-P256, KEM 0x0050 of draft-ietf-hpke-pq-04: ML-KEM-768 (FIPS 203) and P-256 joined so
//! that the secret holds as long as one of them does.
//!
//! ```text
//! public key = ML-KEM-768 encapsulation key, 1184 bytes ‖ P-256 point, 65 bytes
//! enc        = ML-KEM-768 ciphertext, 1088 bytes ‖ P-256 point, 65 bytes             1153 bytes
//! ```
//! The receiver's Diffie-Hellman step happens where its P-256 key lives, as in [`super::kem`].
//! Its ML-KEM key is a seed of 64 bytes that is handed in for the moment of use. (The draft makes
//! both keys of one seed of 32 bytes; ours are made apart, because WebCrypto makes the P-256 key
//! and never lets it go. A sender cannot tell.)

use super::kdf::Secret;
use super::kem::{AgreementKey, POINT};
use crate::Error;
use alloc::boxed::Box;
use core::fmt;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{B32, DecapsulationKey768, EncapsulationKey768, Seed, SharedKey};
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use rand_core::CryptoRng;
use sha3::{Digest, Sha3_256};
use zeroize::{Zeroize, Zeroizing};

/// Identifier of this KEM that the draft asks IANA for.
pub const KEM_ID: u16 = 0x0050;

/// Length of an ML-KEM-768 encapsulation key in bytes.
pub const ENCAPSULATION_KEY: usize = 1184;

/// Length of an ML-KEM-768 ciphertext in bytes.
pub const CIPHERTEXT: usize = 1088;

/// `Nenc` of this KEM.
pub const ENC: usize = CIPHERTEXT + POINT;

/// Stands at the end of what the combiner hashes (draft-irtf-cfrg-concrete-hybrid-kems-03 §4.1).
const LABEL: &[u8] = b"MLKEM768-P256";

/// A device's public key: both halves valid.
#[derive(Clone, Debug, PartialEq)]
pub struct HybridKey {
    mlkem: EncapsulationKey768,
    agreement: AgreementKey,
    point: PublicKey,
}

/// The private half of ML-KEM-768: `d ‖ z` of FIPS 203.
// Boxed, so that moving it moves a pointer and leaves no copy behind.
pub struct MlKemSeed(Box<Zeroizing<[u8; MlKemSeed::LEN]>>);

/// What a sender encapsulated, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HybridEnc {
    ciphertext: Box<[u8; CIPHERTEXT]>,
    point: AgreementKey,
}

/// What encapsulation gives: a secret for the schedule, and public values for the receiver.
#[derive(Debug)]
pub struct HybridEncapped {
    /// `enc` in the draft.
    pub enc: Box<[u8; ENC]>,
    /// The secret both sides come to.
    pub shared_secret: Secret,
}

impl HybridKey {
    /// Checks an encapsulation key (FIPS 203 §7.2) and puts it beside the device's P-256 key;
    /// `None` if a coefficient is out of range.
    pub fn parse(mlkem: &[u8; ENCAPSULATION_KEY], agreement: &AgreementKey) -> Option<Self> {
        let mlkem = EncapsulationKey768::new(&(*mlkem).into()).ok()?;
        let point = PublicKey::from_sec1_bytes(agreement.as_bytes()).ok()?;
        Some(Self { mlkem, agreement: *agreement, point })
    }
}

impl MlKemSeed {
    /// Length in bytes.
    pub const LEN: usize = 64;

    /// The public half.
    pub fn encapsulation_key(&self) -> [u8; ENCAPSULATION_KEY] {
        self.expand().encapsulation_key().to_bytes().into()
    }

    fn expand(&self) -> DecapsulationKey768 {
        let mut seed = Seed::from(**self.0);
        let key = DecapsulationKey768::from_seed(seed);
        seed.as_mut_slice().zeroize();
        key
    }
}

impl From<&[u8; MlKemSeed::LEN]> for MlKemSeed {
    fn from(bytes: &[u8; Self::LEN]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }
}

impl fmt::Debug for MlKemSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MlKemSeed").finish_non_exhaustive()
    }
}

impl HybridEnc {
    /// Splits `enc`; `None` if its point is none of the curve. Every ML-KEM ciphertext of this
    /// length is one: a forged one gives a secret that nobody knows.
    pub fn parse(enc: &[u8; ENC]) -> Option<Self> {
        let (ciphertext, point) = enc.split_first_chunk::<CIPHERTEXT>()?;
        let point = AgreementKey::parse(point.try_into().ok()?)?;
        Some(Self { ciphertext: Box::new(*ciphertext), point })
    }

    /// The sender's ephemeral P-256 key, which the receiver's device is to be asked about.
    pub const fn point(&self) -> &AgreementKey {
        &self.point
    }
}

/// A fresh shared secret for the holder of `pk_recip`.
///
/// # Errors
/// [`Error::BadArgument`] with a probability of 2^-128, see `random_scalar` below.
//
// draft-irtf-cfrg-hybrid-kems-11 §5.5, §5.1.1:
//   def Encaps(ek):
//     (ek_PQ, ek_T) = split(KEM_PQ.Nek, Group_T.Nelem, ek)
//     (ss_PQ, ct_PQ) = KEM_PQ.Encaps(ek_PQ)
//     sk_E = Group_T.RandomScalar(random(Group_T.Nseed))
//     ct_T = Group_T.Exp(Group_T.g, sk_E)
//     ss_T = Group_T.ElementToSharedSecret(Group_T.Exp(ek_T, sk_E))
//     ss_H = C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, Label)
//     ct_H = concat(ct_PQ, ct_T)
//     return (ss_H, ct_H)
pub fn encap_with_rng(
    pk_recip: &HybridKey,
    rng: &mut dyn CryptoRng,
) -> Result<HybridEncapped, Error> {
    let mut m = Zeroizing::new([0; 32]);
    rng.fill_bytes(m.as_mut_slice());
    let (ciphertext, ss_pq) = encapsulate(&pk_recip.mlkem, &m);
    let sk_eph = random_scalar(rng)?;
    let point: [u8; POINT] = serialize(&sk_eph)?;
    let dh = diffie_hellman(sk_eph.to_nonzero_scalar(), pk_recip.point.as_affine());
    let ss_t = Zeroizing::new((*dh.raw_secret_bytes()).into());
    let shared_secret = combine(&ss_pq, &Secret::from(&*ss_t), &point, &pk_recip.agreement);
    let mut enc = Box::new([0; ENC]);
    enc[..CIPHERTEXT].copy_from_slice(&ciphertext);
    enc[CIPHERTEXT..].copy_from_slice(&point);
    Ok(HybridEncapped { enc, shared_secret })
}

/// The secret that a sender encapsulated. `dh` is the x coordinate that the receiver's private
/// P-256 key and [`HybridEnc::point`] give; `pk_recip` is the public half of that key.
//
// draft-irtf-cfrg-hybrid-kems-11 §5.5, §5.1.1:
//   def Decaps(dk, ct):
//     (ct_PQ, ct_T) = split(KEM_PQ.Nct, Group_T.Nelem, ct)
//     ss_PQ = KEM_PQ.Decaps(dk_PQ, ct_PQ)
//     ss_T = Group_T.ElementToSharedSecret(Group_T.Exp(ct_T, dk_T))                (outside: dh)
//     ss_H = C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, Label)
//     return ss_H
pub fn decap(enc: &HybridEnc, dh: &Secret, seed: &MlKemSeed, pk_recip: &AgreementKey) -> Secret {
    let ss_pq = seed.expand().decapsulate(&(*enc.ciphertext).into());
    combine(&take(ss_pq), dh, enc.point.as_bytes(), pk_recip)
}

// FIPS 203 §6.2, ML-KEM.Encaps_internal(ek, m).
fn encapsulate(key: &EncapsulationKey768, m: &[u8; 32]) -> ([u8; CIPHERTEXT], Secret) {
    let mut m = B32::from(*m);
    let (ciphertext, shared) = key.encapsulate_deterministic(&m);
    m.as_mut_slice().zeroize();
    (ciphertext.into(), take(shared))
}

// draft-irtf-cfrg-concrete-hybrid-kems-03 §3.1.1: of 128 random bytes the first 32 that are a
// scalar, the next 32 if they are none (2^-32), and so on. Here they are drawn when needed.
fn random_scalar(rng: &mut dyn CryptoRng) -> Result<SecretKey, Error> {
    let mut candidate = Zeroizing::new([0; 32]);
    let draw = |_| {
        rng.fill_bytes(candidate.as_mut_slice());
        SecretKey::from_slice(candidate.as_slice()).ok()
    };
    (0..4).find_map(draw).ok_or(Error::BadArgument)
}

// draft-irtf-cfrg-hybrid-kems-11 §5.1.3, with SHA3-256 as the KDF:
//   def C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, label):
//     return KDF(concat(ss_PQ, ss_T, ct_T, ek_T, label))
fn combine(ss_pq: &Secret, ss_t: &Secret, ct_t: &[u8; POINT], ek_t: &AgreementKey) -> Secret {
    let hash = Sha3_256::new()
        .chain_update(ss_pq.as_bytes())
        .chain_update(ss_t.as_bytes())
        .chain_update(ct_t)
        .chain_update(ek_t.as_bytes())
        .chain_update(LABEL);
    take(hash.finalize())
}

/// Moves a secret into a type that wipes itself.
fn take(mut shared: SharedKey) -> Secret {
    let bytes = Zeroizing::new(shared.into());
    shared.as_mut_slice().zeroize();
    Secret::from(&*bytes)
}

fn serialize(key: &SecretKey) -> Result<[u8; POINT], Error> {
    let point = key.public_key().to_sec1_point(false);
    point.as_bytes().try_into().map_err(|_| Error::BadArgument)
}
