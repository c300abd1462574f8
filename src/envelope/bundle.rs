//! The public half of a device: what others need to send it keys and to believe it.

use super::kdf::sha256_16;
use super::kem::{AgreementKey, POINT};
use super::signature::SigningKey;
use crate::bytes::Reader;
use crate::{Error, key::SenderId};
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// The device's public keys. Version 1:
///
/// ```text
/// u8 version = 1 ‖ agreement key, 65 bytes ‖ signing key, 65 bytes    (SEC1, uncompressed)
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    bytes: Box<[u8]>,
    id: DeviceId,
    agreement: AgreementKey,
    signing: SigningKey,
}

/// Names a device: the first 16 bytes of its bundle's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; DeviceId::LEN]);

/// Two P-256 keys. The next version will carry an ML-KEM-768 key behind them.
const VERSION: u8 = 1;

impl Bundle {
    /// Length of a bundle in bytes.
    pub const LEN: usize = 1 + 2 * POINT;

    /// Reads a bundle and checks both points.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`] or [`Error::BadBundle`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        if reader.u8().ok_or(Error::BadBundle)? != VERSION {
            return Err(Error::UnsupportedVersion);
        }
        Self::parse_keys(bytes, reader).ok_or(Error::BadBundle)
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
    pub const fn signing(&self) -> &SigningKey {
        &self.signing
    }

    fn parse_keys(bytes: &[u8], mut reader: Reader<'_>) -> Option<Self> {
        let agreement = AgreementKey::parse(&reader.array()?)?;
        let signing = SigningKey::parse(&reader.array()?)?;
        let bundle = Self { bytes: bytes.into(), id: DeviceId::of(bytes), agreement, signing };
        (reader.left() == 0).then_some(bundle)
    }
}

impl DeviceId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The name that a bundle of these bytes has.
    pub fn of(bundle: &[u8]) -> Self {
        Self(sha256_16(bundle))
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
