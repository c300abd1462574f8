//! What envelopes to one incarnation of a device are sealed to.

use super::bundle::RSA;
use super::hybrid::{self, ENCAPSULATION_KEY};
use super::kdf::Secret;
use super::kem::{self, POINT, Point};
use super::suite::Suite;
use crate::Error;
use crate::bytes::Reader;
use alloc::boxed::Box;
use alloc::vec::Vec;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A public key to encapsulate to. One that is none shows when it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementKey {
    /// Of suite 1.
    P256(Point),
    /// Of suite 2.
    MlKem768P256(Point, Box<[u8; ENCAPSULATION_KEY]>),
    /// Of suite 3: the modulus.
    Rsa(Box<[u8; RSA]>),
}

/// What was encapsulated for one envelope: public values, and the secret for the key schedule.
#[derive(Debug)]
pub struct Encapped {
    pub(super) suite: Suite,
    pub(super) enc: Vec<u8>,
    pub(super) shared_secret: Secret,
}

impl AgreementKey {
    /// The suite of envelopes to it.
    pub const fn suite(&self) -> Suite {
        match self {
            Self::P256(_) => Suite::P256,
            Self::MlKem768P256(..) => Suite::MlKem768P256,
            Self::Rsa(_) => Suite::Rsa,
        }
    }

    /// The part of it that the outside encapsulates to, see [`Suite::kem`].
    pub fn outside(&self) -> &[u8] {
        match self {
            Self::P256(point) | Self::MlKem768P256(point, _) => point.as_bytes(),
            Self::Rsa(modulus) => modulus.as_slice(),
        }
    }

    /// Makes an encapsulation of what the outside encapsulated to [`AgreementKey::outside`]: for
    /// P-256 `enc` is the ephemeral public key and `shared` the x coordinate, for RSA `enc` is
    /// `shared` encrypted.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for an `enc` of another length or form; [`Error::UnusableKey`] if the
    /// ML-KEM key is none.
    pub fn encap_with_rng(
        &self,
        enc: &[u8],
        shared: &Secret,
        rng: &mut dyn CryptoRng,
    ) -> Result<Encapped, Error> {
        let point = || Point::parse(enc).ok_or(Error::BadArgument);
        let (enc, shared_secret) = match self {
            Self::P256(key) => (enc.to_vec(), kem::extract_and_expand(shared, &point()?, key)),
            Self::MlKem768P256(key, mlkem) => {
                let (point, mut m) = (point()?, Zeroizing::new([0; 32]));
                rng.fill_bytes(m.as_mut_slice());
                let (ciphertext, ss_pq) =
                    hybrid::encapsulate(mlkem, &m).ok_or(Error::UnusableKey)?;
                let secret = hybrid::combine(&ss_pq, shared, &point, key);
                ([ciphertext.as_slice(), enc].concat(), secret)
            }
            Self::Rsa(_) if enc.len() == RSA => (enc.to_vec(), shared.clone()),
            Self::Rsa(_) => return Err(Error::BadArgument),
        };
        Ok(Encapped { suite: self.suite(), enc, shared_secret })
    }

    /// The keys of an announcement; `None` where it carries none, as an RSA device's.
    pub(super) fn parse(suite: Suite, reader: &mut Reader<'_>) -> Option<Option<Self>> {
        let point = |reader: &mut Reader<'_>| Point::parse(reader.take(POINT)?);
        Some(match suite {
            Suite::P256 => Some(Self::P256(point(reader)?)),
            Suite::MlKem768P256 => {
                let point = point(reader)?;
                Some(Self::MlKem768P256(point, Box::new(reader.array()?)))
            }
            Suite::Rsa => None,
        })
    }

    /// As an announcement carries it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::P256(point) => point.as_bytes().to_vec(),
            Self::MlKem768P256(point, mlkem) => [point.as_bytes().as_slice(), &**mlkem].concat(),
            Self::Rsa(_) => Vec::new(),
        }
    }
}
