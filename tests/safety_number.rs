//! Safety numbers: the same on both sides, and another one as soon as any key changes.

mod common;

use common::json::{self, bytes, list, text};
use common::p256;
use proptest::prelude::*;
use sealframe::envelope::Bundle;
use sealframe::safety::{SafetyHalf, SafetyNumber};
use serde_json::Value;

fn vectors() -> Value {
    json::file(include_str!("vectors/sealframe-safety.json"))
}

fn half(bundle: &[u8]) -> SafetyHalf {
    SafetyHalf::of(&Bundle::parse(bundle).expect("a bundle"))
}

/// The bundle of two keys with these numbers.
fn bundle(agreement: u8, signing: u8) -> Vec<u8> {
    let point = |seed| *p256::point(&p256::derive_key_pair(&[seed; 32])).as_bytes();
    [&[1], point(agreement).as_slice(), &point(signing)].concat()
}

fn number(one: &[u8], other: &[u8]) -> String {
    SafetyNumber::of(half(one), half(other)).digits()
}

#[test]
fn the_vectors() {
    let file = vectors();
    let of = |name: &Value| half(&bytes(&file["devices"][text(name)]["bundle"]));
    for pair in list(&file["pairs"]) {
        let (one, other) = (of(&pair["one"]), of(&pair["other"]));
        for number in [SafetyNumber::of(one, other), SafetyNumber::of(other, one)] {
            assert_eq!(number.digits(), text(&pair["number"]).replace(' ', ""));
        }
    }
}

#[test]
fn any_key_of_either_side_changes_it() {
    let same = number(&bundle(1, 2), &bundle(3, 4));
    assert_eq!(same, number(&bundle(3, 4), &bundle(1, 2)));
    let changed = [
        number(&bundle(5, 2), &bundle(3, 4)),
        number(&bundle(1, 5), &bundle(3, 4)),
        number(&bundle(1, 2), &bundle(5, 4)),
        number(&bundle(1, 2), &bundle(3, 5)),
        // Both keys of one device, in each other's place.
        number(&bundle(2, 1), &bundle(3, 4)),
    ];
    for (i, other) in changed.iter().enumerate() {
        assert_ne!(*other, same, "case {i}");
        assert!(!changed[..i].contains(other), "case {i}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn it_is_sixty_digits(keys in any::<[u8; 4]>()) {
        let [a, b, c, d] = keys;
        let number = number(&bundle(a, b), &bundle(c, d));
        prop_assert!(number.len() == 60 && number.bytes().all(|digit| digit.is_ascii_digit()));
    }
}
