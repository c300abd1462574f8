//! The public half of a device. Others need it to verify the device's messages.

use super::kdf::sha256_16;
use super::kem::{POINT_LEN, Point};
use super::suite::Suite;
use crate::bytes::Reader;
use crate::{Error, key::SenderId};
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// A device's signing key, and the suite of everything that is sealed to the device. A device makes
/// the keys that others seal to each time it enters a call, see [`super::Announcement`]. Only an
/// RSA device keeps its key.
///
/// ```text
/// bundle = u8 version = 4 ‖ u8 suite ‖ signing key, 65 bytes                            67
///          ‖ RSA-2048 modulus, 256 bytes (exponent 65537), of suite 3 only              323
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    bytes: Box<[u8]>,
    id: DeviceId,
    suite: Suite,
    signing: Point,
    modulus: Option<Box<[u8; RSA_LEN]>>,
}

/// Versions 1 to 3 contained keys to seal to.
const VERSION: u8 = 4;
/// Length of an RSA-2048 modulus, and of a ciphertext under it, in bytes.
pub const RSA_LEN: usize = 256;

/// The name of a device: the first 16 bytes of its bundle's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; Self::LEN]);

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`] or [`Error::BadBundle`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        if reader.u8().ok_or(Error::BadBundle)? != VERSION {
            return Err(Error::UnsupportedVersion);
        }
        let suite = reader.u8().ok_or(Error::BadBundle)?;
        let suite = Suite::from_number(suite).ok_or(Error::UnsupportedVersion)?;
        Self::parse_keys(bytes, suite, reader).ok_or(Error::BadBundle)
    }

    /// The bytes of the bundle.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The device's name.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// The key that its messages are signed with.
    pub const fn signing(&self) -> &Point {
        &self.signing
    }

    /// The modulus of an RSA device.
    pub fn modulus(&self) -> Option<&[u8; RSA_LEN]> {
        self.modulus.as_deref()
    }

    /// The only suite that is used to seal to this device.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// Whether the two bundles have a public key in common. Then one owner could count as two
    /// devices.
    pub fn shares_key_with(&self, other: &Self) -> bool {
        let same_modulus = self.modulus.is_some() && self.modulus == other.modulus;
        self.signing == other.signing || same_modulus
    }

    fn parse_keys(bytes: &[u8], suite: Suite, mut reader: Reader<'_>) -> Option<Self> {
        let signing = Point::parse(reader.take(POINT_LEN)?)?;
        let modulus = match suite {
            Suite::P256 | Suite::MlKem768P256 => None,
            Suite::Rsa => Some(parse_modulus(reader.array()?)?),
        };
        let bundle = Self { bytes: bytes.into(), id: DeviceId::of(bytes), suite, signing, modulus };
        (reader.left() == 0).then_some(bundle)
    }
}

/// Accepts an odd number of 2048 bits.
fn parse_modulus(modulus: [u8; RSA_LEN]) -> Option<Box<[u8; RSA_LEN]>> {
    let fits = modulus[0] >= 0x80 && modulus[RSA_LEN - 1] & 1 == 1;
    fits.then(|| Box::new(modulus))
}

impl DeviceId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The name of the device whose bundle has these bytes.
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

    /// The name with these bytes, as in a message.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// 32 hexadecimal digits. Made without `core::fmt`, which would enlarge the wasm module.
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
