//! Passphrase calls: of the key that all share, one for each sender.

#[path = "common/json.rs"]
mod json;

use json::{array, bytes, list};
use sealframe::key::{CallKey, SenderId};
use serde_json::Value;

fn vectors() -> Value {
    json::file(include_str!("vectors/sealframe-passphrase.json"))
}

fn sender(name: &str) -> SenderId {
    SenderId::try_from(name).expect("a sender id")
}

#[test]
fn the_vectors() {
    for call in list(&vectors()["calls"]) {
        let key = CallKey::from(&array(&call["callKey"]));
        for (name, expected) in call["senders"].as_object().expect("names") {
            let base_key = key.for_sender(&sender(name)).expect("a key");
            assert_eq!(base_key.as_bytes(), bytes(expected), "{name}");
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
