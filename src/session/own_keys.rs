//! Our own keys: the one we seal with, and the one that waits until the members have it.

use super::timing::SWITCH;
use crate::envelope::DeviceId;
use crate::key::DeviceKid;
use crate::sframe::{BaseKey, ratchet};
use crate::{Error, Millis};
use alloc::vec::Vec;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A base key with its number.
#[derive(Clone, Debug)]
pub(super) struct OwnKey {
    pub(super) kid: DeviceKid,
    pub(super) base_key: BaseKey,
    /// The devices that an envelope with it, or with an earlier step of it, was made for.
    given: Vec<DeviceId>,
}

/// A key that nothing was sealed with yet.
#[derive(Debug)]
struct Staged {
    key: OwnKey,
    deadline: Millis,
}

/// The key in use and the one to come.
#[derive(Debug)]
pub(super) struct OwnKeys {
    current: OwnKey,
    staged: Option<Staged>,
}

impl OwnKeys {
    /// The first key, of a random generation: a restarted device must not reuse a KID.
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

    /// Makes a new random key, to be taken into use later. One that was staged before must have
    /// been taken into use.
    pub(super) fn stage(&mut self, now: Millis, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        let (kid, deadline) = (self.newest().kid.next_generation(), now.plus(SWITCH));
        self.staged = Some(Staged { key: OwnKey::random(kid, rng)?, deadline });
        Ok(())
    }

    /// Takes the staged key into use, if there is one.
    pub(super) fn switch(&mut self) -> bool {
        let staged = self.staged.take().map(|staged| self.current = staged.key);
        staged.is_some()
    }

    /// The key in use.
    pub(super) const fn current(&self) -> &OwnKey {
        &self.current
    }

    /// The key that members are to have: the staged one if there is one.
    pub(super) fn newest(&self) -> &OwnKey {
        self.staged.as_ref().map_or(&self.current, |staged| &staged.key)
    }

    /// An envelope with the newest key was made for this device.
    pub(super) fn give(&mut self, to: DeviceId) {
        let newest = self.staged.as_mut().map_or(&mut self.current, |staged| &mut staged.key);
        if !newest.given.contains(&to) {
            newest.given.push(to);
        }
    }

    /// When the staged key is taken into use at the latest.
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

    /// The devices that an envelope with it, or with an earlier step of it, was made for.
    pub(super) fn given(&self) -> &[DeviceId] {
        &self.given
    }
}
