//! The scenarios, and the promise that each rule keeps.

use super::Act::{AddAgain, Miss, Reload, Rotate, Twin, Wait};
use super::Device::{A, B};
use super::{Act, Incarnations, Without};
use crate::check::Case;

/// At most this number of states per scenario. Scenarios without twins have fewer.
const LIMIT: usize = 60_000;

/// All searches.
pub fn cases() -> impl Iterator<Item = Case> {
    let kept = SCENARIOS.iter().map(|&(name, acts, first_is_higher)| {
        let model = Incarnations { acts: acts.to_vec(), without: None, first_is_higher };
        Case::new(name.to_owned(), model, None, LIMIT)
    });
    let broken = VARIANTS.iter().map(|&(without, acts, breaks)| (without, acts, Some(breaks)));
    let spared = SPARED.iter().map(|&(without, acts)| (without, acts, None));
    kept.chain(broken.chain(spared).map(|(without, acts, breaks)| {
        let name = format!("without {without:?}");
        let (acts, without) = (acts.to_vec(), Some(without));
        let model = Incarnations { acts, without, first_is_higher: false };
        Case::new(name, model, breaks, LIMIT)
    }))
}

/// The full rules: no promise may break. Name, actions in any order, and whether the first of two
/// twins has the higher name.
const SCENARIOS: [(&str, &[Act], bool); 14] = [
    ("join", &[], false),
    ("join, new key", &[Rotate(A)], false),
    ("reload", &[Reload(A)], false),
    ("reload, new key", &[Reload(A), Rotate(B)], false),
    ("both reload", &[Reload(A), Reload(B)], false),
    ("added again", &[AddAgain(B)], false),
    ("added again, new key", &[AddAgain(B), Rotate(A)], false),
    ("added again, reload", &[AddAgain(B), Reload(A)], false),
    ("key missed", &[Miss(B)], false),
    ("key missed, reload", &[Miss(B), Reload(A)], false),
    ("twins", &[Twin(A)], false),
    ("twins, the first kept", &[Twin(A)], true),
    ("twins, 30 s pass", &[Twin(A), Wait], false),
    ("twins, new key", &[Twin(A), Rotate(B)], false),
];

/// Each rule left out: the actions, and the promise that must break.
const VARIANTS: [(Without, &[Act], &str); 12] = [
    (Without::Answers, &[], "heal"),
    (Without::Order, &[AddAgain(B)], "heal"),
    (Without::OpenNonce, &[Reload(A)], "order"),
    (Without::OpenNonce, &[AddAgain(B), Reload(A)], "fresh"),
    (Without::Redraw, &[Reload(A)], "order"),
    (Without::PairedAcks, &[Reload(B)], "heal"),
    (Without::Telling, &[Twin(A)], "told"),
    (Without::Question, &[AddAgain(B), Rotate(A)], "key"),
    (Without::Counter, &[Rotate(A)], "key"),
    (Without::Again, &[AddAgain(B)], "heal"),
    (Without::Proof, &[Reload(A)], "twice"),
    (Without::Insisting, &[Twin(A)], "heal"),
];

/// Rules that save a trip or an event. No promise needs them.
const SPARED: [(Without, &[Act]); 2] =
    [(Without::Stray, &[Reload(A), Reload(B)]), (Without::Renewal, &[Twin(A), Wait])];
