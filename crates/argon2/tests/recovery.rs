//! Recovery containers: only the password opens them, and a hostile one does no harm.

#[path = "../../../tests/common/json.rs"]
mod json;

use json::{bytes, list, text};
use sealframe_argon2::recovery::{self, Container, MAX_PAYLOAD_LEN};
use sealframe_argon2::{Cost, Error};
use serde_json::Value;

const PASSWORD: &str = "correct horse battery staple";

fn vectors() -> Value {
    json::file(include_str!("../../../tests/vectors/sealframe-recovery.json"))
}

fn cost(case: &Value) -> Cost {
    let number = |name: &str| json::number(&case[name]) as u32;
    Cost::new(number("memory"), number("passes")).expect("a cost")
}

fn seal(payload: &[u8], salt: u8) -> Vec<u8> {
    recovery::seal(PASSWORD, payload, Cost::LEAST, [salt; 16]).expect("sealed")
}

#[test]
fn sealing_makes_the_containers_of_the_vectors() {
    for case in list(&vectors()["cases"]) {
        let salt = bytes(&case["salt"]).try_into().expect("16 bytes");
        let (password, payload) = (text(&case["password"]), bytes(&case["payload"]));
        let made = recovery::seal(password, &payload, cost(case), salt);
        assert_eq!(made, Ok(bytes(&case["container"])), "{password}");
    }
}

#[test]
fn the_containers_of_the_vectors_open() {
    for case in list(&vectors()["cases"]) {
        let container = bytes(&case["container"]);
        assert_eq!(Container::parse(&container).expect("a container").cost(), cost(case));
        let payload = recovery::open(text(&case["password"]), &container).expect("genuine");
        assert_eq!(payload.as_slice(), bytes(&case["payload"]));
    }
}

#[test]
fn every_refused_container_has_its_code() {
    let file = vectors();
    let cases = list(&file["refused"]);
    assert_eq!(cases.len(), 23);
    for case in cases {
        let opened = recovery::open(text(&case["password"]), &bytes(&case["container"]));
        let code = opened.err().map(Error::code);
        assert_eq!(code, Some(text(&case["code"])), "{}", case["why"]);
    }
}

#[test]
fn a_container_cut_short_is_refused_before_argon2_runs() {
    let container = seal(&[7; 32], 1);
    for len in 0..77 + 16 {
        let refused = Container::parse(&container[..len]).err();
        assert_eq!(refused, Some(Error::BadContainer), "{len} bytes");
    }
}

#[test]
fn reading_a_container_of_any_size_never_panics() {
    let mut container = seal(&[], 1);
    container.resize(77 + MAX_PAYLOAD_LEN + 16, 0);
    assert!(Container::parse(&container).is_ok());
    container.push(0);
    assert_eq!(Container::parse(&container).err(), Some(Error::BadContainer));
}

#[test]
fn debug_output_shows_neither_password_nor_payload() {
    let payload = b"the private keys of a device";
    let container = seal(payload, 1);
    assert!(!container.windows(8).any(|w| payload.windows(8).any(|p| p == w)));
    // Another salt gives another key, check and ciphertext.
    let other = seal(payload, 2);
    assert_ne!(container[45..77], other[45..77]);
    assert_ne!(container[77..], other[77..]);
}

#[test]
fn an_empty_password_or_too_large_payload_is_refused() {
    let seal = |password: &str, payload: &[u8]| {
        recovery::seal(password, payload, Cost::LEAST, [1; 16]).err()
    };
    assert_eq!(seal("", b"keys"), Some(Error::BadArgument));
    assert_eq!(seal(PASSWORD, &[0; MAX_PAYLOAD_LEN + 1]), Some(Error::BadArgument));
}

#[test]
fn argon2_costs_outside_their_bounds_are_refused() {
    for (memory, passes) in [(19 << 10, 2), (64 << 10, 3), (256 << 10, 8)] {
        assert!(Cost::new(memory, passes).is_ok());
    }
    let outside = [(0, 0), ((19 << 10) - 1, 2), ((256 << 10) + 1, 2), (64 << 10, 1), (64 << 10, 9)];
    for (memory, passes) in outside {
        assert_eq!(Cost::new(memory, passes), Err(Error::BadArgument));
    }
    assert_eq!(Cost::new(64 << 10, 3), Ok(Cost::DEFAULT));
}

#[test]
fn the_default_cost_takes_twelve_times_the_probe() {
    assert_eq!(sealframe_argon2::probe(Cost::DEFAULT), Ok(12.0));
}
