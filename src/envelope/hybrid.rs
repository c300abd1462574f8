//! MLKEM768-P256, KEM 0x0050 of draft-ietf-hpke-pq-04: ML-KEM-768 (FIPS 203) and P-256 joined so
//! that the secret holds as long as one of them does.
//!
//! ```text
//! public key = ML-KEM-768 encapsulation key, 1184 bytes ‖ P-256 point, 65 bytes
//! enc        = ML-KEM-768 ciphertext, 1088 bytes ‖ P-256 point, 65 bytes             1153 bytes
//! ```
//! The P-256 half happens outside on both sides, as in [`super::kem`].
//! The receiver's ML-KEM key is a seed of 64 bytes that is handed in for the moment of use. (The draft makes
//! both keys of one seed of 32 bytes; ours are made apart, because WebCrypto makes the P-256 key
//! and never lets it go. A sender cannot tell.)

use super::kdf::Secret;
use super::kem::{POINT, Point};
use alloc::boxed::Box;
use core::fmt;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{B32, DecapsulationKey768, EncapsulationKey768, Seed, SharedKey};
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

/// The private half of ML-KEM-768: `d ‖ z` of FIPS 203.
// Boxed, so that moving it moves a pointer and leaves no copy behind.
pub struct MlKemSeed(Box<Zeroizing<[u8; MlKemSeed::LEN]>>);

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

/// The ML-KEM half of an encapsulation for the holder of `key`; `None` if it is none (FIPS 203
/// §7.2: a coefficient is out of range). `m` are 32 random bytes that are used once.
//
// draft-irtf-cfrg-hybrid-kems-11 §5.5, §5.1.1:
//   def Encaps(ek):
//     (ek_PQ, ek_T) = split(KEM_PQ.Nek, Group_T.Nelem, ek)
//     (ss_PQ, ct_PQ) = KEM_PQ.Encaps(ek_PQ)                                        (this one)
//     sk_E = Group_T.RandomScalar(random(Group_T.Nseed))                           (outside)
//     ct_T = Group_T.Exp(Group_T.g, sk_E)                                          (outside)
//     ss_T = Group_T.ElementToSharedSecret(Group_T.Exp(ek_T, sk_E))                (outside)
//     ss_H = C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, Label)
//     ct_H = concat(ct_PQ, ct_T)
//     return (ss_H, ct_H)
//
// FIPS 203 §6.2, ML-KEM.Encaps_internal(ek, m).
pub fn encapsulate(
    key: &[u8; ENCAPSULATION_KEY],
    m: &[u8; 32],
) -> Option<(Box<[u8; CIPHERTEXT]>, Secret)> {
    let key = EncapsulationKey768::new(&(*key).into()).ok()?;
    let mut m = B32::from(*m);
    let (ciphertext, shared) = key.encapsulate_deterministic(&m);
    m.as_mut_slice().zeroize();
    Some((Box::new(ciphertext.into()), take(shared)))
}

/// The ML-KEM half of what a sender encapsulated. Every ciphertext of this length is one: a forged
/// one gives a secret that nobody knows.
//
// draft-irtf-cfrg-hybrid-kems-11 §5.5, §5.1.1:
//   def Decaps(dk, ct):
//     (ct_PQ, ct_T) = split(KEM_PQ.Nct, Group_T.Nelem, ct)
//     ss_PQ = KEM_PQ.Decaps(dk_PQ, ct_PQ)                                          (this one)
//     ss_T = Group_T.ElementToSharedSecret(Group_T.Exp(ct_T, dk_T))                (outside)
//     ss_H = C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, Label)
//     return ss_H
pub fn decapsulate(ciphertext: &[u8; CIPHERTEXT], seed: &MlKemSeed) -> Secret {
    take(seed.expand().decapsulate(&(*ciphertext).into()))
}

/// Both halves in one secret: `ss_t` is the x coordinate of the point that the ephemeral key
/// `ct_t` and the receiver's key `ek_t` share.
//
// draft-irtf-cfrg-hybrid-kems-11 §5.1.3, with SHA3-256 as the KDF:
//   def C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, label):
//     return KDF(concat(ss_PQ, ss_T, ct_T, ek_T, label))
pub fn combine(ss_pq: &Secret, ss_t: &Secret, ct_t: &Point, ek_t: &Point) -> Secret {
    let hash = Sha3_256::new()
        .chain_update(ss_pq.as_bytes())
        .chain_update(ss_t.as_bytes())
        .chain_update(ct_t.as_bytes())
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
