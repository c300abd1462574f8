//! Our own keys: the one in use, and the one that waits until the members have it.

use crate::envelope::DeviceId;
use crate::key::{DeviceKid, SWITCH};
use crate::sframe::{BaseKey, ratchet};
use crate::{Error, Millis};
use alloc::vec::Vec;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A base key with its KID.
#[derive(Clone, Debug)]
pub(super) struct OwnKey {
    pub(super) kid: DeviceKid,
    pub(super) base_key: BaseKey,
    /// The devices for which an envelope with this key, or an earlier step of it, was made.
    given: Vec<DeviceId>,
}

/// A key that has sealed nothing yet.
#[derive(Debug)]
struct Staged {
    key: OwnKey,
    deadline: Millis,
}

/// The key in use and the next one.
#[derive(Debug)]
pub(super) struct OwnKeys {
    current: OwnKey,
    staged: Option<Staged>,
}

impl OwnKeys {
    /// The first key. Its generation is random, because a restarted device must not reuse a KID.
    pub(super) fn random(rng: &mut dyn CryptoRng) -> Result<Self, Error> {
        let generation = rng.next_u32() as u16;
        Ok(Self { current: OwnKey::random(DeviceKid::first(generation), rng)?, staged: None })
    }

    /// Turns the ratchet of the key in use; `false` at the end of its generation.
    pub(super) fn ratchet(&mut self) -> bool {
        let Some(kid) = self.current.kid.next_step() else {
            return false;
        };
        self.current.base_key = ratchet(&self.current.base_key);
        self.current.kid = kid;
        true
    }

    /// Makes a new random key for later use. The caller has switched to an earlier staged key.
    pub(super) fn stage(&mut self, now: Millis, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        let (kid, deadline) = (self.newest().kid.next_generation(), now.plus(SWITCH));
        self.staged = Some(Staged { key: OwnKey::random(kid, rng)?, deadline });
        Ok(())
    }

    /// Switches to the staged key. `false` if no key is staged.
    pub(super) fn switch(&mut self) -> bool {
        let staged = self.staged.take().map(|staged| self.current = staged.key);
        staged.is_some()
    }

    /// The key in use.
    pub(super) const fn current(&self) -> &OwnKey {
        &self.current
    }

    /// The key that members should have: the staged one if there is one.
    pub(super) fn newest(&self) -> &OwnKey {
        self.staged.as_ref().map_or(&self.current, |staged| &staged.key)
    }

    /// Records that an envelope with the newest key was made for this device.
    pub(super) fn give(&mut self, to: DeviceId) {
        let newest = self.staged.as_mut().map_or(&mut self.current, |staged| &mut staged.key);
        if !newest.given.contains(&to) {
            newest.given.push(to);
        }
    }

    /// The latest time to switch to the staged key.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.staged.as_ref().map(|staged| staged.deadline)
    }
}

impl OwnKey {
    fn random(kid: DeviceKid, rng: &mut dyn CryptoRng) -> Result<Self, Error> {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut_slice());
        Ok(Self { kid, base_key: BaseKey::try_from(secret.as_slice())?, given: Vec::new() })
    }

    /// The devices for which an envelope with this key, or an earlier step of it, was made.
    pub(super) fn given(&self) -> &[DeviceId] {
        &self.given
    }
}
