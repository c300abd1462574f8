//! The safety number of two devices: 60 digits. Two people compare them to know that no one sits
//! between them.
//!
//! ```text
//! d      = SHA-512("sealframe/1 safety number" ‖ bundle)
//! h[0]   = d
//! h[i]   = SHA-512(h[i-1] ‖ d)                                              i = 1 .. 5199
//! half   = six groups of 5 bytes of h[5199], big-endian, mod 100000, as 5 digits each
//! number = the smaller of both devices' halves ‖ the larger
//! ```
//! An attacker between the two needs, for each of them, a bundle of its own with the other's half:
//! 10^30 tries of 5200 hashes, 2^112 in all. A half covers every byte of a bundle, so the number
//! changes with any key of either device.

use crate::envelope::Bundle;
use alloc::string::String;
use sha2::{Digest, Sha512};

/// Number of hashes for one half, and so for each guess of an attacker. Takes us a few
/// milliseconds.
const HASHES: usize = 5200;
const LABEL: &[u8] = b"sealframe/1 safety number";
const GROUP: usize = 5;

/// One device's half: 30 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SafetyHalf([u8; Self::DIGITS]);

/// 60 digits, the same for both devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyNumber([SafetyHalf; 2]);

impl SafetyHalf {
    /// Number of digits of a half.
    pub const DIGITS: usize = 6 * GROUP;

    /// The half of the device with this bundle. It is worth keeping: it is the same with every
    /// peer.
    pub fn of(bundle: &Bundle) -> Self {
        let digest = Sha512::new().chain_update(LABEL).chain_update(bundle.as_bytes()).finalize();
        let next = |hash, _| Sha512::new().chain_update(hash).chain_update(digest).finalize();
        let hash = (1..HASHES).fold(digest, next);
        let mut digits = [b'0'; Self::DIGITS];
        for (group, bytes) in digits.chunks_mut(GROUP).zip(hash.chunks(GROUP)) {
            write_group(group, bytes);
        }
        Self(digits)
    }
}

impl SafetyNumber {
    /// The number of two devices; their order does not matter.
    pub fn of(one: SafetyHalf, other: SafetyHalf) -> Self {
        Self([one.min(other), one.max(other)])
    }

    /// All 60 digits. People read them in groups of five.
    pub fn digits(&self) -> String {
        self.0.iter().flat_map(|half| half.0).map(char::from).collect()
    }
}

/// Writes the last five decimal digits of five bytes as a number.
fn write_group(group: &mut [u8], bytes: &[u8]) {
    let mut number = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    for digit in group.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}
