//! RFC 9180's vectors for our suite, and Wycheproof's for its parts.

mod common;

use ::p256::SecretKey;
use common::json::{self, array, bytes, list, number};
use common::p256;
use hkdf::Hkdf;
use sealframe::Error;
use sealframe::envelope::Secret;
use sealframe::envelope::hpke::Context;
use sealframe::envelope::kem::{self, Point};
use serde_json::Value;
use sha2::Sha256;

/// The base-mode record: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
fn base_mode() -> Value {
    let records = json::file(include_str!("vectors/hpke-rfc9180-p256-hkdfsha256-aes256gcm.json"));
    let of_mode = list(&records).iter().find(|record| record["mode"] == 0);
    of_mode.expect("a record of mode 0").clone()
}

fn point(value: &Value) -> Point {
    Point::parse(&bytes(value)).expect("a point")
}

fn private(value: &Value) -> SecretKey {
    SecretKey::from_slice(&bytes(value)).expect("a scalar")
}

fn contexts(record: &Value) -> (Context, Context) {
    let shared_secret = Secret::from(&array(&record["shared_secret"]));
    let new = || Context::new(kem::KEM_ID, &shared_secret, &bytes(&record["info"]));
    (new(), new())
}

#[test]
fn derived_key_pairs_match_rfc_9180() {
    let record = base_mode();
    for (ikm, sk, pk) in [("ikmR", "skRm", "pkRm"), ("ikmE", "skEm", "pkEm")] {
        let key = p256::derive_key_pair(&bytes(&record[ikm]));
        assert_eq!(key.to_bytes().as_slice(), bytes(&record[sk]));
        assert_eq!(p256::point(&key), point(&record[pk]));
    }
}

#[test]
fn encap_and_decap_match_rfc_9180() {
    let record = base_mode();
    let [enc, recipient] = [&record["enc"], &record["pkRm"]].map(point);
    let sides = [(private(&record["skEm"]), recipient), (private(&record["skRm"]), enc)];
    for (own, other) in sides {
        let dh = p256::agree(&own, other.as_bytes()).expect("a point");
        let secret = kem::extract_and_expand(&dh, &enc, &recipient);
        assert_eq!(secret.as_bytes().as_slice(), bytes(&record["shared_secret"]));
    }
}

#[test]
fn encryptions_match_rfc_9180() {
    let record = base_mode();
    let (mut sender, mut receiver) = contexts(&record);
    let cases = list(&record["encryptions"]);
    assert_eq!(cases.len(), 257);
    for case in cases {
        let (aad, pt, ct) = (bytes(&case["aad"]), bytes(&case["pt"]), bytes(&case["ct"]));
        assert_eq!(sender.seal(&aad, &pt), Ok(ct.clone()));
        assert_eq!(receiver.open(b"other", &ct), Err(Error::AuthenticationFailed));
        assert_eq!(receiver.open(&aad, &ct).expect("genuine").as_slice(), pt);
    }
}

#[test]
fn exported_secrets_match_rfc_9180() {
    let record = base_mode();
    let (sender, receiver) = contexts(&record);
    let cases = list(&record["exports"]);
    assert_eq!(cases.len(), 3);
    for case in cases {
        let context = bytes(&case["exporter_context"]);
        let expected = bytes(&case["exported_value"]);
        assert_eq!(sender.export(&context).as_bytes().as_slice(), expected);
        assert_eq!(receiver.export(&context).as_bytes().as_slice(), expected);
    }
}

#[test]
fn a_ciphertext_shorter_than_its_tag_is_refused() {
    let (_, mut receiver) = contexts(&base_mode());
    for len in 0..16 {
        assert_eq!(receiver.open(b"", &[0; 16][..len]), Err(Error::AuthenticationFailed));
    }
}

#[test]
fn wycheproof_hkdf_sha256() {
    let file = json::file(include_str!("vectors/wycheproof/hkdf_sha256_test.json"));
    for case in list(&file["testGroups"]).iter().flat_map(|group| list(&group["tests"])) {
        let mut okm = vec![0; number(&case["size"]) as usize];
        let hkdf = Hkdf::<Sha256>::new(Some(&bytes(&case["salt"])), &bytes(&case["ikm"]));
        let done = hkdf.expand(&bytes(&case["info"]), &mut okm);
        assert_eq!(done.is_ok(), case["result"] == "valid", "{}", case["tcId"]);
        assert!(done.is_err() || okm == bytes(&case["okm"]), "{}", case["tcId"]);
    }
}
