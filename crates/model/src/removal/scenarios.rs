//! The scenarios, and the promise that each rule keeps.

use super::Act::{Adds, OwnerAdds, OwnerReloads, OwnerRemoves, Reload, Removes, Rotate};
use super::{Act, Devices, Removal, Without};
use crate::check::Case;

const M: Devices = 1;
const N: Devices = 2;
const BOTH: Devices = 3;
/// At most this number of states per scenario.
const LIMIT: usize = 300_000;

/// All searches.
pub fn cases() -> impl Iterator<Item = Case> {
    let kept = SCENARIOS.iter().map(|&(name, devices, acts)| {
        let acts = acts.to_vec();
        let model = Removal { devices, acts, without: None, behind_its_back: false };
        Case::new(format!("removal: {name}"), model, None, LIMIT)
    });
    let broken = VARIANTS.iter().map(|&(without, acts, breaks)| {
        let name = format!("removal: without {without:?}");
        let (acts, without) = (acts.to_vec(), Some(without));
        let model = Removal { devices: M, acts, without, behind_its_back: false };
        Case::new(name, model, Some(breaks), LIMIT)
    });
    let acts = vec![OwnerRemoves(M), OwnerAdds(M), Removes(M)];
    let behind = Removal { devices: M, acts, without: None, behind_its_back: true };
    let limit = Case::new("removal: added behind its back".to_owned(), behind, Some("safe"), LIMIT);
    kept.chain(broken).chain([limit])
}

/// The full rules: no promise may break. Name, devices, and actions in any order.
const SCENARIOS: [(&str, Devices, &[Act]); 13] = [
    ("one", M, &[OwnerRemoves(M), Removes(M)]),
    ("one, new key", M, &[OwnerRemoves(M), Removes(M), Rotate]),
    ("one, reload", M, &[OwnerRemoves(M), Removes(M), Reload]),
    ("one, new key, reload", M, &[OwnerRemoves(M), Removes(M), Rotate, Reload]),
    ("owner reloads", M, &[OwnerRemoves(M), Removes(M), OwnerReloads]),
    ("both reload", M, &[OwnerRemoves(M), Removes(M), OwnerReloads, Reload]),
    ("added again", M, &[OwnerRemoves(M), OwnerAdds(M), Removes(M), Adds(M)]),
    (
        "added again, removed again",
        M,
        &[OwnerRemoves(M), OwnerAdds(M), OwnerRemoves(M), Removes(M), Adds(M), Removes(M)],
    ),
    ("two", BOTH, &[OwnerRemoves(M), OwnerRemoves(N), Removes(M), Removes(N)]),
    ("added again, reload", M, &[OwnerRemoves(M), OwnerAdds(M), Removes(M), Adds(M), Reload]),
    (
        "added again, new key, reload",
        M,
        &[OwnerRemoves(M), OwnerAdds(M), Removes(M), Adds(M), Rotate, Reload],
    ),
    ("two, reload", BOTH, &[OwnerRemoves(M), OwnerRemoves(N), Removes(M), Removes(N), Reload]),
    ("two, new key", BOTH, &[OwnerRemoves(M), OwnerRemoves(N), Removes(M), Removes(N), Rotate]),
];

/// Each rule left out: the actions, and the promise that must break.
const VARIANTS: [(Without, &[Act], &str); 10] = [
    (Without::Given, &[OwnerRemoves(M), Removes(M)], "safe"),
    (Without::Roster, &[OwnerRemoves(M), OwnerAdds(M), Removes(M), Adds(M), Removes(M)], "safe"),
    (Without::List, &[OwnerRemoves(M), Removes(M), Adds(M)], "back"),
    (Without::Doubt, &[OwnerRemoves(M), Removes(M)], "safe"),
    (Without::Question, &[OwnerRemoves(M), OwnerAdds(M), Removes(M), Adds(M), Removes(M)], "safe"),
    (Without::Strangers, &[OwnerRemoves(M), Removes(M), Reload], "safe"),
    (Without::Inheritance, &[OwnerRemoves(M), Removes(M), Rotate], "safe"),
    (Without::Deadline, &[OwnerRemoves(M), Removes(M)], "safe"),
    (Without::Asking, &[OwnerRemoves(M), Removes(M), Adds(M)], "back"),
    (Without::FreshDigest, &[OwnerRemoves(M), Removes(M), Adds(M)], "back"),
];
