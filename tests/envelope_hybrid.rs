//! The hybrid KEM against the draft's vectors and against another implementation, both ways.

#[path = "common/drawn.rs"]
mod drawn;

use drawn::Drawn;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::MlKem768P256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::{PublicKey, SecretKey};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Rng, SeedableRng};
use sealframe::envelope::Secret;
use sealframe::envelope::hpke::Context;
use sealframe::envelope::hybrid::{self, ENC, HybridEnc, HybridKey, MlKemSeed};
use sealframe::envelope::kem::AgreementKey;
use serde_json::Value;
use shake::{ExtendableOutput, Shake256, Update, XofReader};

type TheirEnc = <MlKem768P256 as Kem>::EncappedKey;
type TheirKey = <MlKem768P256 as Kem>::PrivateKey;

const INFO: &[u8] = b"what both know";
const AAD: &[u8] = b"what travels beside";
const KEY: [u8; 64] = [0xa5; 64];

/// A device as a browser has it: two private keys, made apart.
struct Recipient {
    private: SecretKey,
    seed: MlKemSeed,
    agreement: AgreementKey,
    /// The 32 bytes that the draft makes both keys of.
    draft_seed: [u8; 32],
}

impl Recipient {
    // draft-irtf-cfrg-hybrid-kems-11 §5.1.2, expandDecapsKeyG.
    fn new(draft_seed: [u8; 32]) -> Self {
        let mut xof = Shake256::default().chain(draft_seed).finalize_xof();
        let (mut seed, mut scalar) = ([0; 64], [0; 32]);
        xof.read(&mut seed);
        xof.read(&mut scalar);
        let private = SecretKey::from_slice(&scalar).expect("a scalar");
        let point = private.public_key().to_sec1_bytes();
        let agreement = AgreementKey::parse(point.as_ref().try_into().expect("65 bytes"));
        Self { private, seed: (&seed).into(), agreement: agreement.expect("a point"), draft_seed }
    }

    fn public(&self) -> HybridKey {
        HybridKey::parse(&self.seed.encapsulation_key(), &self.agreement).expect("a key")
    }

    fn public_bytes(&self) -> Vec<u8> {
        [self.seed.encapsulation_key().as_slice(), self.agreement.as_bytes()].concat()
    }

    /// The step that a browser does with its non-extractable key.
    fn agree(&self, enc: &HybridEnc) -> Secret {
        let public = PublicKey::from_sec1_bytes(enc.point().as_bytes()).expect("a point");
        let dh = diffie_hellman(self.private.to_nonzero_scalar(), public.as_affine());
        Secret::from(&(*dh.raw_secret_bytes()).into())
    }

    fn decap(&self, enc: &[u8]) -> Secret {
        let enc = parse(enc).expect("a point");
        hybrid::decap(&enc, &self.agree(&enc), &self.seed, &self.agreement)
    }
}

fn parse(enc: &[u8]) -> Option<HybridEnc> {
    HybridEnc::parse(enc.try_into().expect("1153 bytes"))
}

fn vectors() -> Vec<Value> {
    let file = include_str!("vectors/hpke-pq-draft.json");
    let records: Vec<Value> = serde_json::from_str(file).expect("a JSON file");
    records.into_iter().filter(|record| record["kem_id"] == hybrid::KEM_ID).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("hex")).expect("hex")
}

#[test]
fn the_drafts_vectors() {
    let records = vectors();
    assert_eq!(records.len(), 2);
    for record in records {
        let to = Recipient::new(bytes(&record["skRm"]).try_into().expect("32 bytes"));
        assert_eq!(to.public_bytes(), bytes(&record["pkRm"]));
        let mut rng = Drawn(bytes(&record["ikmE"]));
        let encapped = hybrid::encap_with_rng(&to.public(), &mut rng).expect("a secret");
        assert_eq!(encapped.enc.as_slice(), bytes(&record["enc"]));
        assert_eq!(encapped.shared_secret.as_bytes().as_slice(), bytes(&record["shared_secret"]));
        let shared_secret = to.decap(&bytes(&record["enc"]));
        assert_eq!(shared_secret.as_bytes().as_slice(), bytes(&record["shared_secret"]));
    }
}

#[test]
fn they_open_what_we_seal() {
    for seed in 0..8 {
        let to = Recipient::new([seed; 32]);
        let mut rng = ChaCha20Rng::seed_from_u64(seed.into());
        let (enc, ct) = seal(&to.public(), &mut rng);
        let private = TheirKey::from_bytes(&to.draft_seed).expect("a key");
        let enc = TheirEnc::from_bytes(enc.as_slice()).expect("an encapsulation");
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, MlKem768P256>(
            &OpModeR::Base,
            &private,
            &enc,
            INFO,
            &ct,
            AAD,
        );
        assert_eq!(opened.expect("genuine"), KEY);
    }
}

#[test]
fn we_open_what_they_seal() {
    for seed in 0..8 {
        let to = Recipient::new([seed; 32]);
        let public = <MlKem768P256 as Kem>::PublicKey::from_bytes(&to.public_bytes());
        let (enc, ct) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, MlKem768P256>(
            &OpModeS::Base,
            &public.expect("a key"),
            INFO,
            &KEY,
            AAD,
            &mut ChaCha20Rng::seed_from_u64(seed.into()),
        )
        .expect("sealed");
        let shared_secret = to.decap(&enc.to_bytes());
        let opened = Context::new(hybrid::KEM_ID, &shared_secret, INFO).open(AAD, &ct);
        assert_eq!(opened.expect("genuine").as_slice(), KEY);
    }
}

#[test]
fn every_input_changes_the_secret() {
    let to = Recipient::new([1; 32]);
    let encapped = hybrid::encap_with_rng(&to.public(), &mut rng()).expect("a secret");
    let (enc, secret) = (encapped.enc, *encapped.shared_secret.as_bytes());
    assert_eq!(*to.decap(enc.as_slice()).as_bytes(), secret);

    let parsed = parse(enc.as_slice()).expect("a point");
    let dh = to.agree(&parsed);
    let other = Recipient::new([2; 32]);
    let wrong = [
        hybrid::decap(&parsed, &Secret::from(&[7; 32]), &to.seed, &to.agreement),
        hybrid::decap(&parsed, &dh, &other.seed, &to.agreement),
        hybrid::decap(&parsed, &dh, &to.seed, &other.agreement),
    ];
    assert!(wrong.iter().all(|wrong| *wrong.as_bytes() != secret));

    // One flipped bit of the ML-KEM ciphertext: no error, another secret (implicit rejection).
    for at in [0, 544, 1087] {
        let mut bent = enc.clone();
        bent[at] ^= 1;
        assert_ne!(*to.decap(bent.as_slice()).as_bytes(), secret);
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let to = Recipient::new([1; 32]);
    let mut key = to.seed.encapsulation_key();
    // A coefficient of 4095, above q - 1 = 3328.
    key[..2].copy_from_slice(&[0xff, 0x0f]);
    assert!(HybridKey::parse(&key, &to.agreement).is_none());
}

#[test]
fn a_point_off_the_curve_is_refused() {
    let to = Recipient::new([1; 32]);
    let mut enc = *hybrid::encap_with_rng(&to.public(), &mut rng()).expect("a secret").enc;
    enc[ENC - 1] ^= 1;
    assert!(HybridEnc::parse(&enc).is_none());
    assert!(HybridEnc::parse(&[0; ENC]).is_none());
}

#[test]
fn a_rejected_scalar_is_drawn_again() {
    let to = Recipient::new([1; 32]);
    let drawn = |refused: u8| {
        let scalars = [vec![0xff; 32 * usize::from(refused)], vec![3; 32]].concat();
        Drawn([vec![9; 32], scalars].concat())
    };
    let encap = |refused| hybrid::encap_with_rng(&to.public(), &mut drawn(refused));
    let first = encap(0).expect("a secret").enc;
    assert_eq!(encap(3).expect("a secret").enc, first);
    assert!(encap(4).is_err());
}

#[test]
fn secrets_are_silent() {
    let seed = MlKemSeed::from(&[0x5a; 64]);
    assert_eq!(format!("{seed:?}"), "MlKemSeed { .. }");
    let encapped = hybrid::encap_with_rng(&Recipient::new([1; 32]).public(), &mut rng());
    assert!(format!("{encapped:?}").contains("Secret { .. }"));
}

fn seal(to: &HybridKey, rng: &mut impl CryptoRng) -> (Box<[u8; ENC]>, Vec<u8>) {
    let encapped = hybrid::encap_with_rng(to, rng).expect("a secret");
    let mut context = Context::new(hybrid::KEM_ID, &encapped.shared_secret, INFO);
    (encapped.enc, context.seal(AAD, &KEY).expect("sealed"))
}

fn rng() -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    rng.next_u64();
    rng
}
