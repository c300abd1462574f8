//! A device's stay in a call: keys that are made when it enters, and never stored.
//!
//! ```text
//! incarnation = first 16 bytes of SHA-256("sealframe/2 incarnation" ‖ call ‖ device id ‖ u8 suite
//!                                         ‖ entry, 16 bytes ‖ keys as in the announcement)
//! ```

use super::agreement::AgreementKey;
use super::bundle::{Bundle, DeviceId};
use super::hybrid::{self, CIPHERTEXT, MlKemSeed};
use super::kdf::{Secret, sha256};
use super::kem::{self, Point};
use super::message::{CallTag, NONCE};
use super::suite::Suite;
use crate::Error;
use alloc::boxed::Box;
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Names one stay of a device in a call; commits to its keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncarnationId([u8; IncarnationId::LEN]);

const LABEL: &[u8] = b"sealframe/2 incarnation";

impl IncarnationId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The name as it stands in a message; zeros are none.
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
        entry: &[u8; NONCE],
        keys: Option<&AgreementKey>,
    ) -> Self {
        let keys = keys.map(AgreementKey::to_bytes).unwrap_or_default();
        let number = [suite.number()];
        let parts = [LABEL, call.as_bytes(), device.as_bytes(), &number, entry, &keys];
        Self(sha256(&parts).first_chunk().copied().unwrap_or_default())
    }
}

/// Our own device in this call: its bundle, and the keys of this stay less what WebCrypto holds.
#[derive(Debug)]
pub struct OwnDevice {
    bundle: Bundle,
    call: CallTag,
    entry: [u8; NONCE],
    /// What is announced; nothing, if the modulus in the bundle is all there is.
    keys: Option<AgreementKey>,
    seed: Option<MlKemSeed>,
    incarnation: IncarnationId,
}

impl OwnDevice {
    /// A device enters a call. `point` is the public half of a P-256 key that the outside made for
    /// this stay; an RSA device has none. `rng` draws the entry, then the ML-KEM seed of a hybrid
    /// device.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if `point` is there, or is not, against the bundle's suite.
    pub fn enter(
        call: CallTag,
        bundle: Bundle,
        point: Option<Point>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, Error> {
        let mut entry = [0; NONCE];
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

    /// Its public half.
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The call that it is in.
    pub const fn call(&self) -> &CallTag {
        &self.call
    }

    /// The name of this stay.
    pub const fn incarnation(&self) -> IncarnationId {
        self.incarnation
    }

    /// The random bytes that tell stays apart which have the same keys.
    pub const fn entry(&self) -> &[u8; NONCE] {
        &self.entry
    }

    /// What is announced of its keys.
    pub const fn keys(&self) -> Option<&AgreementKey> {
        self.keys.as_ref()
    }

    /// Forgets what is secret.
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
                let (ciphertext, point) = enc.split_first_chunk::<CIPHERTEXT>()?;
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
