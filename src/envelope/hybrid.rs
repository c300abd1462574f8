//! MLKEM768-P256, KEM 0x0050 of draft-ietf-hpke-pq-04. It combines ML-KEM-768 (FIPS 203) and P-256
//! so that the secret is safe as long as one of them is.
//!
//! ```text
//! public key = ML-KEM-768 encapsulation key, 1184 bytes ‖ P-256 point, 65 bytes
//! enc        = ML-KEM-768 ciphertext, 1088 bytes ‖ P-256 point, 65 bytes             1153 bytes
//! ```
//! The host does the P-256 half on both sides, as in [`super::kem`]. The receiver's ML-KEM key is a
//! seed of 64 bytes. The draft derives both keys from one seed of 32 bytes. Ours are independent,
//! because WebCrypto makes the P-256 key and never exports it. A sender cannot notice the
//! difference.

use super::kdf::Secret;
use super::kem::{POINT_LEN, Point};
use alloc::boxed::Box;
use core::fmt;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{B32, DecapsulationKey768, EncapsulationKey768, Seed, SharedKey};
use sha3::{Digest, Sha3_256};
use zeroize::{Zeroize, Zeroizing};

/// Identifier of this KEM that the draft asks IANA for.
pub const KEM_ID: u16 = 0x0050;

/// Length of an ML-KEM-768 encapsulation key in bytes.
pub const ENCAPSULATION_KEY_LEN: usize = 1184;

/// Length of an ML-KEM-768 ciphertext in bytes.
pub const CIPHERTEXT_LEN: usize = 1088;

/// `Nenc` of this KEM.
pub const ENC_LEN: usize = CIPHERTEXT_LEN + POINT_LEN;

/// The last input of the combiner's hash (draft-irtf-cfrg-concrete-hybrid-kems-03 §4.1).
const LABEL: &[u8] = b"MLKEM768-P256";

/// The private half of ML-KEM-768: `d ‖ z` of FIPS 203.
// Boxed, so that moving it moves a pointer and leaves no copy behind.
pub struct MlKemSeed(Box<Zeroizing<[u8; Self::LEN]>>);

impl MlKemSeed {
    /// Length in bytes.
    pub const LEN: usize = 64;

    /// The public half.
    pub fn encapsulation_key(&self) -> [u8; ENCAPSULATION_KEY_LEN] {
        self.expand().encapsulation_key().to_bytes().into()
    }

    fn expand(&self) -> DecapsulationKey768 {
        let mut seed = Seed::from(**self.0);
        let key = DecapsulationKey768::from_seed(seed);
        seed.as_mut_slice().zeroize();
        key
    }
}

impl From<&[u8; Self::LEN]> for MlKemSeed {
    fn from(bytes: &[u8; Self::LEN]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }
}

impl fmt::Debug for MlKemSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MlKemSeed").finish_non_exhaustive()
    }
}

/// The ML-KEM half of an encapsulation to `key`. `None` if the key is invalid (FIPS 203 §7.2: a
/// coefficient is out of range). `m` are 32 random bytes that are used once.
//
// draft-irtf-cfrg-hybrid-kems-11 §5.5, §5.1.1:
//   def Encaps(ek):
//     (ek_PQ, ek_T) = split(KEM_PQ.Nek, Group_T.Nelem, ek)
//     (ss_PQ, ct_PQ) = KEM_PQ.Encaps(ek_PQ)                                        (this one)
//     sk_E = Group_T.RandomScalar(random(Group_T.Nseed))                           (host)
//     ct_T = Group_T.Exp(Group_T.g, sk_E)                                          (host)
//     ss_T = Group_T.ElementToSharedSecret(Group_T.Exp(ek_T, sk_E))                (host)
//     ss_H = C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, Label)
//     ct_H = concat(ct_PQ, ct_T)
//     return (ss_H, ct_H)
//
// FIPS 203 §6.2, ML-KEM.Encaps_internal(ek, m).
pub fn encapsulate(
    key: &[u8; ENCAPSULATION_KEY_LEN],
    m: &[u8; 32],
) -> Option<(Box<[u8; CIPHERTEXT_LEN]>, Secret)> {
    let key = EncapsulationKey768::new(&(*key).into()).ok()?;
    let mut m = B32::from(*m);
    let (ciphertext, shared) = key.encapsulate_deterministic(&m);
    m.as_mut_slice().zeroize();
    Some((Box::new(ciphertext.into()), take(shared)))
}

/// The ML-KEM half of a decapsulation. Every ciphertext of this length is valid: a forged one gives
/// a secret that nobody knows.
//
// draft-irtf-cfrg-hybrid-kems-11 §5.5, §5.1.1:
//   def Decaps(dk, ct):
//     (ct_PQ, ct_T) = split(KEM_PQ.Nct, Group_T.Nelem, ct)
//     ss_PQ = KEM_PQ.Decaps(dk_PQ, ct_PQ)                                          (this one)
//     ss_T = Group_T.ElementToSharedSecret(Group_T.Exp(ct_T, dk_T))                (host)
//     ss_H = C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, Label)
//     return ss_H
pub fn decapsulate(ciphertext: &[u8; CIPHERTEXT_LEN], seed: &MlKemSeed) -> Secret {
    take(seed.expand().decapsulate(&(*ciphertext).into()))
}

/// Combines both halves into one secret. `ss_t` is the x coordinate of the point that the ephemeral
/// key `ct_t` and the receiver's key `ek_t` share.
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
