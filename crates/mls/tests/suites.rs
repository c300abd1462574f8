//! The suites against other implementations and vectors, and what they must refuse.

mod common;

use common::random;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha384;
use hpke::kem::{DhP256HkdfSha256, MlKem768P256};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use mls_rs::CipherSuiteProvider;
use mls_rs_core::crypto::{HpkeCiphertext, HpkePublicKey};
use p256::ecdsa::Signature;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe_mls::Suite;
use sealframe_mls::crypto::{Provider, SuiteProvider};
use serde_json::Value;

const INFO: &[u8] = b"info";
const AAD: &[u8] = b"aad";

/// Another implementation opens what we seal, we open what it seals, and both derive the same keys.
fn agrees_with<K: Kem>(suite: Suite) {
    let ours = suite_of(suite);
    let (private, public) = ours.kem_derive(&[7; 32]).expect("a key");
    let (their_private, their_public) = K::derive_keypair(&[7; 32]);
    assert_eq!(public.to_vec(), their_public.to_bytes().to_vec());

    let sealed = ours.hpke_seal(&public, INFO, Some(AAD), b"ours").expect("a public key");
    let enc = K::EncappedKey::from_bytes(&sealed.kem_output).expect("an encapsulation");
    let opened = hpke::single_shot_open::<AesGcm256, HkdfSha384, K>(
        &OpModeR::Base,
        &their_private,
        &enc,
        INFO,
        &sealed.ciphertext,
        AAD,
    );
    assert_eq!(opened.expect("what the key opens"), b"ours");

    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha384, K>(
        &OpModeS::Base,
        &their_public,
        INFO,
        b"theirs",
        AAD,
        &mut ChaCha20Rng::seed_from_u64(3),
    )
    .expect("a public key");
    let sealed = HpkeCiphertext { kem_output: enc.to_bytes().to_vec(), ciphertext };
    let opened = ours.hpke_open(&sealed, &private, &public, INFO, Some(AAD));
    assert_eq!(*opened.expect("what the key opens"), b"theirs");
}

#[test]
fn the_hybrid_suite_agrees_with_another_implementation() {
    agrees_with::<MlKem768P256>(Suite::Hybrid);
}

#[test]
fn the_classic_suite_agrees_with_another_implementation() {
    agrees_with::<DhP256HkdfSha256>(Suite::Classic);
}

#[test]
fn the_hybrid_key_pair_is_the_drafts() {
    let file = include_str!("../../../tests/vectors/hpke-pq-draft.json");
    let records: Vec<Value> = serde_json::from_str(file).expect("vectors");
    let mut seen = 0;
    for record in records.iter().filter(|record| record["kem_id"] == 0x50) {
        let field = |name: &str| hex::decode(record[name].as_str().expect("text")).expect("hex");
        let (private, public) = suite_of(Suite::Hybrid).kem_derive(&field("ikmR")).expect("a key");
        assert_eq!((private.to_vec(), public.to_vec()), (field("skRm"), field("pkRm")));
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn a_signature_in_a_second_form_is_refused_in_our_suites() {
    for suite in Suite::ALL {
        let ours = suite_of(suite);
        let (secret, public) = ours.signature_key_generate().expect("a key");
        let signature = ours.sign(&secret, b"data").expect("a key");
        assert!(ours.verify(&public, &signature, b"data").is_ok());
        let high = with_high_s(&signature);
        assert_eq!(ours.verify(&public, &high, b"data").is_ok(), suite == Suite::Interop);
        for other in [&signature[..signature.len() - 1], &longer(&signature)] {
            assert!(ours.verify(&public, other, b"data").is_err(), "{suite:?}");
        }
        assert!(ours.verify(&public, &signature, b"date").is_err());
    }
}

#[test]
fn what_is_no_public_key_is_refused() {
    for suite in Suite::ALL {
        let ours = suite_of(suite);
        let (_, good) = ours.kem_generate().expect("a key");
        assert!(ours.kem_public_key_validate(&good).is_ok());
        let mut off_curve = good.to_vec();
        *off_curve.last_mut().expect("a byte") ^= 1;
        let mut compressed = good.to_vec();
        let point = compressed.len() - 65;
        compressed[point] = 2;
        let mut large = good.to_vec();
        large[..2].fill(0xff); // a coefficient above the modulus, or a point of an unknown form
        for bad in [off_curve, compressed, large, Vec::new(), good[1..].to_vec()] {
            let bad = HpkePublicKey::from(bad);
            assert!(ours.kem_public_key_validate(&bad).is_err(), "{suite:?}");
            assert!(ours.hpke_seal(&bad, INFO, None, b"").is_err(), "{suite:?}");
        }
    }
}

#[test]
fn a_changed_ciphertext_is_refused() {
    for suite in Suite::ALL {
        let ours = suite_of(suite);
        let (private, public) = ours.kem_generate().expect("a key");
        let sealed = ours.hpke_seal(&public, INFO, None, b"data").expect("a public key");
        let open = |sealed: &HpkeCiphertext| ours.hpke_open(sealed, &private, &public, INFO, None);
        assert_eq!(*open(&sealed).expect("what the key opens"), b"data");
        let mut changed = sealed.clone();
        changed.kem_output[0] ^= 1;
        assert!(open(&changed).is_err());
        let mut changed = sealed.clone();
        changed.ciphertext[0] ^= 1;
        assert!(open(&changed).is_err());
        let mut short = sealed;
        short.ciphertext.truncate(15);
        assert!(open(&short).is_err());
    }
}

/// The other signature that ECDSA takes for the same data.
fn with_high_s(signature: &[u8]) -> Vec<u8> {
    let low = Signature::from_der(signature).expect("a signature");
    let (r, s) = low.split_scalars();
    let high = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).expect("a signature");
    assert_ne!(high, low);
    high.to_der().as_bytes().to_vec()
}

/// The same numbers with a length in its long form.
fn longer(signature: &[u8]) -> Vec<u8> {
    [&[signature[0], 0x81], &signature[1..]].concat()
}

fn suite_of(suite: Suite) -> SuiteProvider {
    Provider::new(random(4)).suite(suite)
}
