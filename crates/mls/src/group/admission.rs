//! Who wants to join, and whose turn that is. One joiner at a time gets a GroupInfo: two commits for
//! one epoch would race.

use super::timing::{ASKED, GRANT};
use crate::Millis;
use crate::identity::DeviceId;
use crate::wire::Ask;
use mls_rs_core::crypto::HpkePublicKey;
use std::collections::BTreeMap;

/// The questions of devices that want to join.
#[derive(Debug, Default)]
pub(super) struct Admission {
    asked: BTreeMap<DeviceId, Question>,
    /// Who was answered last, and until when the others wait for it.
    granted: Option<(DeviceId, Millis)>,
}

/// A device's question.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) nonce: [u8; 16],
    pub(super) key: HpkePublicKey,
    /// When it asked first.
    pub(super) first: Millis,
    last: Millis,
}

impl Admission {
    /// A device asks, once more maybe.
    pub(super) fn ask(&mut self, device: DeviceId, ask: &Ask<'_>, now: Millis) {
        let first = self.asked.get(&device).map_or(now, |old| old.first);
        let (nonce, key) = (ask.nonce, HpkePublicKey::from(ask.key.to_vec()));
        self.asked.insert(device, Question { nonce, key, first, last: now });
    }

    /// A device has joined.
    pub(super) fn joined(&mut self, device: DeviceId) {
        self.asked.remove(&device);
        self.went(device);
    }

    /// A device has joined another branch: the next need not wait for it.
    pub(super) fn went(&mut self, device: DeviceId) {
        self.granted = self.granted.filter(|(granted, _)| *granted != device);
    }

    /// The device to answer, if none that was answered is still on its way.
    pub(super) fn next(&mut self, now: Millis) -> Option<(DeviceId, &Question)> {
        self.asked.retain(|_, question| now.since(question.last) <= ASKED);
        let waits = self.granted.is_some_and(|(_, until)| now < until);
        let first = self.asked.iter().min_by_key(|(_, question)| question.first);
        first.filter(|_| !waits).map(|(device, question)| (*device, question))
    }

    /// The device was answered. It is heard once more if it asks once more.
    pub(super) fn grant(&mut self, device: DeviceId, now: Millis) {
        self.asked.remove(&device);
        self.granted = Some((device, now.plus(GRANT)));
    }

    /// When the next device may be answered, and since when it asks.
    pub(super) fn due(&self) -> Option<(Millis, Millis)> {
        let first = self.asked.values().map(|question| question.first).min()?;
        Some((self.granted.map_or(Millis(0), |(_, until)| until), first))
    }

    /// Nobody is to be answered.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
