//! Each test runs twice: over the engine, here on its portable vector, and over the fallback.
//!
//! The same comparisons are made of the wasm build by `tests/node/engine.test.mjs`.

mod differential;
mod face;
mod published;
mod wycheproof;

use aead::array::Array;
use aead::{AeadInOut, KeyInit};
use alloc::vec::Vec;

/// AES-256-GCM of any of the implementations.
trait Cipher: AeadInOut<NonceSize = aead::consts::U12, TagSize = aead::consts::U16> + KeyInit {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> [u8; 16] {
        self.encrypt_inout_detached(&Array(*nonce), aad, data.into()).unwrap().0
    }

    fn open(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
        self.decrypt_inout_detached(&Array(*nonce), aad, data.into(), &Array(*tag)).is_ok()
    }

    fn of(key: &[u8; 32]) -> Self {
        Self::new_from_slice(key).unwrap()
    }
}

impl Cipher for crate::simd::Aes256Gcm {}
impl Cipher for crate::fallback::Aes256Gcm {}
impl Cipher for aes_gcm::Aes256Gcm {}

/// Makes a test of a generic function for each implementation.
macro_rules! for_both {
    ($($name:ident)*) => {
        mod engine {
            $(#[test] fn $name() { super::$name::<crate::simd::Aes256Gcm>() })*
        }
        mod fallback {
            $(#[test] fn $name() { super::$name::<crate::fallback::Aes256Gcm>() })*
        }
    };
}
use for_both;

/// SplitMix64 (S. Vigna): the tests are the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.next() as u8)
    }
}
