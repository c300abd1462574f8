//! The public half of a device: what others need to send it keys and to believe it.

use super::hybrid::ENCAPSULATION_KEY;
use super::kdf::sha256_16;
use super::kem::{POINT, Point};
use super::suite::Suite;
use crate::bytes::Reader;
use crate::{Error, key::SenderId};
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// The device's public keys. Points are uncompressed:
///
/// ```text
/// u8 version = 1 ‖ agreement key, 65 bytes ‖ signing key, 65 bytes                     131
/// u8 version = 2 ‖ agreement key ‖ signing key ‖ ML-KEM-768 key, 1184 bytes            1315
/// u8 version = 3 ‖ RSA-2048 modulus, 256 bytes (exponent 65537) ‖ signing key          322
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    bytes: Box<[u8]>,
    id: DeviceId,
    agreement: AgreementKey,
    signing: Point,
}

/// What envelopes are sealed to. Keys that are none show when they are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementKey {
    /// Of version 1.
    P256(Point),
    /// Of version 2.
    MlKem768P256(Point, Box<[u8; ENCAPSULATION_KEY]>),
    /// Of version 3: the modulus.
    Rsa(Box<[u8; RSA]>),
}

/// Length of an RSA-2048 modulus in bytes, and of what is encrypted under it.
pub const RSA: usize = 256;

/// Names a device: the first 16 bytes of its bundle's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; DeviceId::LEN]);

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`] or [`Error::BadBundle`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8().ok_or(Error::BadBundle)?;
        let suite = Suite::from_number(version).ok_or(Error::UnsupportedVersion)?;
        Self::parse_keys(bytes, suite, reader).ok_or(Error::BadBundle)
    }

    /// The bytes it was read from.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The device's name.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// The key that envelopes are sealed to.
    pub const fn agreement(&self) -> &AgreementKey {
        &self.agreement
    }

    /// The key that its messages are signed with.
    pub const fn signing(&self) -> &Point {
        &self.signing
    }

    /// What is sent to this device is of this suite, and nothing else is.
    pub const fn suite(&self) -> Suite {
        self.agreement.suite()
    }

    /// Whether a public key of one is a public key of the other: then one owner may be counted
    /// twice, or a key be used for what it was not made for.
    pub fn shares_key_with(&self, other: &Self) -> bool {
        self.keys().any(|key| other.keys().any(|same| key == same))
    }

    fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let mlkem = match &self.agreement {
            AgreementKey::MlKem768P256(_, mlkem) => Some(mlkem.as_slice()),
            AgreementKey::P256(_) | AgreementKey::Rsa(_) => None,
        };
        [self.agreement.outside(), self.signing.as_bytes()].into_iter().chain(mlkem)
    }

    fn parse_keys(bytes: &[u8], suite: Suite, mut reader: Reader<'_>) -> Option<Self> {
        let point = |reader: &mut Reader<'_>| Point::parse(reader.take(POINT)?);
        let (agreement, signing) = match suite {
            Suite::P256 => (AgreementKey::P256(point(&mut reader)?), point(&mut reader)?),
            Suite::MlKem768P256 => {
                let (agreement, signing) = (point(&mut reader)?, point(&mut reader)?);
                (AgreementKey::MlKem768P256(agreement, Box::new(reader.array()?)), signing)
            }
            Suite::Rsa => (AgreementKey::parse_modulus(reader.array()?)?, point(&mut reader)?),
        };
        let bundle = Self { bytes: bytes.into(), id: DeviceId::of(bytes), agreement, signing };
        (reader.left() == 0).then_some(bundle)
    }
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

    /// An odd number of 2048 bits.
    fn parse_modulus(modulus: [u8; RSA]) -> Option<Self> {
        let fits = modulus[0] >= 0x80 && modulus[RSA - 1] & 1 == 1;
        fits.then(|| Self::Rsa(Box::new(modulus)))
    }
}

impl DeviceId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The name that a bundle of these bytes has.
    pub fn of(bundle: &[u8]) -> Self {
        Self(sha256_16(bundle))
    }

    /// Reads 32 hexadecimal digits in lower case.
    pub fn parse(hex: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut id = [0; Self::LEN];
        let (pairs, odd) = hex.as_bytes().as_chunks::<2>();
        if pairs.len() != Self::LEN || !odd.is_empty() {
            return None;
        }
        for (byte, [high, low]) in id.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(id))
    }

    /// A name as it stands in a message.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// 32 hexadecimal digits, without the weight of a formatter.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl TryFrom<DeviceId> for SenderId {
    type Error = Error;

    fn try_from(id: DeviceId) -> Result<Self, Error> {
        Self::try_from(id.hex().as_str())
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bundle").field(&self.id).finish()
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
