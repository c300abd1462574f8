//! RFC 9180's own vectors for our suite, and Wycheproof's for what it is built of.

use hkdf::Hkdf;
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::{PublicKey, SecretKey};
use sealframe::Error;
use sealframe::envelope::hpke::Context;
use sealframe::envelope::kem::{self, AgreementKey};
use sealframe::envelope::{Secret, hpke};
use serde_json::Value;
use sha2::Sha256;

/// The base-mode record: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
fn base_mode() -> Value {
    let file = include_str!("vectors/hpke-rfc9180-p256-hkdfsha256-aes256gcm.json");
    let records: Vec<Value> = serde_json::from_str(file).expect("a JSON file");
    let mut of_mode = records.into_iter().filter(|record| record["mode"] == 0);
    of_mode.next().expect("a record of mode 0")
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("hex")).expect("hex")
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().expect("a fixed length")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn public_key(value: &Value) -> AgreementKey {
    AgreementKey::parse(&array(value)).expect("a point")
}

/// The step that a browser does with its non-extractable key.
fn outside_dh(private: &[u8], public: &[u8]) -> Secret {
    let private = SecretKey::from_slice(private).expect("a scalar");
    let public = PublicKey::from_sec1_bytes(public).expect("a point");
    let dh = diffie_hellman(private.to_nonzero_scalar(), public.as_affine());
    Secret::from(&(*dh.raw_secret_bytes()).into())
}

fn contexts(record: &Value) -> (Context, Context) {
    let shared_secret = Secret::from(&array(&record["shared_secret"]));
    let new = || Context::new(kem::KEM_ID, &shared_secret, &bytes(&record["info"]));
    (new(), new())
}

#[test]
fn key_pairs() {
    let record = base_mode();
    for (ikm, sk, pk) in [("ikmR", "skRm", "pkRm"), ("ikmE", "skEm", "pkEm")] {
        let key = kem::derive_key_pair(&array(&record[ikm])).expect("a key pair");
        assert_eq!(key.to_bytes().as_slice(), bytes(&record[sk]));
        assert_eq!(key.public_key().to_sec1_bytes().as_ref(), bytes(&record[pk]));
    }
}

#[test]
fn encapsulation_and_its_reverse() {
    let record = base_mode();
    let pk_recip = public_key(&record["pkRm"]);
    let encapped = kem::encap_derive(&pk_recip, &array(&record["ikmE"])).expect("a secret");
    assert_eq!(encapped.enc.as_slice(), bytes(&record["enc"]));
    assert_eq!(encapped.shared_secret.as_bytes().as_slice(), bytes(&record["shared_secret"]));

    let dh = outside_dh(&bytes(&record["skRm"]), &encapped.enc);
    let shared_secret = kem::decap(&public_key(&record["enc"]), &dh, &pk_recip);
    assert_eq!(shared_secret.as_bytes(), encapped.shared_secret.as_bytes());
}

#[test]
fn encryptions() {
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
fn single_shot() {
    let record = base_mode();
    let case = &record["encryptions"][0];
    let opened = hpke::open(
        &public_key(&record["enc"]),
        &outside_dh(&bytes(&record["skRm"]), &bytes(&record["enc"])),
        &public_key(&record["pkRm"]),
        &bytes(&record["info"]),
        &bytes(&case["aad"]),
        &bytes(&case["ct"]),
    );
    assert_eq!(opened.expect("genuine").as_slice(), bytes(&case["pt"]));
}

#[test]
fn exports() {
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
    let file = include_str!("vectors/wycheproof/hkdf_sha256_test.json");
    let file: Value = serde_json::from_str(file).expect("a JSON file");
    for case in list(&file["testGroups"]).iter().flat_map(|group| list(&group["tests"])) {
        let size = case["size"].as_u64().expect("a number");
        let mut okm = vec![0; usize::try_from(size).expect("a length")];
        let hkdf = Hkdf::<Sha256>::new(Some(&bytes(&case["salt"])), &bytes(&case["ikm"]));
        let done = hkdf.expand(&bytes(&case["info"]), &mut okm);
        assert_eq!(done.is_ok(), case["result"] == "valid", "{}", case["tcId"]);
        assert!(done.is_err() || okm == bytes(&case["okm"]), "{}", case["tcId"]);
    }
}

#[test]
fn wycheproof_ecdh_p256() {
    let file = include_str!("vectors/wycheproof/ecdh_secp256r1_ecpoint_test.json");
    let file: Value = serde_json::from_str(file).expect("a JSON file");
    let cases = list(&file["testGroups"]).iter().flat_map(|group| list(&group["tests"]));
    for case in cases {
        let public = bytes(&case["public"]);
        let parsed = public.as_slice().try_into().ok().and_then(AgreementKey::parse);
        // Uncompressed points only: one "acceptable" case is compressed.
        assert_eq!(parsed.is_some(), case["result"] == "valid", "{}", case["tcId"]);
        if let Some(key) = parsed {
            let dh = outside_dh(&scalar(&case["private"]), key.as_bytes());
            assert_eq!(dh.as_bytes().as_slice(), bytes(&case["shared"]), "{}", case["tcId"]);
        }
    }
}

/// A private key of exactly 32 bytes; Wycheproof writes integers of any length.
fn scalar(value: &Value) -> Vec<u8> {
    let digits = value.as_str().expect("hex").trim_start_matches('0');
    hex::decode(format!("{digits:0>64}")).expect("hex")
}
