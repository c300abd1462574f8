//! Passphrase calls: of the key that all share, one for each sender.

use sealframe::key::{CallKey, SenderId};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/sealframe-passphrase.json")).expect("a JSON file")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn sender(name: &str) -> SenderId {
    SenderId::try_from(name).expect("a sender id")
}

#[test]
fn the_vectors() {
    for call in vectors()["calls"].as_array().expect("a list") {
        let bytes: [u8; 32] =
            hex::decode(text(&call["callKey"])).expect("hex").try_into().expect("32");
        let key = CallKey::from(&bytes);
        for (name, expected) in call["senders"].as_object().expect("names") {
            let base_key = key.for_sender(&sender(name)).expect("a key");
            assert_eq!(hex::encode(base_key.as_bytes()), text(expected), "{name}");
        }
    }
}

#[test]
fn no_two_senders_share_a_key() {
    let key = CallKey::from(&[7; 32]);
    let of = |name| key.for_sender(&sender(name)).expect("a key");
    assert!(of("alice").same(&of("alice")));
    assert!(!of("alice").same(&of("bob")));
    assert!(!of("alice").same(&of("alice ")));
}

#[test]
fn the_key_is_silent() {
    assert_eq!(format!("{:?}", CallKey::from(&[7; 32])), "CallKey { .. }");
}
