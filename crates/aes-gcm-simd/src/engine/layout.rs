//! Where the 16 state bytes of AES live in the 16 lanes of a vector.
//!
//! ShiftRows is never executed (A. Adomnicai, T. Peyrin, "Fixslicing AES-like ciphers", TCHES
//! 2021/1): the state lags behind by one more ShiftRows each round, MixColumns rotates by that much
//! more, and round keys and output are permuted to match. Four ShiftRows change nothing, so a lag
//! is taken mod 4.

use super::vector::V;

/// The lane, 0 to 15, of state byte (`row`, `col`) when `lag` ShiftRows are still to be done.
/// `row` is 0 to 3.
pub(super) const fn lane(row: usize, col: usize, lag: usize) -> usize {
    let col = (col + lag * row) % 4;
    4 * row + col
}

/// The lookup that brings a block (FIPS 197 §3.4: column after column) into the lanes.
pub(super) const fn from_block(lag: usize) -> V {
    let mut indices = [0; 16];
    let mut i = 0;
    while i < 16 {
        indices[lane(i % 4, i / 4, lag)] = i as u8;
        i += 1;
    }
    V::from_bytes(indices)
}

/// The lookup that brings the lanes back into a block.
const fn to_block(lag: usize) -> V {
    let mut indices = [0; 16];
    let mut i = 0;
    while i < 16 {
        indices[i] = lane(i % 4, i / 4, lag) as u8;
        i += 1;
    }
    V::from_bytes(indices)
}

/// The lookup that brings into every lane the byte `rows` further down its column.
const fn down(rows: usize, lag: usize) -> V {
    let mut indices = [0; 16];
    let mut i = 0;
    while i < 16 {
        let (row, col) = (i % 4, i / 4);
        indices[lane(row, col, lag)] = lane((row + rows) % 4, col, lag) as u8;
        i += 1;
    }
    V::from_bytes(indices)
}

/// The lane of the last byte of a block, the one that counts.
pub(super) const LAST: usize = lane(3, 3, 0);

/// The constants of the loops.
pub(super) struct Constants {
    /// Looks up the byte one row down, for each lag.
    pub(super) down_1: [V; 4],
    /// Looks up the byte two rows down, for each lag.
    pub(super) down_2: [V; 4],
    /// Looks up the byte three rows down, for each lag.
    pub(super) down_3: [V; 4],
    /// Looks up the bytes of a block after the 14 ShiftRows of AES-256.
    pub(super) to_block: V,
    /// Every second bit, every second pair of bits, every low half.
    pub(super) bits: [V; 3],
    pub(super) zero: V,
    /// All lanes except [`LAST`].
    pub(super) not_last: V,
    /// Round 1 brings the last byte to column 0, whose rows take 1, 1, 3 and 2 times its S-box.
    /// These are the lanes that take it once (3 is 2 + 1), and those that take it twice.
    pub(super) last_once: V,
    pub(super) last_twice: V,
}

/// Read these through `black_box` only. LLVM turns a lookup with known indices into an
/// `i8x16.shuffle`. V8 assembles the indices of a shuffle from immediates each time, which costs a
/// sixth of the speed. `wasm-opt` also repeats any other known vector wherever it is used.
pub(super) static CONSTANTS: Constants = Constants {
    down_1: [down(1, 0), down(1, 1), down(1, 2), down(1, 3)],
    down_2: [down(2, 0), down(2, 1), down(2, 2), down(2, 3)],
    down_3: [down(3, 0), down(3, 1), down(3, 2), down(3, 3)],
    to_block: to_block(14),
    bits: [V::from_bytes([0x55; 16]), V::from_bytes([0x33; 16]), V::from_bytes([0x0f; 16])],
    zero: V::ZERO,
    not_last: V::at(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], 0xff),
    last_once: V::at(&[lane(0, 0, 1), lane(1, 0, 1), lane(2, 0, 1)], 0xff),
    last_twice: V::at(&[lane(2, 0, 1), lane(3, 0, 1)], 0xff),
};
