//! Passphrase calls: all who know the words come to the same keys, one for each sender.

use sealframe::Error;
use sealframe::key::SenderId;
use sealframe::vault::passphrase::CallKey;
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
        let key = CallKey::derive(text(&call["passphrase"]), text(&call["call"])).expect("a key");
        assert_eq!(hex::encode(key.as_bytes()), text(&call["callKey"]));
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
fn no_passphrase_is_none() {
    assert_eq!(CallKey::derive("", "room").err(), Some(Error::BadArgument));
}

#[test]
fn the_key_is_silent() {
    assert_eq!(format!("{:?}", CallKey::from(&[7; 32])), "CallKey { .. }");
}
