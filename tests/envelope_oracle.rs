//! Our HPKE against another implementation, in both directions.

mod common;

use common::p256;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::envelope::hpke::Context;
use sealframe::envelope::kem::{KEM_ID, Point, extract_and_expand};

type TheirKem = DhP256HkdfSha256;

const INFO: &[u8] = b"what both know";
const AAD: &[u8] = b"what travels beside";
const KEY: [u8; 64] = [0xa5; 64];

#[test]
fn the_hpke_crate_opens_our_messages() {
    for seed in 0..16 {
        let (private, ephemeral) =
            (p256::derive_key_pair(&[seed; 32]), p256::derive_key_pair(&[seed, 1]));
        let (public, enc) = (p256::point(&private), p256::point(&ephemeral));
        let dh = p256::agree(&ephemeral, public.as_bytes()).expect("a point");
        let secret = extract_and_expand(&dh, &enc, &public);
        let ct = Context::new(KEM_ID, &secret, INFO).seal(AAD, &KEY).expect("sealed");

        let private = <TheirKem as Kem>::PrivateKey::from_bytes(&private.to_bytes());
        let enc = <TheirKem as Kem>::EncappedKey::from_bytes(enc.as_bytes()).expect("a point");
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, TheirKem>(
            &OpModeR::Base,
            &private.expect("a key"),
            &enc,
            INFO,
            &ct,
            AAD,
        );
        assert_eq!(opened.expect("genuine"), KEY);
    }
}

#[test]
fn we_open_messages_of_the_hpke_crate() {
    for seed in 0..16 {
        let private = p256::derive_key_pair(&[seed; 32]);
        let public = p256::point(&private);
        let theirs = <TheirKem as Kem>::PublicKey::from_bytes(public.as_bytes());
        let (enc, ct) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, TheirKem>(
            &OpModeS::Base,
            &theirs.expect("a point"),
            INFO,
            &KEY,
            AAD,
            &mut ChaCha20Rng::seed_from_u64(seed.into()),
        )
        .expect("sealed");
        let enc = Point::parse(&enc.to_bytes()).expect("a point");
        let dh = p256::agree(&private, enc.as_bytes()).expect("a point");
        let secret = extract_and_expand(&dh, &enc, &public);
        let opened = Context::new(KEM_ID, &secret, INFO).open(AAD, &ct);
        assert_eq!(opened.expect("genuine").as_slice(), KEY);
    }
}
