//! The opening keys of one sender.

use super::device_keys::DeviceKeys;
use super::group_keys::GroupKeys;
use super::opening_keys::Which;
use super::past_keys::PastKeys;
use super::shared_keys::SharedKeys;
use super::{
    Activity, Attempt, DeviceKid, KeyGrant, OpeningKey, Receiver, SenderId, SharedKey, Track,
};
use crate::sframe::{BaseKey, Kid};
use crate::{Error, Millis};

/// A sender and the keys that open its frames.
#[derive(Debug)]
pub(super) struct SenderKeys {
    id: SenderId,
    keys: Keys,
    /// The replay state of removed shared keys.
    history: PastKeys,
    missed: bool,
}

/// The keys by their source.
#[derive(Debug)]
enum Keys {
    None,
    Device(DeviceKeys),
    Group(GroupKeys),
    Shared(SharedKeys),
}

impl SenderKeys {
    pub(super) fn new(id: SenderId) -> Self {
        Self { id, keys: Keys::None, history: PastKeys::default(), missed: false }
    }

    pub(super) const fn id(&self) -> &SenderId {
        &self.id
    }

    /// Attaches a receiver to a track of this sender.
    pub(super) fn attach(&mut self, track: Track, receiver: Receiver) {
        self.keys_mut().iter_mut().for_each(|key| key.attach(track, receiver));
        self.history.attach(track, receiver);
    }

    /// Releases a receiver.
    pub(super) fn release(&mut self, receiver: Receiver) {
        self.keys_mut().iter_mut().for_each(|key| key.release(receiver));
        self.history.release(receiver);
    }

    /// Notes that data arrived under a key that we lack.
    pub(super) const fn missed(&mut self) {
        self.missed = true;
    }

    /// The kind of data that arrived since the last call; `None` if there is no key.
    pub(super) fn take_activity(&mut self) -> Option<Activity> {
        let missed = core::mem::replace(&mut self.missed, false);
        let keys = self.keys_mut();
        let used = keys.iter_mut().fold(false, |used, key| key.take_used() | used);
        let held = !keys.is_empty() || matches!(self.keys, Keys::Shared(_));
        held.then_some(match (used, missed) {
            (true, _) => Activity::Genuine,
            (false, true) => Activity::Missed,
            (false, false) => Activity::Nothing,
        })
    }

    /// Adds a key that the device sent. It replaces keys from another source.
    pub(super) fn install_device(&mut self, new: DeviceKid, key: KeyGrant, now: Millis) {
        if !matches!(self.keys, Keys::Device(_)) {
            self.wipe();
            self.keys = Keys::Device(DeviceKeys::default());
        }
        if let Keys::Device(device) = &mut self.keys {
            device.install(new, key, now);
        }
    }

    /// Adds the key of an MLS epoch. It replaces keys from another source.
    pub(super) fn install_group(&mut self, kid: Kid, base_key: &BaseKey, now: Millis) {
        if !matches!(self.keys, Keys::Group(_)) {
            self.wipe();
            self.keys = Keys::Group(GroupKeys::default());
        }
        if let Keys::Group(group) = &mut self.keys {
            group.add(kid, base_key, now);
        }
    }

    /// Blocks exactly these generations: their keys open nothing.
    pub(super) fn block(&mut self, generations: &[u16]) {
        if let Keys::Device(device) = &mut self.keys {
            device.block(generations);
        }
    }

    /// Adds a shared key. It replaces keys from another source.
    pub(super) fn add_shared(&mut self, key: &SharedKey, now: Millis) {
        if !matches!(self.keys, Keys::Shared(_)) {
            self.wipe();
            self.keys = Keys::Shared(SharedKeys::new());
        }
        if let Keys::Shared(shared) = &mut self.keys {
            shared.add(key, now);
        }
    }

    /// Runs the attempt with the key of this KID. Ratchet steps, and the KIDs of a shared key, are
    /// derived when they first appear.
    pub(super) fn open(
        &mut self,
        kid: Kid,
        now: Millis,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        match &mut self.keys {
            Keys::None => Err(Error::UnknownKey),
            Keys::Device(device) => device.open(kid, now, attempt),
            Keys::Group(group) => group.open(kid, attempt),
            Keys::Shared(shared) => shared.open(kid, &mut self.history, now, attempt),
        }
    }

    /// Removes expired keys.
    pub(super) fn tick(&mut self, now: Millis) {
        self.remove(&|key| key.is_expired(now));
        if let Keys::Shared(shared) = &mut self.keys {
            shared.tick(now);
        }
    }

    /// Removes all keys. The replay state of shared keys is kept.
    pub(super) fn wipe(&mut self) {
        self.remove(&|_| true);
        self.keys = Keys::None;
    }

    fn remove(&mut self, which: Which<'_>) {
        match &mut self.keys {
            Keys::None => {}
            Keys::Device(device) => device.remove(which),
            Keys::Group(group) => group.remove(which),
            Keys::Shared(shared) => shared.remove(which, &mut self.history),
        }
    }

    fn keys_mut(&mut self) -> &mut [OpeningKey] {
        match &mut self.keys {
            Keys::None => &mut [],
            Keys::Device(device) => device.keys_mut(),
            Keys::Group(group) => group.keys_mut(),
            Keys::Shared(shared) => shared.keys_mut(),
        }
    }
}
