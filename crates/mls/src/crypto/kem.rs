//! Encapsulation: to a P-256 key, or to an ML-KEM-768 key and a P-256 key together.
//!
//! ```text
//! P256          private key = scalar (32)     public key = point (65)         enc = point (65)
//! MLKEM768-P256 private key = seed (32)       public key = ek (1184) ‖ point  enc = ct (1088) ‖ point
//! ```

use super::kdf::{Secret, labeled_derive, labeled_expand, labeled_extract, stretch};
use super::{Random, Refused};
use crate::suite::{Hash, Kem};
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{B32, DecapsulationKey768, EncapsulationKey768, Seed};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use sha3::{Digest, Sha3_256};
use zeroize::{Zeroize, Zeroizing};

/// Length of a P-256 point in bytes, uncompressed.
pub(super) const POINT: usize = 65;
/// Length of an ML-KEM-768 encapsulation key in bytes.
const ENCAPSULATION_KEY: usize = 1184;
/// Length of an ML-KEM-768 ciphertext in bytes.
const CIPHERTEXT: usize = 1088;
/// Length of an ML-KEM seed `d ‖ z` in bytes.
const SEED: usize = 64;
/// Length of what P-256 scalars are sampled from in bytes: four tries.
const SCALARS: usize = 128;
/// Stands at the end of what the combiner hashes (draft-irtf-cfrg-concrete-hybrid-kems-03 §4.1).
const LABEL: &[u8] = b"MLKEM768-P256";

/// A private key and its public key, as bytes.
pub(super) type Pair = (Zeroizing<Vec<u8>>, Vec<u8>);

/// Both private halves of a hybrid key.
struct Halves {
    ml_kem: DecapsulationKey768,
    p256: SecretKey,
}

impl Kem {
    /// A key pair that `ikm` decides.
    pub(super) fn derive(self, ikm: &[u8]) -> Result<Pair, Refused> {
        match self {
            Self::P256 => {
                let secret = derive_scalar(ikm)?;
                let public = point(&secret.public_key());
                Ok((Zeroizing::new(secret.to_bytes().to_vec()), public))
            }
            // draft-ietf-hpke-pq-04 §4:
            //   seed = SHAKE256.LabeledDerive(ikm, "DeriveKeyPair", "", 32)
            Self::MlKem768P256 => {
                let seed = labeled_derive(&self.suite_id(), ikm, b"DeriveKeyPair");
                let halves = Halves::expand(&*seed)?;
                Ok((Zeroizing::new(seed.to_vec()), halves.public()))
            }
        }
    }

    /// Whether `key` is a public key.
    pub(super) fn check(self, key: &[u8]) -> Result<(), Refused> {
        self.split(key, ENCAPSULATION_KEY).and_then(|(ml_kem, p256)| {
            parse_point(p256)?;
            if self == Self::MlKem768P256 {
                parse_ml_kem(ml_kem)?;
            }
            Ok(())
        })
    }

    /// What to send to the holder of `key`, and the secret shared with it.
    pub(super) fn encapsulate(
        self,
        key: &[u8],
        random: &Random,
    ) -> Result<(Vec<u8>, Secret), Refused> {
        let (ml_kem, p256) = self.split(key, ENCAPSULATION_KEY)?;
        let ephemeral = random_scalar(random);
        let enc = point(&ephemeral.public_key());
        let dh = agree(&ephemeral, &parse_point(p256)?);
        if self == Self::P256 {
            let shared = extract_and_expand(&dh, &enc, key)?;
            return Ok((enc, shared));
        }
        let mut m = B32::from(random.array::<32>());
        let (ciphertext, mut shared) = parse_ml_kem(ml_kem)?.encapsulate_deterministic(&m);
        m.as_mut_slice().zeroize();
        let secret = combine(&shared, dh.as_slice(), &enc, p256);
        shared.as_mut_slice().zeroize();
        Ok(([&ciphertext[..], &enc].concat(), secret))
    }

    /// The secret that the sender of `enc` shares with the holder of `private`.
    pub(super) fn decapsulate(
        self,
        enc: &[u8],
        private: &[u8],
        public: &[u8],
    ) -> Result<Secret, Refused> {
        let (ciphertext, sent) = self.split(enc, CIPHERTEXT)?;
        let peer = parse_point(sent)?;
        if self == Self::P256 {
            let dh = agree(&SecretKey::from_slice(private).map_err(Refused::of)?, &peer);
            return extract_and_expand(&dh, enc, public);
        }
        let halves = Halves::expand(private)?;
        let dh = agree(&halves.p256, &peer);
        let ciphertext = ciphertext.try_into().map_err(Refused::of)?;
        let mut shared = halves.ml_kem.decapsulate(ciphertext);
        let secret = combine(&shared, dh.as_slice(), sent, &point(&halves.p256.public_key()));
        shared.as_mut_slice().zeroize();
        Ok(secret)
    }

    /// The ML-KEM part, which is empty for P-256, and the point.
    fn split(self, bytes: &[u8], ml_kem: usize) -> Result<(&[u8], &[u8]), Refused> {
        let at = if self == Self::P256 { 0 } else { ml_kem };
        let parts = bytes.split_at_checked(at).ok_or(Refused)?;
        if parts.1.len() == POINT { Ok(parts) } else { Err(Refused) }
    }

    fn suite_id(self) -> [u8; 5] {
        let [high, low] = self.id().to_be_bytes();
        [b'K', b'E', b'M', high, low]
    }
}

impl Halves {
    // draft-irtf-cfrg-hybrid-kems-11 §5.5, with SHAKE256 as the PRG:
    //   def expandDecapsKeyG(seed):
    //     seed_full = PRG(seed)
    //     (seed_PQ, seed_T) = split(KEM_PQ.Nseed, Group_T.Nseed, seed_full)
    //     (dk_PQ, ek_PQ) = KEM_PQ.DeriveKeyPair(seed_PQ)
    //     dk_T = Group_T.RandomScalar(seed_T)
    fn expand(seed: &[u8]) -> Result<Self, Refused> {
        let full = stretch::<{ SEED + SCALARS }>(seed);
        let mut ml_kem = Seed::try_from(&full[..SEED]).map_err(Refused::of)?;
        let mut scalars = full[SEED..].chunks(32).map(SecretKey::from_slice);
        let p256 = scalars.find_map(Result::ok).ok_or(Refused)?;
        let halves = Self { ml_kem: DecapsulationKey768::from_seed(ml_kem), p256 };
        ml_kem.as_mut_slice().zeroize();
        Ok(halves)
    }

    fn public(&self) -> Vec<u8> {
        let ml_kem = self.ml_kem.encapsulation_key().to_bytes();
        [&ml_kem[..], &point(&self.p256.public_key())].concat()
    }
}

/// A scalar that nobody can guess.
pub(super) fn random_scalar(random: &Random) -> SecretKey {
    loop {
        // Refused once in 2^32: a number that is zero, or not below the order.
        let bytes = Zeroizing::new(random.array::<32>());
        if let Ok(secret) = SecretKey::from_slice(&*bytes) {
            return secret;
        }
    }
}

/// A point in its uncompressed form.
pub(super) fn point(key: &PublicKey) -> Vec<u8> {
    key.to_sec1_point(false).as_bytes().to_vec()
}

// RFC 9180 §7.1.3:
//   def DeriveKeyPair(ikm):
//     dkp_prk = LabeledExtract("", "dkp_prk", ikm)
//     sk = 0
//     counter = 0
//     while sk == 0 or sk >= order:
//       if counter > 255:
//         raise DeriveKeyPairError
//       bytes = LabeledExpand(dkp_prk, "candidate", I2OSP(counter, 1), Nsk)
//       bytes[0] = bytes[0] & bitmask
//       sk = OS2IP(bytes)
//       counter = counter + 1
//     return (sk, pk(sk))
fn derive_scalar(ikm: &[u8]) -> Result<SecretKey, Refused> {
    let id = Kem::P256.suite_id();
    let prk = labeled_extract(Hash::Sha256, &id, b"", b"dkp_prk", ikm);
    let candidate = |counter| {
        let label = (b"candidate".as_slice(), [counter]);
        let bytes = labeled_expand(Hash::Sha256, &id, &prk, (label.0, &label.1), 32).ok()?;
        SecretKey::from_slice(&bytes).ok()
    };
    (0..=255).find_map(candidate).ok_or(Refused)
}

fn parse_point(bytes: &[u8]) -> Result<PublicKey, Refused> {
    // The other forms of SEC 1 are shorter, and HPKE knows this one only.
    if bytes.len() == POINT && bytes[0] == 4 {
        PublicKey::from_sec1_bytes(bytes).map_err(Refused::of)
    } else {
        Err(Refused)
    }
}

fn parse_ml_kem(bytes: &[u8]) -> Result<EncapsulationKey768, Refused> {
    EncapsulationKey768::new(bytes.try_into().map_err(Refused::of)?).map_err(Refused::of)
}

fn agree(secret: &SecretKey, peer: &PublicKey) -> Zeroizing<[u8; 32]> {
    let shared = p256::ecdh::diffie_hellman(secret.to_nonzero_scalar(), peer.as_affine());
    Zeroizing::new((*shared.raw_secret_bytes()).into())
}

// RFC 9180 §4.1:
//   def ExtractAndExpand(dh, kem_context):
//     eae_prk = LabeledExtract("", "eae_prk", dh)
//     shared_secret = LabeledExpand(eae_prk, "shared_secret", kem_context, Nsecret)
fn extract_and_expand(dh: &[u8; 32], enc: &[u8], public: &[u8]) -> Result<Secret, Refused> {
    let id = Kem::P256.suite_id();
    let prk = labeled_extract(Hash::Sha256, &id, b"", b"eae_prk", dh);
    let context = [enc, public].concat();
    labeled_expand(Hash::Sha256, &id, &prk, (b"shared_secret", &context), 32)
}

// draft-irtf-cfrg-hybrid-kems-11 §5.1.3, with SHA3-256 as the KDF:
//   def C2PRICombiner(ss_PQ, ss_T, ct_T, ek_T, label):
//     return KDF(concat(ss_PQ, ss_T, ct_T, ek_T, label))
fn combine(ss_pq: &[u8], ss_t: &[u8], ct_t: &[u8], ek_t: &[u8]) -> Secret {
    let mut hash = Sha3_256::new();
    for part in [ss_pq, ss_t, ct_t, ek_t, LABEL] {
        hash.update(part);
    }
    let mut shared = hash.finalize();
    let secret = Zeroizing::new(shared.to_vec());
    shared.as_mut_slice().zeroize();
    secret
}
