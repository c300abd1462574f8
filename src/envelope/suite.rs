//! The suites of envelopes. Nothing is negotiated: the recipient's bundle names its suite.

use crate::Error;

/// The suite of everything that is sealed to a device. The device's bundle names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// DHKEM(P-256, HKDF-SHA256).
    P256,
    /// MLKEM768-P256.
    MlKem768P256,
    /// RSA-OAEP with SHA-256, for devices without P-256 in WebCrypto.
    Rsa,
}

/// The operation of the host for an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kem {
    /// An ephemeral key on P-256, and the x coordinate of the shared point.
    P256,
    /// 32 random bytes under RSA-OAEP with SHA-256.
    Rsa,
}

impl Suite {
    /// The suite with this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::P256),
            2 => Some(Self::MlKem768P256),
            3 => Some(Self::Rsa),
            _ => None,
        }
    }

    /// The suite's number in bundles and messages.
    pub const fn number(self) -> u8 {
        match self {
            Self::P256 => 1,
            Self::MlKem768P256 => 2,
            Self::Rsa => 3,
        }
    }

    /// The suite's name in the JavaScript API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::MlKem768P256 => "mlkem768-p256",
            Self::Rsa => "rsa",
        }
    }

    /// The host's part of the suite.
    pub const fn kem(self) -> Kem {
        match self {
            Self::P256 | Self::MlKem768P256 => Kem::P256,
            Self::Rsa => Kem::Rsa,
        }
    }

    /// The error for a device of this suite if members need `weakest` or better; `None` if it is
    /// allowed.
    pub const fn refused_as(self, weakest: Self) -> Option<Error> {
        match (self, weakest) {
            (Self::Rsa, Self::P256 | Self::MlKem768P256) => Some(Error::LegacyDevice),
            (Self::P256, Self::MlKem768P256) => Some(Error::ClassicDevice),
            _ => None,
        }
    }

    /// Whether the suite exists for old devices only.
    pub const fn is_legacy(self) -> bool {
        matches!(self, Self::Rsa)
    }
}

impl Kem {
    /// The KEM's name in the JavaScript API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::Rsa => "rsa",
        }
    }
}
