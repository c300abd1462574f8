//! An incarnation: a device between entering a call and leaving it. Its keys are made when it
//! enters, and never stored.
//!
//! ```text
//! incarnation = first 16 bytes of SHA-256("sealframe/2 incarnation" ‖ call ‖ device id ‖ u8 suite
//!                                         ‖ entry, 16 bytes ‖ keys as in the announcement)
//! ```

use super::agreement::AgreementKey;
use super::body::NONCE_LEN;
use super::bundle::{Bundle, DeviceId};
use super::header::CallTag;
use super::hybrid::{self, CIPHERTEXT_LEN, MlKemSeed};
use super::kdf::{Secret, sha256};
use super::kem::{self, Point};
use super::suite::Suite;
use crate::Error;
use alloc::boxed::Box;
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// The name of one stay of a device in a call. It commits to the keys of that stay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncarnationId([u8; Self::LEN]);

const LABEL: &[u8] = b"sealframe/2 incarnation";

impl IncarnationId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The name with these bytes, as in a message; `None` for zeros.
    pub fn parse(bytes: [u8; Self::LEN]) -> Option<Self> {
        (bytes != [0; Self::LEN]).then_some(Self(bytes))
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The name of an incarnation with these keys.
    pub(super) fn of(
        call: &CallTag,
        device: DeviceId,
        suite: Suite,
        entry: &[u8; NONCE_LEN],
        keys: Option<&AgreementKey>,
    ) -> Self {
        let keys = keys.map(AgreementKey::to_bytes).unwrap_or_default();
        let number = [suite.number()];
        let parts = [LABEL, call.as_bytes(), device.as_bytes(), &number, entry, &keys];
        Self(sha256(&parts).first_chunk().copied().unwrap_or_default())
    }
}

/// Our own device in this call: its bundle, and those keys of its incarnation that WebCrypto does
/// not hold.
#[derive(Debug)]
pub struct OwnDevice {
    bundle: Bundle,
    call: CallTag,
    entry: [u8; NONCE_LEN],
    /// The announced keys; `None` for an RSA device, whose key is in the bundle.
    keys: Option<AgreementKey>,
    seed: Option<MlKemSeed>,
    incarnation: IncarnationId,
}

impl OwnDevice {
    /// Enters a call. `point` is the public half of a P-256 key that the host made for this
    /// incarnation; an RSA device has none. `rng` draws the entry, then the ML-KEM seed of a hybrid
    /// device.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if the bundle's suite needs a `point` and this lacks one, or
    /// the reverse.
    pub fn enter(
        call: CallTag,
        bundle: Bundle,
        point: Option<Point>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, Error> {
        let mut entry = [0; NONCE_LEN];
        rng.fill_bytes(&mut entry);
        let (keys, seed) = match (bundle.suite(), point) {
            (Suite::P256, Some(point)) => (Some(AgreementKey::P256(point)), None),
            (Suite::MlKem768P256, Some(point)) => {
                let mut bytes = Zeroizing::new([0; MlKemSeed::LEN]);
                rng.fill_bytes(bytes.as_mut_slice());
                let seed = MlKemSeed::from(&*bytes);
                let mlkem = Box::new(seed.encapsulation_key());
                (Some(AgreementKey::MlKem768P256(point, mlkem)), Some(seed))
            }
            (Suite::Rsa, None) => (None, None),
            _ => return Err(Error::BadArgument),
        };
        let incarnation =
            IncarnationId::of(&call, bundle.id(), bundle.suite(), &entry, keys.as_ref());
        Ok(Self { bundle, call, entry, keys, seed, incarnation })
    }

    /// The public half of the device.
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The call that the device is in.
    pub const fn call(&self) -> &CallTag {
        &self.call
    }

    /// The incarnation's id.
    pub const fn incarnation(&self) -> IncarnationId {
        self.incarnation
    }

    /// Random bytes that distinguish stays with the same keys.
    pub const fn entry(&self) -> &[u8; NONCE_LEN] {
        &self.entry
    }

    /// The keys of the announcement.
    pub const fn keys(&self) -> Option<&AgreementKey> {
        self.keys.as_ref()
    }

    /// Forgets the secret keys.
    pub(crate) fn wipe(&mut self) {
        self.seed = None;
    }

    /// The secret for HPKE's key schedule; `None` for an `enc` of another suite.
    pub(super) fn decap(&self, enc: &[u8], shared: &Secret) -> Option<Secret> {
        match &self.keys {
            Some(AgreementKey::P256(own)) => {
                Some(kem::extract_and_expand(shared, &Point::parse(enc)?, own))
            }
            Some(AgreementKey::MlKem768P256(own, _)) => {
                let (ciphertext, point) = enc.split_first_chunk::<CIPHERTEXT_LEN>()?;
                let ss_pq = hybrid::decapsulate(ciphertext, self.seed.as_ref()?);
                Some(hybrid::combine(&ss_pq, shared, &Point::parse(point)?, own))
            }
            Some(AgreementKey::Rsa(_)) | None => Some(shared.clone()),
        }
    }
}

impl fmt::Debug for IncarnationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&DeviceId::new(self.0), f)
    }
}
