//! AES-256-GCM: NIST SP 800-38D, nonces of 96 bits and tags of 128.
//!
//! ```text
//! vector/   the 128-bit vector, with a backend for wasm and one for tests
//! sbox      SubBytes as a circuit         \
//! layout    lanes instead of ShiftRows     | AES-256 of eight blocks at once
//! rounds    MixColumns, and all together   |
//! schedule  round keys                    /
//! pair      AES-256 of two blocks, for what is left at the end
//! ctr       counter mode
//! ghash     GHASH
//! ```
//!
//! Nothing here branches on a secret or reads memory at an address that depends on one. Where a
//! comment names V8 or LLVM, the code next to it was measured, and is the way it is for speed.

mod ctr;
mod ghash;
mod layout;
mod pair;
mod rounds;
mod sbox;
mod schedule;
mod vector;

use self::ctr::Counter;
use self::ghash::{Ghash, HashKey};
use self::schedule::Keys;
use self::vector::V;
use aead::Error;
use aead::inout::InOutBuf;
use zeroize::Zeroize;

/// All that is derived from one key, wiped when dropped.
pub(crate) struct Engine {
    keys: Keys,
    hash_key: HashKey,
}

impl Engine {
    pub(crate) const ZERO: Self = Self { keys: Keys::ZERO, hash_key: HashKey::ZERO };

    /// Takes a key. In place, so that no copy stays behind on the stack.
    pub(crate) fn set(&mut self, key: &[u8; 32]) {
        self.keys.set(key);
        let mut counter = Counter::new(&self.keys, &[0; 12]);
        counter.start();
        let mut h = *counter.block_0();
        self.hash_key.set(&mut h);
    }

    /// Takes the key of another engine.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.keys.copy(&other.keys);
        self.hash_key.copy(&other.hash_key);
    }

    /// ```text
    /// §7.1: C = GCTR(inc32(J0), P), T = GCTR(J0, GHASH(A || 0.. || C || 0.. || len(A) || len(C)))
    /// ```
    pub(crate) fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> [u8; 16] {
        let mut counter = Counter::new(&self.keys, nonce);
        counter.start();
        counter.apply(data);
        let mut tag = [0; 16];
        self.tag(&counter, aad, data).store(&mut tag);
        tag
    }

    /// ```text
    /// §7.2: the tag first; then P = GCTR(inc32(J0), C)
    /// ```
    /// Of a wrong tag nothing is written.
    pub(crate) fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        data: InOutBuf<'_, '_, u8>,
        tag: &[u8; 16],
    ) -> Result<(), Error> {
        let mut counter = Counter::new(&self.keys, nonce);
        counter.start();
        let difference = self.tag(&counter, aad, data.get_in()) ^ V::load(tag);
        // One test of all bits: how many are wrong, or where, does not show.
        if !difference.is_zero() {
            return Err(Error);
        }
        counter.apply(data.into_out_with_copied_in());
        Ok(())
    }

    #[inline(always)]
    fn tag(&self, counter: &Counter<'_>, aad: &[u8], data: &[u8]) -> V {
        let blocks = aad.len().div_ceil(16) + data.len().div_ceil(16) + 1;
        let mut ghash = Ghash::new(&self.hash_key, blocks);
        ghash.update(aad);
        ghash.update(data);
        ghash.finish(aad.len(), data.len()) ^ *counter.block_1()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.keys.zeroize();
        self.hash_key.zeroize();
    }
}
