//! Reads files of vectors. Panics if a value is missing.
#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use serde_json::Value;

pub fn file(content: &str) -> Value {
    serde_json::from_str(content).expect("a JSON file")
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

pub fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

/// Bytes in hexadecimal digits.
pub fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).expect("hexadecimal digits")
}

pub fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().expect("N bytes")
}
