//! The cipher suites, in one table.

use mls_rs_core::crypto::CipherSuite;

/// What a group encrypts, hashes and signs with. All sign with ECDSA P-256 and SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// MLKEM768-P256, AES-256-GCM, SHA-384: TBD4 of draft-ietf-mls-pq-ciphersuites-06.
    Hybrid,
    /// The same with DHKEM(P-256, HKDF-SHA256), for large groups and metered links.
    Classic,
    /// `MLS_128_DHKEMP256_AES128GCM_SHA256_P256` of RFC 9420 §17.1, for interoperability only.
    Interop,
}

/// How a suite encapsulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kem {
    /// DHKEM(P-256, HKDF-SHA256), RFC 9180 §4.1.
    P256,
    /// MLKEM768-P256, draft-ietf-hpke-pq-04.
    MlKem768P256,
}

/// What a suite hashes and derives keys with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
}

/// One line of the table.
struct Row {
    /// In messages. The first is what we send, the others are understood as well.
    number: u16,
    name: &'static str,
    kem: Kem,
    hash: Hash,
    /// Bytes of an AES-GCM key.
    key: usize,
    /// Whether a signature must be in its one canonical form. ECDSA is only EUF-CMA without that,
    /// and MLS needs SUF-CMA (ePrint 2025/229).
    strict: bool,
}

/// Numbers from 0xF000 on are for private use (RFC 9420 §17.1). The draft's own number takes the
/// hybrid suite's place here as soon as IANA assigns one.
const TABLE: [Row; 3] = [
    row(0xF0C4, "mlkem768-p256", Kem::MlKem768P256, Hash::Sha384, 32, true),
    row(0xF0C1, "p256", Kem::P256, Hash::Sha384, 32, true),
    row(0x0002, "p256-aes128", Kem::P256, Hash::Sha256, 16, false),
];

impl Suite {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::Hybrid, Self::Classic, Self::Interop];

    /// The suite of this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.row().number == number)
    }

    /// The suite of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// Its number in messages.
    pub const fn number(self) -> u16 {
        self.row().number
    }

    /// What applications call it.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// How it encapsulates.
    pub const fn kem(self) -> Kem {
        self.row().kem
    }

    /// What it hashes with.
    pub const fn hash(self) -> Hash {
        self.row().hash
    }

    /// Length of its AES-GCM key in bytes.
    pub const fn key_length(self) -> usize {
        self.row().key
    }

    /// Whether it refuses a signature with a high S, or in a DER form that is not minimal.
    pub const fn is_strict(self) -> bool {
        self.row().strict
    }

    /// HPKE's identifiers of KEM, KDF and AEAD (RFC 9180 §7).
    pub const fn hpke_ids(self) -> [u16; 3] {
        let kdf = match self.hash() {
            Hash::Sha256 => 0x0001,
            Hash::Sha384 => 0x0002,
        };
        let aead = if self.key_length() == 32 { 0x0002 } else { 0x0001 };
        [self.kem().id(), kdf, aead]
    }

    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl Kem {
    /// Its identifier in HPKE.
    pub const fn id(self) -> u16 {
        match self {
            Self::P256 => 0x0010,
            Self::MlKem768P256 => 0x0050,
        }
    }
}

impl Hash {
    /// Length of its output in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

impl From<Suite> for CipherSuite {
    fn from(suite: Suite) -> Self {
        Self::new(suite.number())
    }
}

const fn row(
    number: u16,
    name: &'static str,
    kem: Kem,
    hash: Hash,
    key: usize,
    strict: bool,
) -> Row {
    Row { number, name, kem, hash, key, strict }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back_to_their_suite() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_number(suite.number()), Some(suite));
            assert_eq!(Suite::from_name(suite.name()), Some(suite));
        }
    }
}
