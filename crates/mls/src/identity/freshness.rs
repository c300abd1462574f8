//! How long each leaf key has been known, by our own clock. A certificate has no date: nobody's clock
//! is trusted but the monotonic one of the device that judges.

use super::{DeviceId, Point};
use crate::Millis;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A leaf key that has been known for longer than this, in milliseconds, is refused: 30 minutes.
pub const LONGEST: u64 = 30 * 60 * 1_000;

/// At most this many keys are remembered. Those that were known first are forgotten first: some 300
/// hours of updates in a call of 200.
const KEYS: usize = 1 << 16;

/// Every leaf key that was seen in an epoch.
#[derive(Clone, Debug, Default)]
pub struct Freshness {
    keys: BTreeMap<Name, Known>,
}

/// A leaf: its device and its key.
pub type Leaf<'a> = (DeviceId, &'a Point);

/// The first half of a key's SHA-256.
type Name = [u8; 16];

#[derive(Clone, Copy, Debug)]
struct Known {
    device: DeviceId,
    since: Millis,
    /// Whether another key of its device has taken its place for good.
    replaced: bool,
}

impl Freshness {
    /// These leaves are in an epoch.
    pub fn see<'a>(&mut self, leaves: impl IntoIterator<Item = Leaf<'a>>, now: Millis) {
        for (device, key) in leaves {
            let known = Known { device, since: now, replaced: false };
            self.keys.entry(name(key)).or_insert(known);
        }
        if self.keys.len() > KEYS {
            let oldest = self.keys.iter().min_by_key(|(_, known)| known.since).map(|(key, _)| *key);
            oldest.map(|key| self.keys.remove(&key));
        }
    }

    /// The epoch with these leaves can not be displaced any more: no key of their devices that was
    /// known before comes again. One that was known later is newer: we went back to an old branch.
    pub fn settle<'a>(&mut self, leaves: impl IntoIterator<Item = Leaf<'a>>) {
        let leaves = leaves.into_iter().map(|(device, key)| (device, name(key)));
        let since = |key: &Name| self.keys.get(key).map_or(Millis(0), |known| known.since);
        let settled: BTreeMap<_, _> =
            leaves.map(|(device, key)| (device, (key, since(&key)))).collect();
        for (key, known) in &mut self.keys {
            let new = settled.get(&known.device).filter(|(new, _)| new != key);
            known.replaced |= new.is_some_and(|(_, since)| *since >= known.since);
        }
    }

    /// We joined a branch with these leaves: what took their place in another one does not count.
    pub fn join<'a>(&mut self, leaves: impl IntoIterator<Item = Leaf<'a>>, now: Millis) {
        for (device, key) in leaves {
            self.see([(device, key)], now);
            self.keys.entry(name(key)).and_modify(|known| known.replaced = false);
        }
    }

    /// Whether the key was known for too long, or was replaced. One that was never seen is fresh.
    pub fn is_stale(&self, key: &Point, now: Millis) -> bool {
        let known = self.keys.get(&name(key));
        known.is_some_and(|known| known.replaced || now.since(known.since) > LONGEST)
    }

    /// Whether the key was seen before.
    pub fn knows(&self, key: &Point) -> bool {
        self.keys.contains_key(&name(key))
    }

    /// When the next key gets stale.
    pub fn due(&self, now: Millis) -> Option<Millis> {
        let current = self.keys.values().filter(|known| !known.replaced);
        current.map(|known| known.since.plus(LONGEST + 1)).filter(|at| *at > now).min()
    }
}

fn name(key: &Point) -> Name {
    Sha256::digest(key.as_bytes()).first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(number: u8) -> Point {
        let mut bytes = [number; Point::LEN];
        bytes[0] = 4;
        Point::parse(&bytes).expect("a point")
    }

    const DEVICE: DeviceId = DeviceId::new([1; 16]);
    const OTHER: DeviceId = DeviceId::new([2; 16]);

    #[test]
    fn a_key_is_stale_after_thirty_minutes() {
        let mut freshness = Freshness::default();
        let (start, late) = (Millis(5_000), Millis(5_000 + LONGEST));
        freshness.see([(OTHER, &leaf(2)), (DEVICE, &leaf(1))], start);
        freshness.see([(DEVICE, &leaf(1)), (OTHER, &leaf(3))], late);
        assert!(!freshness.is_stale(&leaf(1), late));
        assert!(freshness.is_stale(&leaf(1), late.plus(1)));
        assert!(!freshness.is_stale(&leaf(3), late.plus(1)));
        assert!(!freshness.is_stale(&leaf(4), late.plus(1)));
    }

    #[test]
    fn a_key_that_was_replaced_never_comes_again() {
        let mut freshness = Freshness::default();
        freshness.see([(DEVICE, &leaf(1))], Millis(0));
        freshness.see([(DEVICE, &leaf(2))], Millis(1));
        freshness.see([(OTHER, &leaf(3))], Millis(1));
        assert!(!freshness.is_stale(&leaf(1), Millis(1)), "the epoch of 2 may be displaced yet");
        freshness.settle([(DEVICE, &leaf(2))]);
        assert!(freshness.is_stale(&leaf(1), Millis(2)));
        assert!(!freshness.is_stale(&leaf(2), Millis(2)));
        assert!(!freshness.is_stale(&leaf(3), Millis(2)), "its device has no other leaf");
        assert_eq!(freshness.due(Millis(2)), Some(Millis(LONGEST + 2)));
    }

    #[test]
    fn a_key_of_an_old_branch_does_not_take_the_place_of_a_newer_one() {
        let mut freshness = Freshness::default();
        freshness.see([(DEVICE, &leaf(1))], Millis(0));
        freshness.see([(DEVICE, &leaf(2))], Millis(1));
        freshness.settle([(DEVICE, &leaf(2))]);
        freshness.join([(DEVICE, &leaf(1))], Millis(2));
        freshness.settle([(DEVICE, &leaf(1))]);
        assert!(!freshness.is_stale(&leaf(1), Millis(3)), "it is in our branch");
        assert!(!freshness.is_stale(&leaf(2), Millis(3)), "its owner may use it");
    }
}
