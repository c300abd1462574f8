//! RFC 9605 Appendix C: every header, and the whole frame of suite 0x0005.

#[path = "common/json.rs"]
mod json;

use json::{bytes, list, number};
use sealframe::sframe::{BaseKey, FrameKey, Header, Kid, MAX_HEADER_LEN, ratchet};
use serde_json::Value;

fn vectors() -> Value {
    json::file(include_str!("vectors/sframe-rfc9605.json"))
}

#[test]
fn headers_match_rfc_9605() {
    let file = vectors();
    let cases = list(&file["header"]);
    assert_eq!(cases.len(), 289);
    for case in cases {
        let header = Header { kid: Kid(number(&case["kid"])), ctr: number(&case["ctr"]) };
        let encoded = bytes(&case["encoded"]);
        let mut out = [0; MAX_HEADER_LEN];
        let len = header.encode(&mut out);
        assert_eq!(out[..len], encoded);
        assert_eq!(Header::parse(&encoded), Ok((header, encoded.len())));
    }
}

#[test]
fn frames_of_suite_5_match_rfc_9605() {
    let file = vectors();
    let mut cases = list(&file["sframe"]).iter();
    let case = cases.find(|c| c["cipher_suite"] == 5).expect("suite 5");
    let base_key = BaseKey::try_from(&*bytes(&case["base_key"])).expect("a key");
    let header = Header { kid: Kid(number(&case["kid"])), ctr: number(&case["ctr"]) };
    let mut out = [0; MAX_HEADER_LEN];
    let header_len = header.encode(&mut out);
    let aad = [&out[..header_len], &bytes(&case["metadata"])].concat();
    let key = FrameKey::derive(&base_key, header.kid);
    let mut frame = bytes(&case["pt"]);
    let tag = key.seal(header.ctr, &aad, &mut frame).expect("sealed");
    let wire = [&out[..header_len], &frame, &tag].concat();
    assert_eq!(wire, bytes(&case["ct"]));
    key.open(header.ctr, &aad, &mut frame, &tag).expect("opened");
    assert_eq!(frame, bytes(&case["pt"]));
}

/// The RFC has no ratchet vector. These 64 bytes were computed with Python's `hmac` module.
#[test]
fn a_ratchet_step_matches_its_vector() {
    let base_key = BaseKey::try_from(&[7u8; 32][..]).expect("a key");
    let next = ratchet(&base_key);
    assert_eq!(hex::encode(next.as_bytes()), RATCHETED);
    assert_ne!(hex::encode(ratchet(&next).as_bytes()), RATCHETED);
}

const RATCHETED: &str = concat!(
    "3f60b51d840361cf50cf1a5006537e51c002186f9e2811403c9717d2ac0a49e6",
    "0e7a6bf0b4e9c294b97b60e7ee954eb4c0dc42ce3739f98ce42439a2278f042e"
);
