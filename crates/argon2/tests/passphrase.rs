//! Passphrase calls: all members with the same passphrase derive the same key.

#[path = "../../../tests/common/json.rs"]
mod json;

use json::{bytes, list, text};
use sealframe_argon2::{Error, passphrase::call_key};
use serde_json::Value;

fn vectors() -> Value {
    json::file(include_str!("../../../tests/vectors/sealframe-passphrase.json"))
}

#[test]
fn call_keys_match_the_vectors() {
    for call in list(&vectors()["calls"]) {
        let key = call_key(text(&call["passphrase"]), text(&call["call"])).expect("a key");
        assert_eq!(key.as_slice(), bytes(&call["callKey"]));
    }
}

#[test]
fn an_empty_passphrase_is_refused() {
    assert_eq!(call_key("", "room").err(), Some(Error::BadArgument));
}
