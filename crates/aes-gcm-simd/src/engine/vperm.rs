//! AES-256 of two blocks, for the end of a text. Eight blocks at once take almost three times as
//! long as two.
//!
//! M. Hamburg, "Accelerating AES with vector permute instructions", CHES 2009: the state is kept in
//! a basis of GF((2^4)^2). In that basis the S-box is a few lookups of nibbles in constant vectors,
//! which fit into registers. The tables are those of the author's public-domain implementation.

use super::layout::{CONSTANTS, Constants, from_block};
use super::vector::V;
use core::hint::black_box;
use zeroize::Zeroize;

/// Round keys in that basis, permuted for the lag of their round. The last one is in the usual
/// basis.
pub(super) struct PairKeys(pub(super) [V; 15]);

impl PairKeys {
    pub(super) const ZERO: Self = Self([V::ZERO; 15]);

    pub(super) fn copy(&mut self, other: &Self) {
        self.0 = other.0;
    }

    /// Sets the key of one round, 0 to 14. `key` is permuted for the round's lag, and 0x63 was
    /// added to it, except in round 0.
    #[inline(always)]
    pub(super) fn set(&mut self, round: usize, key: V) {
        self.0[round] = if round == 14 { key } else { TABLES.input.by_nibbles(key, TABLES.low) };
    }

    /// Encrypts both blocks (`CIPH`).
    #[inline(never)]
    pub(super) fn encrypt(&self, a: &mut V, b: &mut V) {
        let (tables, constants) = (black_box(&TABLES), black_box(&CONSTANTS));
        let from_block = const { from_block(0) };
        let mut s =
            [*a, *b].map(|b| tables.input.by_nibbles(b.lookup(from_block), tables.low) ^ self.0[0]);
        for round in 1..14 {
            let key = self.0[round];
            s = s
                .map(|state| mix_columns(tables.invert(state), round % 4, tables, constants) ^ key);
        }
        [*a, *b] = s.map(|state| {
            let last = tables.output.of(tables.invert(state)) ^ self.0[14];
            last.lookup(constants.to_block)
        });
    }
}

impl Zeroize for PairKeys {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// The part of the S-box that follows the inversion, and MixColumns. `lag` is 0 to 3.
///
/// ```text
/// FIPS 197 §5.1.3: a' = 2a + 3b + c + d = (2a + b) + (2b + c) + d
/// ```
#[inline(always)]
pub(super) fn mix_columns(
    inverse: [V; 2],
    lag: usize,
    tables: &Tables,
    constants: &Constants,
) -> V {
    let (down_1, down_3) = (constants.down_1[lag], constants.down_3[lag]);
    let once = tables.once.of(inverse);
    let sum = tables.twice.of(inverse) ^ once.lookup(down_1);
    sum ^ sum.lookup(down_1) ^ once.lookup(down_3)
}

/// A linear map of two nibbles: those of a byte, or those that [`Tables::invert`] returns. It has
/// one table for each nibble.
pub(super) struct Map([V; 2]);

impl Map {
    const fn new(low: u128, high: u128) -> Self {
        Self([V::from_bytes(low.to_le_bytes()), V::from_bytes(high.to_le_bytes())])
    }

    #[inline(always)]
    pub(super) fn of(&self, [a, b]: [V; 2]) -> V {
        self.0[0].lookup(a) ^ self.0[1].lookup(b)
    }

    #[inline(always)]
    pub(super) fn by_nibbles(&self, x: V, low: V) -> V {
        self.of(x.nibbles(low).into())
    }
}

pub(super) struct Tables {
    /// The low half of every byte.
    pub(super) low: V,
    /// Into the basis.
    pub(super) input: Map,
    /// 1/x and a/x. 1/0 is infinity: a byte above 0x7f, for which a lookup gives zero.
    pub(super) inverse: V,
    a_over: V,
    /// The affine map of the S-box, back into the basis; the same times two; and out of the basis.
    pub(super) once: Map,
    pub(super) twice: Map,
    pub(super) output: Map,
}

/// The loop must read these through `black_box`, as it reads [`CONSTANTS`].
pub(super) static TABLES: Tables = Tables {
    low: V::from_bytes([0x0f; 16]),
    input: Map::new(0xcabae09052227808_c2b2e8985a2a7000, 0xcd80b1fcb0fdcc81_4c01307d317c4d00),
    inverse: V::from_bytes(0x040703090a0b0c02_0e05060f0d080180_u128.to_le_bytes()),
    a_over: V::from_bytes(0x030d0e0c02050809_01040a060f0b0780_u128.to_le_bytes()),
    once: Map::new(0xa5df7a6e142af544_b19be18fcb503e00, 0x3bf7ccc10d2ed9ef_3618d415fae22300),
    twice: Map::new(0x5eb7e955bc982fcd_e27a93c60b712400, 0xc2a163c8ab82234a_69eb88400ae12900),
    output: Map::new(0x15aabf7ac502a878_d0d26d176fbdc700, 0x8e1e90d1412b35fa_cfe474a55fbb6a00),
};

impl Tables {
    /// The inversion. It returns two nibbles, and the inverse byte is a linear map of them.
    #[inline(always)]
    pub(super) fn invert(&self, x: V) -> [V; 2] {
        let (k, i) = x.nibbles(self.low);
        let j = k ^ i;
        let a_over_k = self.a_over.lookup(k);
        let half = |x: V| self.inverse.lookup(self.inverse.lookup(x) ^ a_over_k);
        [half(i) ^ j, half(j) ^ i]
    }
}
