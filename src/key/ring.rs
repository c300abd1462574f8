//! All keys of a call.

use super::sender_keys::SenderKeys;
use super::{
    Counters, DeviceKid, GivenKey, Limits, OpeningKey, Receiver, SealingKey, SenderId, SharedKey,
    Track,
};
use crate::sframe::{BaseKey, Fingerprint, Kid};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// How long a new own key waits for the others to have it, where one is in use.
const SWITCH: u64 = 2_000;
/// How long an old key still opens after the first frame of its successor.
const GRACE: u64 = 10_000;

/// Where a sender is found; stays valid as long as the ring lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderIndex(usize);

/// What came from a sender of whom a key is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something that is authentic: forged frames beside it say nothing.
    Genuine,
    /// Only what is sealed with a key that is not held, or looks so.
    Missed,
    /// Nothing that says anything about keys.
    Nothing,
}

/// An own shared key that was given in place of another.
#[derive(Debug)]
struct Staged {
    at: Millis,
    kid: Kid,
    key: SharedKey,
}

/// The sealing key and every sender's opening keys.
#[derive(Debug, Default)]
pub struct Ring {
    limits: Limits,
    now: Millis,
    own: Option<SealingKey>,
    own_shared: Option<SharedKey>,
    /// What is to take its place, and when.
    staged: Option<Staged>,
    used: Vec<(Kid, Fingerprint)>,
    senders: Vec<SenderKeys>,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: Limits, now: Millis) -> Self {
        Self { limits, now, ..Self::default() }
    }

    /// Seals with this key from now on. The same key again changes nothing: its counter goes on.
    ///
    /// # Errors
    /// [`Error::CounterExhausted`] for a key that was sealed with and left before: its counter
    /// is forgotten, so it can never come back.
    pub fn install_own(&mut self, kid: Kid, base_key: &BaseKey) -> Result<(), Error> {
        let fingerprint = Fingerprint::of(base_key, kid);
        if self.own.as_ref().is_some_and(|own| own.fingerprint() == fingerprint) {
            return Ok(());
        }
        if self.used.contains(&(kid, fingerprint)) {
            return Err(Error::CounterExhausted);
        }
        self.used.push((kid, fingerprint));
        self.own = Some(SealingKey::new(kid, base_key, self.now));
        Ok(())
    }

    /// Opens frames of `sender` with a key that it sent us. The same key again changes nothing.
    pub fn install_device(&mut self, sender: &SenderId, kid: DeviceKid, key: impl Into<GivenKey>) {
        let now = self.now;
        let at = self.intern(sender);
        self.sender_mut(at).install_device(kid, key.into(), now);
    }

    /// Replaces all shared keys: of other senders, and of `own` if it is among them.
    ///
    /// `kid` is the random 56-bit KID that `own` starts with. A key that stays the same keeps its
    /// counter and replay windows. A sender without a key here loses its own. A key that changes is
    /// opened with at once, and sealed with after two seconds, when the others should have it.
    ///
    /// # Errors
    /// As [`Ring::install_own`]; nothing is changed then.
    pub fn set_shared_keys(
        &mut self,
        own: &SenderId,
        kid: Kid,
        keys: Vec<SharedKey>,
    ) -> Result<(), Error> {
        self.set_own_shared(keys.iter().find(|key| key.sender() == own), kid)?;
        for sender in &mut self.senders {
            if !keys.iter().any(|key| key.sender() == sender.id()) {
                sender.wipe();
            }
        }
        for key in keys.into_iter().filter(|key| key.sender() != own) {
            self.add_shared_key(key);
        }
        Ok(())
    }

    /// Opens frames of one more sender with its shared key. The others' keys stay as they are.
    pub fn add_shared_key(&mut self, key: SharedKey) {
        let (at, now) = (self.intern(key.sender()), self.now);
        self.sender_mut(at).set_shared(key, now);
    }

    /// The names of all senders that were ever met.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &SenderId> {
        self.senders.iter().map(SenderKeys::id)
    }

    /// Wipes all opening keys of a sender.
    pub fn remove_sender(&mut self, sender: &SenderId) {
        if let Some(sender) = self.senders.iter_mut().find(|s| s.id() == sender) {
            sender.wipe();
        }
    }

    /// Where `sender` is found, made if new.
    pub fn intern(&mut self, sender: &SenderId) -> SenderIndex {
        self.find(sender).unwrap_or_else(|| {
            self.senders.push(SenderKeys::new(sender.clone()));
            SenderIndex(self.senders.len() - 1)
        })
    }

    /// Forgets the last sender that was made, if it is this one.
    pub fn forget_last(&mut self, sender: &SenderId) {
        if self.senders.last().is_some_and(|last| last.id() == sender) {
            self.senders.pop();
        }
    }

    /// Where `sender` is found, if it is known: for names that a stranger may have made up.
    pub fn find(&self, sender: &SenderId) -> Option<SenderIndex> {
        self.senders.iter().position(|s| s.id() == sender).map(SenderIndex)
    }

    /// A receiver comes to a track of `sender`: it opens nothing up to the highest counter that any
    /// receiver of the track has opened, with each key that is held now.
    pub fn attach(&mut self, sender: SenderIndex, track: Track, receiver: Receiver) {
        self.sender_mut(sender).attach(track, receiver);
    }

    /// A receiver is gone, and its replay windows with it.
    pub fn release(&mut self, sender: SenderIndex, receiver: Receiver) {
        self.sender_mut(sender).release(receiver);
    }

    /// Notes that a frame or message came under a key of `sender` that is not held.
    pub fn missed(&mut self, sender: SenderIndex) {
        if let Some(sender) = self.senders.get_mut(sender.0) {
            sender.missed();
        }
    }

    /// What came from `sender` since this was asked last; `None` if no key of it is held.
    pub fn take_heard(&mut self, sender: SenderIndex) -> Option<Heard> {
        self.senders.get_mut(sender.0)?.take_heard()
    }

    /// The sealing key with the limits that bind it.
    ///
    /// # Errors
    /// [`Error::NoKey`].
    pub fn sealing(&mut self) -> Result<(&mut SealingKey, &Limits), Error> {
        self.own.as_mut().map(|own| (own, &self.limits)).ok_or(Error::NoKey)
    }

    /// How far we have come with our own key of this KID; one that waits, or left, counts as new.
    pub fn counters(&self, kid: Kid) -> Counters {
        match &self.own {
            Some(own) if own.kid() == kid => own.counters(),
            _ => Counters::default(),
        }
    }

    /// The KID we seal with.
    pub fn own_kid(&self) -> Option<Kid> {
        self.own.as_ref().map(SealingKey::kid)
    }

    /// The key that `sender` would have sealed a frame of this KID with.
    ///
    /// # Errors
    /// [`Error::UnknownKey`].
    pub fn opening(&mut self, sender: SenderIndex, kid: Kid) -> Result<&mut OpeningKey, Error> {
        self.senders.get_mut(sender.0).ok_or(Error::UnknownKey)?.opening(kid)
    }

    /// Notes that a key opened its first frame: what it supersedes goes in ten seconds.
    pub fn proven(&mut self, sender: SenderIndex, kid: Kid) {
        let at = self.now.plus(GRACE);
        if let Some(sender) = self.senders.get_mut(sender.0) {
            sender.proven(kid, at);
        }
    }

    /// Whether the sealing key has reached 2^24 frames or 24 hours.
    pub fn rotation_due(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.is_worn(self.now, &self.limits))
    }

    /// Goes on with our own shared key under `kid`, which is random, if the key is worn: under another
    /// KID it is another frame key. No member can know the next KID before we seal with it.
    pub fn renew_shared(&mut self, kid: Kid) {
        if let Some(key) = self.own_shared.clone().filter(|_| self.rotation_due()) {
            // Fails only if the random KID was used before. The worn one stays until its hard limit.
            let _ = self.install_own(kid, key.base_key());
        }
    }

    /// Moves the clock: expired keys are wiped. To be called about once a second.
    pub fn tick(&mut self, now: Millis) {
        self.now = self.now.max(now);
        for sender in &mut self.senders {
            sender.tick(self.now);
        }
        self.switch_shared_key();
    }

    /// Wipes every key.
    pub fn wipe(&mut self) {
        (self.own, self.own_shared, self.staged) = (None, None, None);
        self.senders.iter_mut().for_each(SenderKeys::wipe);
    }

    fn sender_mut(&mut self, at: SenderIndex) -> &mut SenderKeys {
        &mut self.senders[at.0] // an index is only made for a sender that is there, and none goes
    }

    fn set_own_shared(&mut self, key: Option<&SharedKey>, kid: Kid) -> Result<(), Error> {
        let staged = self.staged.take();
        let Some(key) = key else {
            (self.own, self.own_shared) = (None, None);
            return Ok(());
        };
        match &self.own_shared {
            None => self.use_shared_key(kid, key.clone()),
            Some(old) if old.base_key().same(key.base_key()) => Ok(()),
            Some(_) => {
                let at = staged.map_or(self.now.plus(SWITCH), |staged| staged.at);
                self.staged = Some(Staged { at, kid, key: key.clone() });
                Ok(())
            }
        }
    }

    fn use_shared_key(&mut self, kid: Kid, key: SharedKey) -> Result<(), Error> {
        self.install_own(kid, key.base_key())?;
        self.own_shared = Some(key);
        Ok(())
    }

    fn switch_shared_key(&mut self) {
        let now = self.now;
        if let Some(Staged { kid, key, .. }) = self.staged.take_if(|staged| staged.at <= now) {
            // Fails only if the random KID was used with this key before. The old key stays then.
            let _ = self.use_shared_key(kid, key);
        }
    }
}
