//! What an envelope is sealed with. There is nothing to negotiate: the recipient's bundle says it.

use crate::Error;

/// The suite of everything that is sealed to a device: its bundle says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// DHKEM(P-256, HKDF-SHA256).
    P256,
    /// MLKEM768-P256.
    MlKem768P256,
    /// RSA-OAEP with SHA-256, for devices that have nothing better.
    Rsa,
}

/// What the outside does for an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kem {
    /// An ephemeral key on P-256, and the x coordinate of the point shared with it.
    P256,
    /// 32 random bytes under RSA-OAEP with SHA-256.
    Rsa,
}

impl Suite {
    /// The suite of this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::P256),
            2 => Some(Self::MlKem768P256),
            3 => Some(Self::Rsa),
            _ => None,
        }
    }

    /// Its number in bundles and messages.
    pub const fn number(self) -> u8 {
        match self {
            Self::P256 => 1,
            Self::MlKem768P256 => 2,
            Self::Rsa => 3,
        }
    }

    /// What applications call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::MlKem768P256 => "mlkem768-p256",
            Self::Rsa => "rsa",
        }
    }

    /// What of it the outside does.
    pub const fn kem(self) -> Kem {
        match self {
            Self::P256 | Self::MlKem768P256 => Kem::P256,
            Self::Rsa => Kem::Rsa,
        }
    }

    /// Why a device of this suite is refused where members need `weakest` or better.
    pub const fn refused_as(self, weakest: Self) -> Option<Error> {
        match (self, weakest) {
            (Self::Rsa, Self::P256 | Self::MlKem768P256) => Some(Error::LegacyDevice),
            (Self::P256, Self::MlKem768P256) => Some(Error::ClassicDevice),
            _ => None,
        }
    }

    /// Whether it is there for old devices only.
    pub const fn is_legacy(self) -> bool {
        matches!(self, Self::Rsa)
    }
}

impl Kem {
    /// What applications call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::Rsa => "rsa",
        }
    }
}
