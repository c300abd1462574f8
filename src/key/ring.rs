//! All keys of a call.

use super::own::Own;
use super::own_group::OwnGroup;
use super::own_shared::OwnShared;
use super::sender_keys::SenderKeys;
use super::{
    Counters, DeviceKid, GroupEpoch, KeyGrant, LeafIndex, Limits, OpeningKey, Receiver, SealingKey,
    SenderId, SharedKey, Track,
};
use crate::sframe::{BaseKey, Kid};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// The index of a sender. It is valid as long as the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderIndex(usize);

/// The kind of data that arrived from a sender, if we hold a key of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Authentic data. Forged frames besides it mean nothing.
    Genuine,
    /// Only data that seems to be sealed with a key that we lack.
    Missed,
    /// Nothing that says anything about keys.
    Nothing,
}

/// An attempt to open something with a key. If it fails, it changes nothing and may be repeated
/// with another key.
pub type Attempt<'a> = &'a mut dyn FnMut(&mut OpeningKey) -> Result<(), Error>;

/// The sealing key, and the opening keys of all senders.
#[derive(Debug, Default)]
pub struct Ring {
    now: Millis,
    own: Own,
    own_group: OwnGroup,
    own_shared: OwnShared,
    senders: Vec<SenderKeys>,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: Limits, now: Millis) -> Self {
        Self { now, own: Own::new(limits), ..Self::default() }
    }

    /// Seals with this key from now on. Installing the same key again changes nothing: its counter
    /// continues.
    ///
    /// # Errors
    /// [`Error::CounterExhausted`] if an earlier key is installed again: its counter is forgotten,
    /// so it must never return.
    pub fn install_own(&mut self, kid: Kid, base_key: &BaseKey) -> Result<(), Error> {
        self.own.install(kid, base_key, self.now)
    }

    /// Opens frames of `sender` with a key that it sent us. The same key again changes nothing.
    pub fn install_device(&mut self, sender: &SenderId, kid: DeviceKid, key: impl Into<KeyGrant>) {
        let now = self.now;
        let at = self.intern(sender);
        self.sender_mut(at).install_device(kid, key.into(), now);
    }

    /// Opens frames of these members with the keys of an MLS epoch. We have the leaf `own`, and seal
    /// with the epoch after [`Ring::seal_group`]. The keys of earlier epochs open for 10 seconds
    /// more. A sender that is not in the epoch loses all keys at once.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a leaf outside the tree. Then nothing is changed.
    pub fn install_group(
        &mut self,
        epoch: &GroupEpoch,
        own: LeafIndex,
        members: &[(SenderId, LeafIndex)],
    ) -> Result<(), Error> {
        let kids = members.iter().map(|(_, leaf)| epoch.kid(*leaf));
        let kids = kids.collect::<Result<Vec<_>, Error>>()?;
        self.own_group.wait(epoch, own)?;
        self.keep_senders(|id| members.iter().any(|(member, _)| member == id));
        let now = self.now;
        for ((id, _), kid) in members.iter().zip(kids) {
            let at = self.intern(id);
            self.sender_mut(at).install_group(kid, epoch.base_key(), now);
        }
        Ok(())
    }

    /// Seals with the epoch of this context from now on. It is the newest one that was installed.
    ///
    /// # Errors
    /// [`Error::NoKey`] if it is not; [`Error::CounterExhausted`] if we sealed with it before.
    pub fn seal_group(&mut self, context: u16) -> Result<(), Error> {
        self.own_group.seal(context, &mut self.own, self.now)
    }

    /// Replaces the shared keys of all senders, and our own if `keys` contains one for `own`.
    ///
    /// `kid` is the random 56-bit KID that `own` starts with. An unchanged key keeps its counter
    /// and replay windows. A sender without a key in `keys` loses its key. A changed key opens at
    /// once and seals after two seconds, when the other members should have it.
    ///
    /// # Errors
    /// As [`Ring::install_own`]. Then nothing is changed.
    pub fn set_shared_keys(
        &mut self,
        own: &SenderId,
        kid: Kid,
        keys: Vec<SharedKey>,
    ) -> Result<(), Error> {
        let own_key = keys.iter().find(|key| key.sender() == own);
        self.own_shared.set(own_key, kid, &mut self.own, self.now)?;
        self.keep_senders(|id| keys.iter().any(|key| key.sender() == id));
        for key in keys.into_iter().filter(|key| key.sender() != own) {
            self.add_shared_key(key);
        }
        Ok(())
    }

    /// Opens frames of one more sender with its shared key. The keys of other senders stay.
    pub fn add_shared_key(&mut self, key: SharedKey) {
        let (at, now) = (self.intern(key.sender()), self.now);
        self.sender_mut(at).add_shared(&key, now);
    }

    /// The names of all known senders.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &SenderId> {
        self.senders.iter().map(SenderKeys::id)
    }

    /// Blocks exactly these generations of a device: their keys open nothing until the next call.
    pub fn block(&mut self, sender: SenderIndex, generations: &[u16]) {
        self.sender_mut(sender).block(generations);
    }

    /// Wipes all opening keys of a sender.
    pub fn remove_sender(&mut self, sender: &SenderId) {
        if let Some(sender) = self.senders.iter_mut().find(|s| s.id() == sender) {
            sender.wipe();
        }
    }

    /// Wipes all opening keys of the other senders.
    pub fn keep_senders(&mut self, keep: impl Fn(&SenderId) -> bool) {
        self.senders.iter_mut().filter(|sender| !keep(sender.id())).for_each(SenderKeys::wipe);
    }

    /// The index of `sender`. A new sender is added.
    pub fn intern(&mut self, sender: &SenderId) -> SenderIndex {
        self.find(sender).unwrap_or_else(|| {
            self.senders.push(SenderKeys::new(sender.clone()));
            SenderIndex(self.senders.len() - 1)
        })
    }

    /// Forgets `sender` if it was added last.
    pub fn forget_last(&mut self, sender: &SenderId) {
        if self.senders.last().is_some_and(|last| last.id() == sender) {
            self.senders.pop();
        }
    }

    /// The index of `sender` if it is known. For names that may be made up.
    pub fn find(&self, sender: &SenderId) -> Option<SenderIndex> {
        self.senders.iter().position(|s| s.id() == sender).map(SenderIndex)
    }

    /// Attaches a receiver to a track of `sender`. With each key that is held now it opens no
    /// counter up to the highest one that a receiver of the track has opened.
    pub fn attach(&mut self, sender: SenderIndex, track: Track, receiver: Receiver) {
        self.sender_mut(sender).attach(track, receiver);
    }

    /// Releases a receiver and its replay windows.
    pub fn release(&mut self, sender: SenderIndex, receiver: Receiver) {
        self.sender_mut(sender).release(receiver);
    }

    /// Notes that a frame or message arrived from `sender` under a key that we lack.
    pub fn missed(&mut self, sender: SenderIndex) {
        if let Some(sender) = self.senders.get_mut(sender.0) {
            sender.missed();
        }
    }

    /// The kind of data that arrived from `sender` since the last call; `None` if we hold no key
    /// of it.
    pub fn take_activity(&mut self, sender: SenderIndex) -> Option<Activity> {
        self.senders.get_mut(sender.0)?.take_activity()
    }

    /// The sealing key and its limits.
    ///
    /// # Errors
    /// [`Error::NoKey`].
    pub fn sealing(&mut self) -> Result<(&mut SealingKey, &Limits), Error> {
        self.own.sealing()
    }

    /// The next counters of our own key with this KID. A waiting or earlier key counts as new.
    pub fn counters(&self, kid: Kid) -> Counters {
        self.own.counters(kid)
    }

    /// The KID we seal with.
    pub fn own_kid(&self) -> Option<Kid> {
        self.own.key().map(SealingKey::kid)
    }

    /// Runs the attempt with the key of `sender` that has this KID. If a key succeeds for the first
    /// time, the keys that it replaces get an expiry.
    ///
    /// # Errors
    /// [`Error::UnknownKey`]; [`Error::UntrustedKey`] for a blocked generation; errors of the
    /// attempt.
    pub fn open(
        &mut self,
        sender: SenderIndex,
        kid: Kid,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let sender = self.senders.get_mut(sender.0).ok_or(Error::UnknownKey)?;
        sender.open(kid, self.now, attempt)
    }

    /// Whether the sealing key has reached 2^24 frames or 24 hours.
    pub fn rotation_due(&self) -> bool {
        self.own.is_worn(self.now)
    }

    /// Continues with our own shared key under `kid`, if the key is worn. `kid` is random: another
    /// KID gives another frame key, and no member can know the next KID before we seal with it.
    pub fn renew_shared(&mut self, kid: Kid) {
        self.own_shared.renew(kid, &mut self.own, self.now);
    }

    /// Sets the time. Work that is due waits for the next tick.
    pub fn set_time(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    /// Moves the clock and wipes expired keys. Call it about once a second.
    pub fn tick(&mut self, now: Millis) {
        self.set_time(now);
        for sender in &mut self.senders {
            sender.tick(self.now);
        }
        self.own_shared.tick(&mut self.own, self.now);
    }

    /// Wipes every key.
    pub fn wipe(&mut self) {
        self.own.wipe();
        self.own_group = OwnGroup::default();
        self.own_shared = OwnShared::default();
        self.senders.iter_mut().for_each(SenderKeys::wipe);
    }

    fn sender_mut(&mut self, at: SenderIndex) -> &mut SenderKeys {
        &mut self.senders[at.0] // an index is made only for a known sender, and senders stay
    }
}
