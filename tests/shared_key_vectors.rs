//! The base keys of senders, derived from a passphrase call's key and from application keys.

#[path = "common/json.rs"]
mod json;

use json::{array, bytes, list};
use sealframe::key::{ApplicationKey, CallKey, SenderId, SharedKey};
use serde_json::Value;

fn sender(name: &str) -> SenderId {
    SenderId::try_from(name).expect("a sender id")
}

/// Compares the key that `make` returns for each sender of a record.
fn check(record: &Value, make: impl Fn(&SenderId) -> SharedKey) {
    for (name, expected) in record["senders"].as_object().expect("names") {
        let key = make(&sender(name));
        assert_eq!(key.base_key().as_bytes(), bytes(expected), "{name}");
        assert_eq!(key.sender(), &sender(name));
    }
}

#[test]
fn base_keys_of_a_passphrase_call_match_the_vectors() {
    let file = json::file(include_str!("vectors/sealframe-passphrase.json"));
    for call in list(&file["calls"]) {
        let key = CallKey::from(&array(&call["callKey"]));
        check(call, |sender| key.for_sender(sender));
    }
}

#[test]
fn base_keys_of_application_keys_match_the_vectors() {
    let file = json::file(include_str!("vectors/sealframe-application.json"));
    for record in list(&file["keys"]) {
        let given = bytes(&record["applicationKey"]);
        let key = ApplicationKey::try_from(given.as_slice()).expect("a key");
        check(record, |sender| key.for_sender(sender));
    }
}

#[test]
fn two_senders_or_two_sources_never_have_the_same_base_key() {
    let (call, given) = (CallKey::from(&[7; 32]), ApplicationKey::try_from(&[7; 32][..]));
    let given = given.expect("a key");
    let all: Vec<_> = ["alice", "alice ", "bob"]
        .iter()
        .flat_map(|name| [call.for_sender(&sender(name)), given.for_sender(&sender(name))])
        .collect();
    for (at, key) in all.iter().enumerate() {
        let same = |other: &SharedKey| key.base_key().same(other.base_key());
        assert_eq!(all.iter().position(same), Some(at), "{}", key.sender());
    }
}

#[test]
fn shared_secrets_are_silent_in_debug_output() {
    assert_eq!(format!("{:?}", CallKey::from(&[7; 32])), "CallKey { .. }");
    let given = ApplicationKey::try_from(&[0xab; 32][..]).expect("a key");
    let text = format!("{given:?} {:?}", given.for_sender(&sender("alice")));
    assert!(!text.contains("171") && !text.contains("ab, ab"), "{text}");
}
