//! AES-256 keys: the round keys, and what the first round makes of the counter.

use super::layout::{CONSTANTS, Constants, LAST, from_block};
use super::pair::PairKeys;
use super::rounds::{RoundKeys, add, mix_columns, slice};
use super::sbox::sub_bytes;
use super::vector::{Planes, V};
use core::array::from_fn;
use core::hint::black_box;
use zeroize::Zeroize;

/// For each lag.
const FROM_BLOCK: [V; 4] = [from_block(0), from_block(1), from_block(2), from_block(3)];

pub(super) struct Keys {
    rounds: RoundKeys,
    pair: PairKeys,
    /// `S(last byte ^ key)` for each value of the last byte, which counts from 0 to 255 whatever
    /// the nonce: one row a plane, one byte for eight counters in a row.
    last_byte: [[u8; 32]; 8],
}

impl Keys {
    pub(super) const ZERO: Self =
        Self { rounds: [[V::ZERO; 8]; 15], pair: PairKeys::ZERO, last_byte: [[0; 32]; 8] };

    pub(super) fn set(&mut self, key: &[u8; 32]) {
        let mut words = [0; 60];
        expand(key, &mut words);
        for (round, words) in words.as_chunks().0.iter().enumerate() {
            let mut key = round_key(words, round);
            self.rounds[round] = slice(key);
            self.pair.set(round, key);
            key.zeroize();
        }
        words.zeroize();
        self.fill_last_byte();
    }

    /// From one place to the other: `Clone` would go by way of the stack.
    pub(super) fn copy(&mut self, other: &Self) {
        self.rounds = other.rounds;
        self.pair.copy(&other.pair);
        self.last_byte = other.last_byte;
    }

    pub(super) fn rounds(&self) -> &RoundKeys {
        &self.rounds
    }

    pub(super) fn pair(&self) -> &PairKeys {
        &self.pair
    }

    /// The state after round 1 of a block whose last byte is 0, less what that byte adds to it.
    #[inline(never)]
    pub(super) fn first_round(&self, block: V, state: &mut Planes) {
        let constants = black_box(&CONSTANTS);
        let s = sub_bytes(&add(&slice(block.lookup(from_block(0))), &self.rounds[0]));
        let rest = s.map(|plane| plane & constants.not_last);
        *state = mix_columns(&rest, 1, &self.rounds[1], constants);
    }

    /// The state after round 1 of counters `8 n` to `8 n + 7`, from the [`Self::first_round`] they
    /// share. Which bytes are read depends on the counter alone, and that is public.
    #[inline(always)]
    pub(super) fn add_last_byte(&self, base: &Planes, n: usize, constants: &Constants) -> Planes {
        let b: Planes = from_fn(|i| V::splat(self.last_byte[i][n % 32]));
        let once: Planes = from_fn(|i| b[i] & constants.last_once);
        let twice: Planes = from_fn(|i| b[i] & constants.last_twice);
        [
            base[0] ^ once[0] ^ twice[7],
            base[1] ^ once[1] ^ twice[0] ^ twice[7],
            base[2] ^ once[2] ^ twice[1],
            base[3] ^ once[3] ^ twice[2] ^ twice[7],
            base[4] ^ once[4] ^ twice[3] ^ twice[7],
            base[5] ^ once[5] ^ twice[4],
            base[6] ^ once[6] ^ twice[5],
            base[7] ^ once[7] ^ twice[6],
        ]
    }

    /// Bit `b` of lane `l` stands for the byte `128 half + 8 l + b`.
    #[inline(never)]
    fn fill_last_byte(&mut self) {
        let bit_of_lane =
            |i: usize| V::from_bytes(from_fn(|l| 0u8.wrapping_sub((l >> i & 1) as u8)));
        let key = self.rounds[0].map(|plane| plane.lookup(V::splat(LAST as u8)));
        for half in 0..2 {
            let bytes: Planes = from_fn(|i| match i {
                0..3 => V::splat([0xaa, 0xcc, 0xf0][i]),
                3..7 => bit_of_lane(i - 3),
                _ => V::splat([0, 0xff][half]),
            });
            for (row, plane) in self.last_byte.iter_mut().zip(sub_bytes(&add(&bytes, &key))) {
                plane.store(&mut row.as_chunks_mut().0[half]);
            }
        }
    }
}

impl Zeroize for Keys {
    fn zeroize(&mut self) {
        self.rounds.as_flattened_mut().zeroize();
        self.pair.zeroize();
        self.last_byte.as_flattened_mut().zeroize();
    }
}

/// ```text
/// FIPS 197 §5.2, Nk = 8, Nr = 14:
///   i mod 8 = 0: w[i] = w[i-8] ^ SubWord(RotWord(w[i-1])) ^ Rcon[i/8]
///   i mod 8 = 4: w[i] = w[i-8] ^ SubWord(w[i-1])
///   otherwise:   w[i] = w[i-8] ^ w[i-1]
/// ```
fn expand(key: &[u8; 32], w: &mut [u32; 60]) {
    for (word, bytes) in w.iter_mut().zip(key.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for i in 8..60 {
        let last = match i % 8 {
            0 => sub_word(w[i - 1].rotate_left(8)) ^ (1 << (23 + i / 8)),
            4 => sub_word(w[i - 1]),
            _ => w[i - 1],
        };
        w[i] = w[i - 8] ^ last;
    }
}

/// The S-box of four bytes, by the circuit: there is no table of it.
fn sub_word(word: u32) -> u32 {
    let planes = sub_bytes(&slice(V::from_halves(word.into(), 0)));
    let mut bytes = [0; 16];
    planes
        .iter()
        .enumerate()
        .fold(V::ZERO, |sum, (i, p)| sum ^ (*p & V::splat(1 << i)))
        .store(&mut bytes);
    let [a, b, c, d, ..] = bytes;
    bytes.zeroize();
    u32::from_le_bytes([a, b, c, d]) ^ 0x6363_6363
}

/// To the lag of its round, and with the 0x63 that `sub_bytes` leaves out, which ShiftRows and
/// MixColumns pass on as it is.
#[inline(always)]
fn round_key(words: &[u32; 4], round: usize) -> V {
    let mut bytes = [0; 16];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    let key = V::load(&bytes) ^ V::splat(if round == 0 { 0 } else { 0x63 });
    bytes.zeroize();
    key.lookup(FROM_BLOCK[round % 4])
}

#[cfg(test)]
mod tests {
    use super::expand;

    /// FIPS 197 appendix A.3.
    #[test]
    fn words_are_those_of_the_standard() {
        let mut key = [0; 32];
        hex::decode_to_slice(
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            &mut key,
        )
        .unwrap();
        let mut words = [0; 60];
        expand(&key, &mut words);
        assert_eq!(words[8..12], [0x9ba3_5411, 0x8e69_25af, 0xa51a_8b5f, 0x2067_fcde]);
        assert_eq!(words[56..], [0xfe48_90d1, 0xe618_8d0b, 0x046d_f344, 0x706c_631e]);
    }
}
