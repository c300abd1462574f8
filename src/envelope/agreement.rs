//! The keys that envelopes to one incarnation of a device are sealed to.

use super::bundle::RSA_LEN;
use super::hybrid::{self, ENCAPSULATION_KEY_LEN};
use super::kdf::Secret;
use super::kem::{self, POINT_LEN, Point};
use super::suite::Suite;
use crate::Error;
use crate::bytes::Reader;
use alloc::boxed::Box;
use alloc::vec::Vec;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A public key to encapsulate to. It is not checked before it is used: only then an invalid key is
/// noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementKey {
    /// For suite 1.
    P256(Point),
    /// For suite 2.
    MlKem768P256(Point, Box<[u8; ENCAPSULATION_KEY_LEN]>),
    /// For suite 3: the modulus.
    Rsa(Box<[u8; RSA_LEN]>),
}

/// The encapsulation for one envelope: public values, and the secret for the key schedule.
#[derive(Debug)]
pub struct Encapped {
    pub(super) suite: Suite,
    pub(super) enc: Vec<u8>,
    pub(super) shared_secret: Secret,
}

impl AgreementKey {
    /// The suite of envelopes to this key.
    pub const fn suite(&self) -> Suite {
        match self {
            Self::P256(_) => Suite::P256,
            Self::MlKem768P256(..) => Suite::MlKem768P256,
            Self::Rsa(_) => Suite::Rsa,
        }
    }

    /// The part of the key that the host encapsulates to, see [`Suite::kem`].
    pub fn host_part(&self) -> &[u8] {
        match self {
            Self::P256(point) | Self::MlKem768P256(point, _) => point.as_bytes(),
            Self::Rsa(modulus) => modulus.as_slice(),
        }
    }

    /// Completes the host's encapsulation to [`AgreementKey::host_part`]. For P-256 `enc` is the
    /// ephemeral public key and `shared` the x coordinate. For RSA `enc` is `shared` encrypted.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for an `enc` of another length or form; [`Error::UnusableKey`] if the
    /// ML-KEM key is invalid.
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
            Self::Rsa(_) if enc.len() == RSA_LEN => (enc.to_vec(), shared.clone()),
            Self::Rsa(_) => return Err(Error::BadArgument),
        };
        Ok(Encapped { suite: self.suite(), enc, shared_secret })
    }

    /// Reads the keys of an announcement. The inner `None` is the announcement of an RSA device,
    /// which has no keys.
    pub(super) fn parse(suite: Suite, reader: &mut Reader<'_>) -> Option<Option<Self>> {
        let point = |reader: &mut Reader<'_>| Point::parse(reader.take(POINT_LEN)?);
        Some(match suite {
            Suite::P256 => Some(Self::P256(point(reader)?)),
            Suite::MlKem768P256 => {
                let point = point(reader)?;
                Some(Self::MlKem768P256(point, Box::new(reader.array()?)))
            }
            Suite::Rsa => None,
        })
    }

    /// The bytes of the key in an announcement.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::P256(point) => point.as_bytes().to_vec(),
            Self::MlKem768P256(point, mlkem) => [point.as_bytes().as_slice(), &**mlkem].concat(),
            Self::Rsa(_) => Vec::new(),
        }
    }
}
