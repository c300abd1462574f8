//! Our HPKE against another implementation, both ways.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::{PublicKey, SecretKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::envelope::kem::{AgreementKey, derive_key_pair};
use sealframe::envelope::{Secret, hpke as ours};

type TheirKem = DhP256HkdfSha256;

const INFO: &[u8] = b"what both know";
const AAD: &[u8] = b"what travels beside";
const KEY: [u8; 64] = [0xa5; 64];

struct Recipient {
    private: SecretKey,
    public: AgreementKey,
}

fn recipient(seed: u8) -> Recipient {
    let private = derive_key_pair(&[seed; 32]).expect("a key pair");
    let point = private.public_key().to_sec1_bytes();
    let public = AgreementKey::parse(point.as_ref().try_into().expect("65 bytes"));
    Recipient { private, public: public.expect("a point") }
}

#[test]
fn they_open_what_we_seal() {
    for seed in 0..16 {
        let to = recipient(seed);
        let mut rng = ChaCha20Rng::seed_from_u64(seed.into());
        let (enc, ct) = ours::seal_with_rng(&to.public, INFO, AAD, &KEY, &mut rng).expect("sealed");
        let private =
            <TheirKem as Kem>::PrivateKey::from_bytes(&to.private.to_bytes()).expect("a key");
        let enc = <TheirKem as Kem>::EncappedKey::from_bytes(&enc).expect("a point");
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, TheirKem>(
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
    for seed in 0..16 {
        let to = recipient(seed);
        let mut rng = ChaCha20Rng::seed_from_u64(seed.into());
        let public =
            <TheirKem as Kem>::PublicKey::from_bytes(to.public.as_bytes()).expect("a point");
        let (enc, ct) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, TheirKem>(
            &OpModeS::Base,
            &public,
            INFO,
            &KEY,
            AAD,
            &mut rng,
        )
        .expect("sealed");
        let enc: [u8; 65] = enc.to_bytes().as_slice().try_into().expect("65 bytes");
        let ephemeral = PublicKey::from_sec1_bytes(&enc).expect("a point");
        let dh = diffie_hellman(to.private.to_nonzero_scalar(), ephemeral.as_affine());
        let dh = Secret::from(&(*dh.raw_secret_bytes()).into());
        let enc = AgreementKey::parse(&enc).expect("a point");
        let opened = ours::open(&enc, &dh, &to.public, INFO, AAD, &ct);
        assert_eq!(opened.expect("genuine").as_slice(), KEY);
    }
}
