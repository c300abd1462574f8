//! Passphrase calls: all who know the words come to the same key.

use sealframe_vault::{Error, passphrase::call_key};
use serde_json::Value;

fn vectors() -> Value {
    let text = include_str!("../../../tests/vectors/sealframe-passphrase.json");
    serde_json::from_str(text).expect("a JSON file")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

#[test]
fn the_vectors() {
    for call in vectors()["calls"].as_array().expect("a list") {
        let key = call_key(text(&call["passphrase"]), text(&call["call"])).expect("a key");
        assert_eq!(hex::encode(**key), text(&call["callKey"]));
    }
}

#[test]
fn no_passphrase_is_none() {
    assert_eq!(call_key("", "room").err(), Some(Error::BadArgument));
}
