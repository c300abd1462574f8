//! Our own device: its bundle, and of its private keys the one that WebCrypto cannot hold.

use super::bundle::{AgreementKey, Bundle};
use super::hybrid::{self, CIPHERTEXT, MlKemSeed};
use super::kdf::Secret;
use super::kem::{self, Point};
use crate::Error;

/// The device that a session is of.
#[derive(Debug)]
pub struct OwnDevice {
    bundle: Bundle,
    seed: Option<MlKemSeed>,
}

impl OwnDevice {
    /// The device with this bundle. One of version 2 has a seed, which must be that of the bundle's
    /// ML-KEM key.
    ///
    /// # Errors
    /// [`Error::BadBundle`], [`Error::UnsupportedVersion`]; [`Error::BadArgument`] for a seed that
    /// does not belong to the bundle, or lacks.
    pub fn new(bundle: &[u8], seed: Option<MlKemSeed>) -> Result<Self, Error> {
        let bundle = Bundle::parse(bundle)?;
        let theirs = match bundle.agreement() {
            AgreementKey::MlKem768P256(_, key) => Some(&**key),
            AgreementKey::P256(_) | AgreementKey::Rsa(_) => None,
        };
        let ours = seed.as_ref().map(MlKemSeed::encapsulation_key);
        let belongs = ours.as_ref() == theirs;
        if belongs { Ok(Self { bundle, seed }) } else { Err(Error::BadArgument) }
    }

    /// Its public half.
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Forgets what is secret.
    pub(crate) fn wipe(&mut self) {
        self.seed = None;
    }

    /// The secret for HPKE's key schedule; `None` for an `enc` of another suite.
    pub(super) fn decap(&self, enc: &[u8], shared: &Secret) -> Option<Secret> {
        match self.bundle.agreement() {
            AgreementKey::P256(own) => {
                Some(kem::extract_and_expand(shared, &Point::parse(enc)?, own))
            }
            AgreementKey::MlKem768P256(own, _) => {
                let (ciphertext, point) = enc.split_first_chunk::<CIPHERTEXT>()?;
                let ss_pq = hybrid::decapsulate(ciphertext, self.seed.as_ref()?);
                Some(hybrid::combine(&ss_pq, shared, &Point::parse(point)?, own))
            }
            AgreementKey::Rsa(_) => Some(shared.clone()),
        }
    }
}
