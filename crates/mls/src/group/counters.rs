//! Which notes were taken before: the newest counters of each leaf key.

use crate::identity::{DeviceId, Point};
use crate::wire::{Body, Note};
use std::collections::{BTreeMap, VecDeque};

/// The counters of each device's newest leaf keys. A device uses two at a time: its present one, and
/// the one that it joins another branch with.
#[derive(Debug, Default)]
pub(super) struct Counters(BTreeMap<DeviceId, VecDeque<Key>>);

#[derive(Debug)]
struct Key {
    leaf: Point,
    /// Of beacons and of asks.
    counters: [u64; 2],
}

/// At most this many leaf keys of a device are remembered.
const KEYS: usize = 8;

impl Counters {
    /// Whether a note, or a later one of the same kind and leaf key, was taken before.
    pub(super) fn has(&self, note: &Note<'_>) -> bool {
        let keys = self.0.get(&note.certificate().device());
        let key =
            keys.and_then(|keys| keys.iter().find(|key| key.leaf == *note.certificate().leaf()));
        let newest = key.map_or([0; 2], |key| key.counters);
        kind(note).is_some_and(|kind| note.counter() <= newest[kind])
    }

    /// The note is taken.
    pub(super) fn take(&mut self, note: &Note<'_>) {
        let Some(kind) = kind(note) else { return };
        let (device, leaf) = (note.certificate().device(), *note.certificate().leaf());
        let keys = self.0.entry(device).or_default();
        if !keys.iter().any(|key| key.leaf == leaf) {
            keys.push_back(Key { leaf, counters: [0; 2] });
        }
        let key = keys.iter_mut().find(|key| key.leaf == leaf);
        key.into_iter().for_each(|key| key.counters[kind] = note.counter());
        keys.drain(..keys.len().saturating_sub(KEYS));
    }
}

/// An info has no kind: it is bound to our nonce.
const fn kind(note: &Note<'_>) -> Option<usize> {
    match note.body() {
        Body::Beacon(_) => Some(0),
        Body::Ask(_) => Some(1),
        Body::Info(_) => None,
    }
}
