//! All keys of a call.

use super::sender_keys::SenderKeys;
use super::{
    Counters, DeviceKid, GivenKey, Limits, OpeningKey, Receiver, SealingKey, SenderId, Track,
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

/// An own key that the application gave in place of another.
#[derive(Debug)]
struct Staged {
    at: Millis,
    kid: Kid,
    base_key: BaseKey,
}

/// The sealing key and every sender's opening keys.
#[derive(Debug, Default)]
pub struct Ring {
    limits: Limits,
    now: Millis,
    own: Option<SealingKey>,
    own_application: Option<BaseKey>,
    /// What is to take its place, and when.
    staged: Option<Staged>,
    /// Whether the application ever gave a key of our own.
    by_application: bool,
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

    /// Replaces all keys that the application gives: of other senders, and of `own` if named.
    ///
    /// `kid` is the random 56-bit KID that `own` starts with. A key that stays the same keeps its
    /// counter and replay windows; senders that are not named lose theirs. One that changes is opened
    /// with at once, and sealed with after two seconds, when the others should have it.
    ///
    /// # Errors
    /// As [`Ring::install_own`]; nothing is changed then.
    pub fn set_application_keys(
        &mut self,
        own: &SenderId,
        kid: Kid,
        keys: Vec<(SenderId, BaseKey)>,
    ) -> Result<(), Error> {
        self.set_own_application(keys.iter().find(|(id, _)| id == own).map(|(_, key)| key), kid)?;
        let now = self.now;
        for sender in &mut self.senders {
            if !keys.iter().any(|(id, _)| id == sender.id()) {
                sender.wipe();
            }
        }
        for (id, base_key) in keys.into_iter().filter(|(id, _)| id != own) {
            let at = self.intern(&id);
            self.sender_mut(at).set_application(base_key, now);
        }
        Ok(())
    }

    /// Opens frames of `sender` with a key that the application gave; the others' stay as they are.
    pub fn add_application_key(&mut self, sender: &SenderId, base_key: BaseKey) {
        let (at, now) = (self.intern(sender), self.now);
        self.sender_mut(at).set_application(base_key, now);
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
        let known = self.senders.get(sender.0).is_some_and(|s| s.has_proven(kid));
        if !known && self.is_taken(sender, kid) {
            return Err(Error::UnknownKey);
        }
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

    /// Moves the clock: expired keys are wiped. To be called about once a second.
    pub fn tick(&mut self, now: Millis) {
        self.now = self.now.max(now);
        for sender in &mut self.senders {
            sender.tick(self.now);
        }
        self.switch_application_key();
        self.rotate_application_key();
    }

    /// Wipes every key.
    pub fn wipe(&mut self) {
        (self.own, self.own_application, self.staged) = (None, None, None);
        self.senders.iter_mut().for_each(SenderKeys::wipe);
    }

    fn sender_mut(&mut self, at: SenderIndex) -> &mut SenderKeys {
        &mut self.senders[at.0] // an index is only made for a sender that is there, and none goes
    }

    /// An application may give several senders one key. Then a KID, which is random, belongs to
    /// whom it was first seen of, for ever, so that frames cannot be moved between senders or sent
    /// back.
    fn is_taken(&self, by_others_than: SenderIndex, kid: Kid) -> bool {
        let own = self.by_application && self.used.iter().any(|(used, _)| *used == kid);
        let other =
            |(at, sender): (usize, &SenderKeys)| at != by_others_than.0 && sender.has_claimed(kid);
        own || self.senders.iter().enumerate().any(other)
    }

    fn set_own_application(&mut self, key: Option<&BaseKey>, kid: Kid) -> Result<(), Error> {
        let staged = self.staged.take();
        let Some(key) = key else {
            (self.own, self.own_application) = (None, None);
            return Ok(());
        };
        match &self.own_application {
            None => self.use_application_key(kid, key.clone()),
            Some(old) if old.same(key) => Ok(()),
            Some(_) => {
                let at = staged.map_or(self.now.plus(SWITCH), |staged| staged.at);
                self.staged = Some(Staged { at, kid, base_key: key.clone() });
                Ok(())
            }
        }
    }

    fn use_application_key(&mut self, kid: Kid, base_key: BaseKey) -> Result<(), Error> {
        self.install_own(kid, &base_key)?;
        self.by_application = true;
        self.own_application = Some(base_key);
        Ok(())
    }

    fn switch_application_key(&mut self) {
        let now = self.now;
        if let Some(Staged { kid, base_key, .. }) = self.staged.take_if(|staged| staged.at <= now) {
            // Refused only for a KID by chance that was used before; then the old key stays.
            let _ = self.use_application_key(kid, base_key);
        }
    }

    /// A worn application key goes on under the next KID, which is another frame key.
    fn rotate_application_key(&mut self) {
        if !self.rotation_due() {
            return;
        }
        if let (Some(base_key), Some(kid)) = (self.own_application.clone(), self.own_kid()) {
            // Refused only for a key used before; then the worn one stays until its hard limit.
            let _ = self.install_own(Kid((kid.0 + 1) & 0x00ff_ffff_ffff_ffff), &base_key);
        }
    }
}
