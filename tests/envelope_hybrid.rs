//! The hybrid KEM against the draft's vectors, and against another implementation in both
//! directions.

mod common;

use ::p256::SecretKey;
use common::json::{self, array, bytes, list};
use common::p256;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::MlKem768P256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::envelope::Secret;
use sealframe::envelope::hpke::Context;
use sealframe::envelope::hybrid::{self, CIPHERTEXT_LEN, MlKemSeed};
use sealframe::envelope::kem::Point;
use serde_json::Value;
use shake::{ExtendableOutput, Shake256, Update, XofReader};

type TheirEnc = <MlKem768P256 as Kem>::EncappedKey;
type TheirKey = <MlKem768P256 as Kem>::PrivateKey;

const INFO: &[u8] = b"what both know";
const AAD: &[u8] = b"what travels beside";
const KEY: [u8; 64] = [0xa5; 64];

/// A device in a browser: two private keys, made independently.
struct Recipient {
    private: SecretKey,
    seed: MlKemSeed,
    point: Point,
    /// The 32 bytes from which the draft derives both keys.
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
        let point = p256::point(&private);
        Self { private, seed: (&seed).into(), point, draft_seed }
    }

    fn public_bytes(&self) -> Vec<u8> {
        [self.seed.encapsulation_key().as_slice(), self.point.as_bytes()].concat()
    }

    /// The sender's side: the ML-KEM half in the core, the P-256 half in its browser.
    fn encap(&self, m: &[u8; 32], ephemeral: &SecretKey) -> (Vec<u8>, Secret) {
        let half = hybrid::encapsulate(&self.seed.encapsulation_key(), m);
        let (ciphertext, ss_pq) = half.expect("a key");
        let (point, ss_t) = (p256::point(ephemeral), p256::agree(ephemeral, self.point.as_bytes()));
        let secret = hybrid::combine(&ss_pq, &ss_t.expect("a point"), &point, &self.point);
        ([ciphertext.as_slice(), point.as_bytes()].concat(), secret)
    }

    fn decap(&self, enc: &[u8]) -> Secret {
        let (ciphertext, point) = split(enc);
        let ss_t = p256::agree(&self.private, point.as_bytes()).expect("a point");
        hybrid::combine(&hybrid::decapsulate(&ciphertext, &self.seed), &ss_t, &point, &self.point)
    }
}

fn split(enc: &[u8]) -> ([u8; CIPHERTEXT_LEN], Point) {
    let (ciphertext, point) = enc.split_first_chunk().expect("1153 bytes");
    (*ciphertext, Point::parse(point).expect("a point"))
}

fn vectors() -> Vec<Value> {
    let records = json::file(include_str!("vectors/hpke-pq-draft.json"));
    let ours = list(&records).iter().filter(|record| record["kem_id"] == hybrid::KEM_ID);
    ours.cloned().collect()
}

#[test]
fn hybrid_secrets_match_the_vectors_of_the_draft() {
    let records = vectors();
    assert_eq!(records.len(), 2);
    for record in records {
        let to = Recipient::new(array(&record["skRm"]));
        assert_eq!(to.public_bytes(), bytes(&record["pkRm"]));
        let drawn = bytes(&record["ikmE"]);
        // draft-irtf-cfrg-concrete-hybrid-kems-03 §3.1.1: the first 32 bytes that are a scalar.
        let scalar = SecretKey::from_slice(&drawn[32..64]).expect("a scalar");
        let (enc, secret) = to.encap(drawn[..32].try_into().expect("32 bytes"), &scalar);
        assert_eq!(enc, bytes(&record["enc"]));
        assert_eq!(secret.as_bytes().as_slice(), bytes(&record["shared_secret"]));
        let secret = to.decap(&bytes(&record["enc"]));
        assert_eq!(secret.as_bytes().as_slice(), bytes(&record["shared_secret"]));
    }
}

#[test]
fn the_hpke_crate_opens_our_hybrid_messages() {
    for seed in 0..8 {
        let to = Recipient::new([seed; 32]);
        let (enc, secret) = to.encap(&[seed; 32], &p256::derive_key_pair(&[seed; 32]));
        let ct = Context::new(hybrid::KEM_ID, &secret, INFO).seal(AAD, &KEY).expect("sealed");
        let private = TheirKey::from_bytes(&to.draft_seed).expect("a key");
        let enc = TheirEnc::from_bytes(&enc).expect("an encapsulation");
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
fn we_open_hybrid_messages_of_the_hpke_crate() {
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
        let secret = to.decap(&enc.to_bytes());
        let opened = Context::new(hybrid::KEM_ID, &secret, INFO).open(AAD, &ct);
        assert_eq!(opened.expect("genuine").as_slice(), KEY);
    }
}

#[test]
fn every_input_of_the_combiner_changes_the_secret() {
    let (to, other) = (Recipient::new([1; 32]), Recipient::new([2; 32]));
    let (enc, secret) = to.encap(&[7; 32], &p256::derive_key_pair(&[7; 32]));
    assert_eq!(to.decap(&enc).as_bytes(), secret.as_bytes());

    let (ciphertext, point) = split(&enc);
    let ss_t = p256::agree(&to.private, point.as_bytes()).expect("a point");
    let ss_pq = hybrid::decapsulate(&ciphertext, &to.seed);
    let wrong = [
        hybrid::combine(&Secret::from(&[7; 32]), &ss_t, &point, &to.point),
        hybrid::combine(&ss_pq, &Secret::from(&[7; 32]), &point, &to.point),
        hybrid::combine(&ss_pq, &ss_t, &other.point, &to.point),
        hybrid::combine(&ss_pq, &ss_t, &point, &other.point),
        hybrid::combine(&hybrid::decapsulate(&ciphertext, &other.seed), &ss_t, &point, &to.point),
    ];
    assert!(wrong.iter().all(|wrong| wrong.as_bytes() != secret.as_bytes()));

    // A flipped bit in the ML-KEM ciphertext gives another secret, not an error (implicit
    // rejection).
    for at in [0, 544, 1087] {
        let mut bent = enc.clone();
        bent[at] ^= 1;
        assert_ne!(to.decap(&bent).as_bytes(), secret.as_bytes());
    }
}

#[test]
fn an_invalid_ml_kem_key_is_refused() {
    let mut key = Recipient::new([1; 32]).seed.encapsulation_key();
    assert!(hybrid::encapsulate(&key, &[1; 32]).is_some());
    // A coefficient of 4095, above q - 1 = 3328.
    key[..2].copy_from_slice(&[0xff, 0x0f]);
    assert!(hybrid::encapsulate(&key, &[1; 32]).is_none());
}

#[test]
fn the_ml_kem_seed_is_silent_in_debug_output() {
    let seed = MlKemSeed::from(&[0x5a; 64]);
    assert_eq!(format!("{seed:?}"), "MlKemSeed { .. }");
}
