//! GHASH (NIST SP 800-38D §6.4) by nibble tables, four blocks at a time.
//!
//! The tables of M. Hamburg, "Accelerating AES with vector permute instructions", CHES 2009, used
//! for multiplication: byte `j` of `nibble * H` is a function of 4 bits, so one byte lookup gives
//! byte `j` of `x[i] * H` for all 16 bytes `x[i]` of a block at once. Summed over four blocks and
//! the powers H^4 to H^1 that is one vector for each `j`, and the product is the sum of these
//! vectors, each moved up by `j` lanes. Every table is read at a fixed address.

use super::vector::{Byte, V, Wide, as_bytes};
use core::array::from_fn;
use core::hint::black_box;
use zeroize::Zeroize;

/// Byte `j` and byte `j + 8` of nibble * H^4, H^3, H^2 and H, as four blocks use them; of each the
/// low nibble and the high one.
pub(super) type Row = [[[V; 2]; 4]; 2];

/// The tables of H^4 to H: one row for each `j` up to 7, so that a row is one place in memory.
pub(super) struct HashKey(pub(super) [Row; 8]);

impl HashKey {
    pub(super) const ZERO: Self = Self([[[[V::ZERO; 2]; 4]; 2]; 8]);

    pub(super) fn copy(&mut self, other: &Self) {
        self.0 = other.0;
    }

    /// Takes H, and wipes it.
    pub(super) fn set(&mut self, h: &mut V) {
        let mut group = [V::ZERO; 4];
        for k in (0..4).rev() {
            self.fill(k, h);
            // H^k times H, as the last of four blocks.
            group[3] = *h;
            *h = V::ZERO;
            self.hash(h, groups(&group));
        }
        group.zeroize();
        h.zeroize();
    }

    /// The tables of one power of H: `k` is 0 for H^4 and 3 for H.
    pub(super) fn fill(&mut self, k: usize, h: &V) {
        let mut times_x = multiples_by_x(h);
        // Bit 0 of the low nibble is x^7, of the high nibble x^3.
        self.fill_half(k, 0, &times_x[4..]);
        self.fill_half(k, 1, &times_x[..4]);
        times_x.zeroize();
    }

    /// One table: all sums of four multiples of H, the last of them for bit 0, transposed. Not
    /// inlined, nor `transpose`: what makes a key is to be short.
    #[inline(never)]
    fn fill_half(&mut self, k: usize, half: usize, times_x: &[V]) {
        let mut multiples = [V::ZERO; 16];
        // `times_x` has four vectors: `bit` is at most 3, and each index at most 15.
        for (bit, multiple) in times_x.iter().rev().enumerate() {
            for rest in 0..1 << bit {
                multiples[rest | 1 << bit] = multiples[rest] ^ *multiple;
            }
        }
        transpose(&mut multiples);
        for (j, bytes) in multiples.iter().enumerate() {
            self.0[j % 8][j / 8][k][half] = *bytes;
        }
        multiples.zeroize();
    }

    /// GHASH of whole groups, from `z` on. Not inlined: V8 optimises it once.
    #[inline(never)]
    pub(super) fn hash(&self, z: &mut V, groups: &[Group]) {
        let constants = black_box(&CONSTANTS);
        let mut sum = *z;
        for group in groups {
            sum = self.times(sum, &from_fn(|i| V::load(&group[i])), constants);
        }
        *z = sum;
    }

    /// `(z + x[0]) H^4 + x[1] H^3 + x[2] H^2 + x[3] H`
    #[inline(always)]
    fn times(&self, z: V, x: &[V; 4], constants: &Constants) -> V {
        let x = [z ^ x[0], x[1], x[2], x[3]].map(|block| block.nibbles(constants.low));
        let zero = (V::ZERO, V::ZERO);
        // Horner, from the last plane on, in two halves: the CPU has two chains to work on.
        let (lower, upper) = self.0.iter().rev().fold((zero, zero), |(lower, upper), row| {
            let row = black_box(row);
            (add_plane(lower, plane(&row[0], &x)), add_plane(upper, plane(&row[1], &x)))
        });
        let low = lower.0 ^ upper.0.up_8(V::ZERO);
        let high = lower.1 ^ upper.1.up_8(upper.0);
        reduce(low, high, constants)
    }
}

/// One byte of each product, over the four blocks. The first comes last: it has to wait for z.
#[inline(always)]
fn plane(tables: &[[V; 2]; 4], x: &[(V, V); 4]) -> V {
    let product = |k: usize| tables[k][0].lookup(x[k].0) ^ tables[k][1].lookup(x[k].1);
    product(3) ^ product(2) ^ product(1) ^ product(0)
}

/// 32 bytes, all one further up, and a plane added at the bottom.
#[inline(always)]
fn add_plane((low, high): (V, V), plane: V) -> (V, V) {
    (low.up_1(V::ZERO) ^ plane, high.up_1(low))
}

/// Constants that do not depend on the key. Read them through `black_box`: see `layout::CONSTANTS`.
struct Constants {
    zero: V,
    /// The low half of every byte.
    low: V,
    /// See [`reduce`]: bytes 0 and 1, of low and of high nibbles.
    folded: [[V; 2]; 2],
}

static CONSTANTS: Constants = Constants {
    zero: V::ZERO,
    low: V::from_bytes([0x0f; 16]),
    folded: [[folded(0, 0), folded(4, 0)], [folded(0, 1), folded(4, 1)]],
};

impl Zeroize for HashKey {
    fn zeroize(&mut self) {
        self.0.as_flattened_mut().as_flattened_mut().as_flattened_mut().zeroize();
    }
}

/// Four blocks, hashed in one go.
pub(super) type Group = [[Byte; 16]; 4];

/// One run of GHASH over a number of blocks that is known when it starts.
pub(super) struct Ghash<'a> {
    key: &'a HashKey,
    z: V,
    /// Blocks that wait for the fourth.
    waiting: [V; 4],
    count: usize,
}

impl<'a> Ghash<'a> {
    /// Blocks of zeros in front do not change the hash: with as many of them as needed the last
    /// block is always the fourth of its group, and one loop does it all.
    #[inline(always)]
    pub(super) fn new(key: &'a HashKey, blocks: usize) -> Self {
        // Not `V::ZERO`: five of these are a call of `memory.fill`.
        let zero = black_box(&CONSTANTS).zero;
        Self { key, z: zero, waiting: [zero; 4], count: blocks.wrapping_neg() % 4 }
    }

    /// Hashes `data`, padded with zeros to whole blocks.
    #[inline(always)]
    pub(super) fn update(&mut self, data: &[Byte]) {
        let (mut blocks, tail) = data.as_chunks();
        if blocks.len() >= 8 {
            let (first, rest) = blocks.split_at(self.count.wrapping_neg() % 4); // 3 of 8 or more
            first.iter().for_each(|block| self.push(V::load(block)));
            let (groups, rest) = rest.as_chunks();
            self.key.hash(&mut self.z, groups);
            blocks = rest;
        }
        blocks.iter().for_each(|block| self.push(V::load(block)));
        if !tail.is_empty() {
            self.push(last_padded(data, tail.len()));
        }
    }

    /// The block of lengths, and the hash.
    #[inline(always)]
    pub(super) fn finish(&mut self, aad: usize, data: usize) -> V {
        let bits = |bytes: usize| (8 * bytes as u64).swap_bytes();
        self.push(V::from_halves(bits(aad), bits(data)));
        self.z
    }

    #[inline(always)]
    fn push(&mut self, block: V) {
        self.waiting[self.count % 4] = block;
        self.count = (self.count + 1) % 4;
        if self.count == 0 {
            self.key.hash(&mut self.z, groups(&self.waiting));
        }
    }
}

// A hash without its mask gives away H.
impl Drop for Ghash<'_> {
    fn drop(&mut self) {
        self.z.zeroize();
    }
}

pub(super) fn groups(blocks: &[V]) -> &[Group] {
    as_bytes(blocks).as_chunks().0.as_chunks().0
}

/// `low + high x^128`, reduced by x^128 = x^7 + x^2 + x + 1.
///
/// A byte of `high` becomes 15 bits, which again two lookups give: bytes 0 and 1 of them.
#[inline(always)]
fn reduce(low: V, high: V, constants: &Constants) -> V {
    let (l, h) = high.nibbles(constants.low);
    let byte = |i: usize| constants.folded[i][0].lookup(l) ^ constants.folded[i][1].lookup(h);
    low ^ byte(0) ^ byte(1).up_1(V::ZERO)
}

/// Byte `byte` of `(nibble << shift) x^128 mod P`. Bits count from the top: 0x80 is x^0.
const fn folded(shift: u32, byte: usize) -> V {
    let mut bytes = [0; 16];
    let mut nibble = 0;
    while nibble < 16 {
        let x = (nibble as u16) << shift << 8;
        bytes[nibble] = (x ^ x >> 1 ^ x >> 2 ^ x >> 7).to_be_bytes()[byte];
        nibble += 1;
    }
    V::from_bytes(bytes)
}

/// H, H x, ... H x^7. Bits count from the top, so that times x is a shift to the right.
fn multiples_by_x(h: &V) -> [V; 8] {
    let mut bytes = [Byte::default(); 16];
    h.store(&mut bytes);
    let mut product = Wide::from_be_bytes(bytes);
    let multiples = from_fn(|_| {
        bytes = product.to_be_bytes();
        let carry = (product & 1).wrapping_neg();
        product = (product >> 1) ^ (carry & (0xe1 << 120));
        V::load(&bytes)
    });
    bytes.zeroize();
    multiples
}

/// 16 x 16 bytes, by four perfect shuffles.
#[inline(never)]
fn transpose(rows: &mut [V; 16]) {
    let mut mixed = [V::ZERO; 16];
    for _ in 0..4 {
        for i in 0..8 {
            (mixed[2 * i], mixed[2 * i + 1]) = rows[i].interleave(rows[i + 8]);
        }
        *rows = mixed;
    }
    mixed.zeroize();
}

/// The last `len` bytes of `data`, and zeros. The addresses that are read depend on public lengths
/// only.
#[inline(always)]
fn last_padded(data: &[Byte], len: usize) -> V {
    if let Some(last) = data.last_chunk() {
        return V::load(last).lookup(V::down_by(16 - len));
    }
    V::load(&from_fn(|i| data.get(i).copied().unwrap_or_default()))
}
