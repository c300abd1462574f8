//! Counter mode: NIST SP 800-38D §6.5 (GCTR), eight blocks at a time, or two.

use super::layout::CONSTANTS;
use super::rounds::{rounds_2_to_14, unslice};
use super::schedule::Keys;
use super::vector::{Byte, Half, Planes, V, Word, as_bytes_mut};
use core::hint::black_box;
use zeroize::Zeroize;

/// Bytes of eight blocks.
const BATCH: usize = 128;

/// Bytes of data in the first batch: counter 0 is not used, and 1 masks the tag.
const HEAD: usize = BATCH - 32;

/// Up to here two blocks by `vperm.rs` are faster than eight by bit planes.
const PAIR: usize = 32;

/// The key stream of one nonce, and the first batch of it.
pub(super) struct Counter<'a> {
    batches: Batches<'a>,
    first: [V; 8],
}

impl<'a> Counter<'a> {
    #[inline(always)]
    pub(super) fn new(keys: &'a Keys, nonce: &[Byte; 12]) -> Self {
        Self { batches: Batches::new(keys, nonce), first: zeros() }
    }

    /// Makes the first batch.
    pub(super) fn start(&mut self) {
        self.batches.apply(as_bytes_mut(&mut self.first).as_chunks_mut().0);
    }

    /// `CIPH(nonce || 0)`: for a nonce of zeros the key of GHASH.
    pub(super) fn block_0(&self) -> &V {
        &self.first[0]
    }

    /// `CIPH(J0)` of NIST SP 800-38D §7.1: the mask of the tag.
    pub(super) fn block_1(&self) -> &V {
        &self.first[1]
    }

    /// Encrypts or decrypts `data`, from counter 2 on.
    pub(super) fn apply(&mut self, data: &mut [Byte]) {
        let (head, rest) = data.split_at_mut(data.len().min(HEAD));
        let mut partial = xor_blocks(head, &self.first[2..]);
        let (batches, tail) = rest.as_chunks_mut();
        self.batches.apply(batches);
        if !tail.is_empty() {
            let mut stream = zeros();
            self.batches.last(tail.len(), &mut stream);
            partial = xor_blocks(tail, &stream);
            stream.zeroize();
        }
        if !data.len().is_multiple_of(16) {
            xor_last(data, data.len() % 16, partial);
        }
    }
}

impl Drop for Counter<'_> {
    fn drop(&mut self) {
        self.batches.base.zeroize();
        self.first.zeroize();
    }
}

/// The blocks `nonce || counter`, encrypted, by eight.
pub(super) struct Batches<'a> {
    keys: &'a Keys,
    /// The block of counter 0.
    nonce: V,
    /// The state after round 1 without the part of the last byte. All counters with the same upper
    /// 24 bits share it.
    base: Planes,
    /// The number of finished batches.
    pub(super) count: u32,
}

impl<'a> Batches<'a> {
    #[inline(always)]
    pub(super) fn new(keys: &'a Keys, nonce: &[Byte; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = *nonce;
        let low = Half::from_le_bytes([a, b, c, d, e, f, g, h]);
        let nonce = V::from_halves(low, Half::from(Word::from_le_bytes(rest)));
        Self { keys, nonce, base: zeros(), count: 0 }
    }

    /// XORs key stream onto whole batches. Not inlined: V8 optimises it once, and its many spill
    /// slots stay out of the callers.
    #[inline(never)]
    pub(super) fn apply(&mut self, batches: &mut [[Byte; BATCH]]) {
        let constants = black_box(&CONSTANTS);
        for batch in batches {
            if self.count.is_multiple_of(32) {
                // A carry out of the last byte.
                self.keys.first_round(self.block(0), &mut self.base);
            }
            let state = self.keys.add_last_byte(&self.base, self.count as usize, constants);
            let stream = unslice(rounds_2_to_14(state, self.keys.rounds(), constants), constants);
            xor_blocks(batch, &stream);
            self.count = self.count.wrapping_add(1);
        }
    }

    /// XORs as much key stream onto `stream` as the last `len` bytes need, less than a batch.
    #[inline(always)]
    fn last(&mut self, len: usize, stream: &mut [V; 8]) {
        if len > PAIR {
            self.apply(as_bytes_mut(stream).as_chunks_mut().0);
        } else {
            let [a, b, ..] = stream;
            (*a, *b) = (self.block(0), self.block(1));
            self.keys.pair().encrypt(a, b);
        }
    }

    /// The block of counter `8 * count + i`.
    pub(super) fn block(&self, i: u32) -> V {
        let counter = (8 * self.count + i).swap_bytes();
        self.nonce ^ V::from_halves(0, u64::from(counter) << 32)
    }
}

/// Not `[V::ZERO; 8]`: that is a call of `memory.fill`.
#[inline(always)]
fn zeros() -> [V; 8] {
    [black_box(&CONSTANTS).zero; 8]
}

/// XORs key stream onto the whole blocks of `data`. Returns what comes after, for the rest of it.
#[inline(always)]
fn xor_blocks(data: &mut [Byte], stream: &[V]) -> V {
    let (blocks, _) = data.as_chunks_mut();
    for (block, stream) in blocks.iter_mut().zip(stream) {
        (V::load(block) ^ *stream).store(block);
    }
    stream.get(blocks.len()).copied().unwrap_or_default()
}

/// XORs the first bytes of `stream` onto the last `len` of `data`, which are less than a block.
#[inline(always)]
fn xor_last(data: &mut [Byte], len: usize, stream: V) {
    if let Some(last) = data.last_chunk_mut() {
        (V::load(last) ^ stream.lookup(V::up_by(16 - len))).store(last);
        return;
    }
    let mut bytes = [Byte::default(); 16];
    stream.store(&mut bytes);
    for (byte, stream) in data.iter_mut().zip(bytes) {
        *byte ^= stream;
    }
    bytes.zeroize();
}
