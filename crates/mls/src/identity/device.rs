//! Devices and calls by name.

use crate::Error;
use sha2::{Digest, Sha256};
use std::fmt;

/// Names a device: the first 16 bytes of its bundle's SHA-256 (docs/protocol.md, 2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; Self::LEN]);

/// Names a call: the first 16 bytes of SHA-256 of the call id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId([u8; Self::LEN]);

/// A P-256 public key, uncompressed. It may not be on the curve.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point([u8; Self::LEN]);

/// What the roster says of a device.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    id: DeviceId,
    signing: Point,
}

/// Version of the bundle that this build reads.
const VERSION: u8 = 4;
/// Length of a bundle in bytes, and of one with an RSA-2048 modulus behind it.
const LENGTHS: [usize; 2] = [67, 67 + 256];

impl Device {
    /// Reads a bundle: `u8 version = 4 ‖ u8 suite ‖ signing key (65) [‖ modulus (256)]`.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`] or [`Error::BadBundle`].
    pub fn parse(bundle: &[u8]) -> Result<Self, Error> {
        match bundle {
            [VERSION, _, rest @ ..] if LENGTHS.contains(&bundle.len()) => {
                let signing = Point::parse(&rest[..Point::LEN]).ok_or(Error::BadBundle)?;
                Ok(Self { id: DeviceId(sha256_16(bundle)), signing })
            }
            [VERSION, ..] | [] => Err(Error::BadBundle),
            _ => Err(Error::UnsupportedVersion),
        }
    }

    /// Its name.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// The key that signs its leaves.
    pub const fn signing(&self) -> &Point {
        &self.signing
    }
}

impl DeviceId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// A name as it stands in a message.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl CallId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The name of the call with this id.
    pub fn of(call: &str) -> Self {
        Self(sha256_16(call.as_bytes()))
    }

    /// A name as it stands in a message.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl Point {
    /// Length in bytes.
    pub const LEN: usize = 65;

    /// A point in the uncompressed form of SEC 1.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        <[u8; Self::LEN]>::try_from(bytes).ok().filter(|bytes| bytes[0] == 4).map(Self)
    }

    /// The 65 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

fn sha256_16(bytes: &[u8]) -> [u8; 16] {
    Sha256::digest(bytes).first_chunk().copied().unwrap_or_default()
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// 32 hexadecimal digits.
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0[..9], f)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Device").field(&self.id).finish()
    }
}
