//! Which devices there are, and which leaves they have signed. `mls-rs` asks it about each new leaf.

use super::{CallId, Certificate, Device, DeviceId};
use crate::Error;
use crate::faults::{self, Fault};
use mls_rs_core::error::IntoAnyError;
use mls_rs_core::extension::ExtensionList;
use mls_rs_core::identity::{
    CredentialType, IdentityProvider, MemberValidationContext, SigningIdentity,
};
use mls_rs_core::time::MlsTime;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The application's roster, and the devices that were on it and may have a leaf yet. Clones share it.
#[derive(Clone, Debug)]
pub struct Directory {
    call: CallId,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    roster: BTreeMap<DeviceId, Device>,
    former: BTreeMap<DeviceId, Device>,
    /// Leaves that were verified: a device, its leaf key, and its signature.
    verified: BTreeSet<(DeviceId, [u8; 65], [u8; 64])>,
}

/// At most this many leaves are remembered as verified; beyond it all are forgotten, and verified
/// once more.
const VERIFIED: usize = 4096;

impl Directory {
    /// Nobody is on the roster yet.
    pub fn new(call: CallId) -> Self {
        Self { call, state: Arc::default() }
    }

    /// Replaces the roster.
    pub fn set_roster(&self, devices: impl IntoIterator<Item = Device>) {
        let mut state = self.lock();
        let roster = devices.into_iter().map(|device| (device.id(), device)).collect();
        let old = std::mem::replace(&mut state.roster, roster);
        state.former.extend(old);
        let State { roster, former, .. } = &mut *state;
        former.retain(|id, _| !roster.contains_key(id));
    }

    /// Forgets former members of which no leaf is left.
    pub fn forget_former(&self, has_leaf: impl Fn(DeviceId) -> bool) {
        let mut state = self.lock();
        state.former.retain(|id, _| has_leaf(*id));
        let State { roster, former, verified } = &mut *state;
        verified.retain(|(id, ..)| roster.contains_key(id) || former.contains_key(id));
    }

    /// Whether the device is on the roster.
    pub fn has(&self, id: DeviceId) -> bool {
        self.lock().roster.contains_key(&id)
    }

    /// All devices on the roster, in ascending order.
    pub fn ids(&self) -> Vec<DeviceId> {
        self.lock().roster.keys().copied().collect()
    }

    /// Whether a device that is or was on the roster has signed the leaf, for this call.
    ///
    /// # Errors
    /// [`Error::WrongCall`], [`Error::NotAMember`], [`Error::BadCredential`].
    pub fn verify(&self, certificate: &Certificate) -> Result<(), Error> {
        if certificate.call() != self.call {
            return Err(Error::WrongCall);
        }
        let id = certificate.device();
        let seen = (id, *certificate.leaf().as_bytes(), *certificate.signature());
        let mut state = self.lock();
        let device = state.roster.get(&id).or_else(|| state.former.get(&id));
        if device.is_none() && faults::has(Fault::LetGhostsIn) {
            return Ok(());
        }
        let device = device.ok_or(Error::NotAMember)?;
        if state.verified.contains(&seen) {
            return Ok(());
        }
        certificate.verify(device)?;
        if state.verified.len() >= VERIFIED {
            state.verified.clear();
        }
        state.verified.insert(seen);
        Ok(())
    }

    /// A panic elsewhere leaves no half-made change here: each is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[maybe_async::must_be_sync]
impl IdentityProvider for Directory {
    type Error = Error;

    async fn validate_member(
        &self,
        identity: &SigningIdentity,
        _: Option<MlsTime>,
        _: MemberValidationContext<'_>,
    ) -> Result<(), Error> {
        self.verify(&Certificate::parse(identity)?)
    }

    /// No group of ours has external senders.
    async fn validate_external_sender(
        &self,
        _: &SigningIdentity,
        _: Option<MlsTime>,
        _: Option<&ExtensionList>,
    ) -> Result<(), Error> {
        Err(Error::NotAMember)
    }

    /// A device has one leaf at a time.
    async fn identity(
        &self,
        identity: &SigningIdentity,
        _: &ExtensionList,
    ) -> Result<Vec<u8>, Error> {
        Ok(Certificate::parse(identity)?.device().as_bytes().to_vec())
    }

    /// The same device. Whether its key may come again is for [`Freshness`](super::Freshness).
    async fn valid_successor(
        &self,
        predecessor: &SigningIdentity,
        successor: &SigningIdentity,
        _: &ExtensionList,
    ) -> Result<bool, Error> {
        let (old, new) = (Certificate::parse(predecessor)?, Certificate::parse(successor)?);
        Ok(old.device() == new.device())
    }

    fn supported_types(&self) -> Vec<CredentialType> {
        vec![Certificate::credential_type()]
    }
}

impl IntoAnyError for Error {}
