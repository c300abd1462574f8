//! Safety numbers are the same on both sides, and change with any key.

mod common;

use common::json::{self, bytes, list, text};
use common::p256;
use proptest::prelude::*;
use sealframe::envelope::Bundle;
use sealframe::safety::{SafetyHalf, SafetyNumber};
use serde_json::Value;
use std::collections::BTreeSet;

fn vectors() -> Value {
    json::file(include_str!("vectors/sealframe-safety.json"))
}

fn half(bundle: &[u8]) -> SafetyHalf {
    SafetyHalf::of(&Bundle::parse(bundle).expect("a bundle"))
}

/// The bundle of a suite, with the key of this number.
fn bundle(suite: u8, signing: u8) -> Vec<u8> {
    let point = *p256::point(&p256::derive_key_pair(&[signing; 32])).as_bytes();
    [&[4, suite], point.as_slice()].concat()
}

fn number(one: &[u8], other: &[u8]) -> String {
    SafetyNumber::of(half(one), half(other)).digits()
}

#[test]
fn safety_numbers_of_every_suite_match_the_vectors() {
    let file = vectors();
    let devices = file["devices"].as_object().expect("devices").values();
    let suites: BTreeSet<_> = devices.map(|device| bytes(&device["bundle"])[1]).collect();
    assert_eq!(suites, [1, 2, 3].into());
    let of = |name: &Value| half(&bytes(&file["devices"][text(name)]["bundle"]));
    for pair in list(&file["pairs"]) {
        let (one, other) = (of(&pair["one"]), of(&pair["other"]));
        for number in [SafetyNumber::of(one, other), SafetyNumber::of(other, one)] {
            assert_eq!(number.digits(), text(&pair["number"]).replace(' ', ""));
        }
    }
}

#[test]
fn any_key_of_either_side_changes_the_safety_number() {
    let same = number(&bundle(1, 2), &bundle(1, 4));
    assert_eq!(same, number(&bundle(1, 4), &bundle(1, 2)));
    let changed = [
        number(&bundle(2, 2), &bundle(1, 4)),
        number(&bundle(1, 5), &bundle(1, 4)),
        number(&bundle(1, 2), &bundle(2, 4)),
        number(&bundle(1, 2), &bundle(1, 5)),
    ];
    for (i, other) in changed.iter().enumerate() {
        assert_ne!(*other, same, "case {i}");
        assert!(!changed[..i].contains(other), "case {i}");
    }
}

/// The offsets of version, suite and point form in a bundle. They are not part of a key.
const FORM: [usize; 3] = [0, 1, 2];

#[test]
fn any_byte_of_a_key_changes_the_safety_number() {
    let file = vectors();
    let other = half(&bytes(&file["devices"]["bob"]["bundle"]));
    for name in ["alice", "carol", "dave"] {
        let own = bytes(&file["devices"][name]["bundle"]);
        let mut seen = BTreeSet::from([SafetyNumber::of(half(&own), other).digits()]);
        // Every 13th byte up to the last, each with another bit. An even modulus would be refused.
        for at in (0..own.len()).rev().step_by(13).filter(|at| !FORM.contains(at)) {
            let mut changed = own.clone();
            changed[at] ^= 1 << (1 + at % 7);
            let changed = half(&changed);
            let number = SafetyNumber::of(changed, other).digits();
            assert_eq!(number, SafetyNumber::of(other, changed).digits());
            assert!(seen.insert(number), "byte {at} of {name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_safety_number_has_sixty_digits(keys in any::<[u8; 4]>()) {
        let [a, b, c, d] = keys;
        let number = number(&bundle(1 + a % 2, b), &bundle(1 + c % 2, d));
        prop_assert!(number.len() == 60 && number.bytes().all(|digit| digit.is_ascii_digit()));
    }
}
