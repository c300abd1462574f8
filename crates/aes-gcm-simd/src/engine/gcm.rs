//! Sealing and opening: NIST SP 800-38D §7.

use super::ctr::Counter;
use super::ghash::{Ghash, HashKey};
use super::schedule::Keys;
use super::vector::{Byte, V};
use aead::Error;
use aead::inout::InOutBuf;
use zeroize::Zeroize;

/// All that is derived from one key, wiped when dropped.
pub(crate) struct Engine {
    pub(super) keys: Keys,
    pub(super) hash_key: HashKey,
}

impl Engine {
    pub(crate) const ZERO: Self = Self { keys: Keys::ZERO, hash_key: HashKey::ZERO };

    /// Takes a key. In place, so that no copy stays behind on the stack.
    pub(crate) fn set(&mut self, key: &[Byte; 32]) {
        self.keys.set(key);
        let mut counter = Counter::new(&self.keys, &[Byte::default(); 12]);
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
    pub(crate) fn seal(&self, nonce: &[Byte; 12], aad: &[Byte], data: &mut [Byte]) -> [Byte; 16] {
        let mut counter = Counter::new(&self.keys, nonce);
        counter.start();
        counter.apply(data);
        let mut tag = [Byte::default(); 16];
        self.tag(&counter, aad, data).store(&mut tag);
        tag
    }

    /// ```text
    /// §7.2: the tag first; then P = GCTR(inc32(J0), C)
    /// ```
    /// If the tag is wrong, nothing is written.
    pub(crate) fn open(
        &self,
        nonce: &[Byte; 12],
        aad: &[Byte],
        data: InOutBuf<'_, '_, Byte>,
        tag: &[Byte; 16],
    ) -> Result<(), Error> {
        let mut counter = Counter::new(&self.keys, nonce);
        counter.start();
        let difference = self.tag(&counter, aad, data.get_in()) ^ V::load(tag);
        // One test of all bits reveals neither the number of wrong bits nor their places.
        if !difference.is_zero() {
            return Err(Error);
        }
        counter.apply(data.into_out_with_copied_in());
        Ok(())
    }

    #[inline(always)]
    fn tag(&self, counter: &Counter<'_>, aad: &[Byte], data: &[Byte]) -> V {
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
