//! Passphrase calls: all who know the words come to the same key.

#[path = "../../../tests/common/json.rs"]
mod json;

use json::{bytes, list, text};
use sealframe_vault::{Error, passphrase::call_key};
use serde_json::Value;

fn vectors() -> Value {
    json::file(include_str!("../../../tests/vectors/sealframe-passphrase.json"))
}

#[test]
fn the_vectors() {
    for call in list(&vectors()["calls"]) {
        let key = call_key(text(&call["passphrase"]), text(&call["call"])).expect("a key");
        assert_eq!(key.as_slice(), bytes(&call["callKey"]));
    }
}

#[test]
fn no_passphrase_is_none() {
    assert_eq!(call_key("", "room").err(), Some(Error::BadArgument));
}
