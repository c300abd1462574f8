//! What an epoch is called. All of it is made of the epoch authenticator (RFC 9420 §8.7), which is
//! known to all members, and no secret among them.

use crate::wire::Branch;
use sha2::{Digest, Sha256, Sha512};

/// The names of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochName {
    /// The context of KIDs (RFC 9605 §5.2).
    pub context: u16,
    /// What messages call the epoch.
    pub branch: Branch,
    /// 30 digits for people.
    pub code: String,
}

const NAME: &[u8] = b"sealframe/1 mls epoch";
const CODE: &[u8] = b"sealframe/1 mls code";

impl EpochName {
    /// The names of the epoch with this authenticator.
    pub fn of(authenticator: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(NAME).chain_update(authenticator).finalize();
        let mut branch = Branch::default();
        branch.copy_from_slice(&hash[2..10]);
        let context = u16::from_be_bytes([hash[0], hash[1]]);
        Self { context, branch, code: code(authenticator) }
    }
}

/// 30 digits: of a hash six times 5 bytes, big-endian, mod 100000.
fn code(authenticator: &[u8]) -> String {
    let hash = Sha512::new().chain_update(CODE).chain_update(authenticator).finalize();
    let group = |bytes: &[u8]| {
        let number = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:05}", number % 100_000)
    };
    hash[..30].chunks(5).map(group).collect()
}
