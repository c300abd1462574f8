//! AES-256 keys: the round keys, and a table for the first round of counter blocks.

use super::layout::{CONSTANTS, Constants, LAST, from_block};
use super::rounds::{RoundKeys, add, mix_columns, slice};
use super::sbox::sub_bytes;
use super::vector::{BYTE_ZERO, Byte, Half, Planes, V, Word};
use super::vperm::PairKeys;
use core::array::from_fn;
use core::hint::black_box;
use zeroize::Zeroize;

/// The lookup that brings a block into the lanes, for each lag.
const FROM_BLOCK: [V; 4] = [from_block(0), from_block(1), from_block(2), from_block(3)];

pub(super) struct Keys {
    rounds: RoundKeys,
    pair: PairKeys,
    /// `S(last byte ^ key)` for each value of a block's last byte, which counts from 0 to 255 under
    /// every nonce. Each row is one plane. Each byte of a row is for eight consecutive counters.
    pub(super) last_byte: [[Byte; 32]; 8],
}

impl Keys {
    pub(super) const ZERO: Self =
        Self { rounds: [[V::ZERO; 8]; 15], pair: PairKeys::ZERO, last_byte: [[BYTE_ZERO; 32]; 8] };

    pub(super) fn set(&mut self, key: &[Byte; 32]) {
        let mut words = [Word::default(); 60];
        expand(key, &mut words);
        // 60 words are 15 round keys.
        for (round, words) in words.as_chunks().0.iter().enumerate() {
            let mut key = round_key(words, round);
            self.rounds[round] = slice(key);
            self.pair.set(round, key);
            key.zeroize();
        }
        words.zeroize();
        self.fill_last_byte();
    }

    /// Copies the keys in place. `Clone` would leave a copy on the stack.
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

    /// The state after round 1 of a block, without the part that the block's last byte adds.
    #[inline(never)]
    pub(super) fn first_round(&self, block: V, state: &mut Planes) {
        let constants = black_box(&CONSTANTS);
        let s = sub_bytes(&add(&slice(block.lookup(from_block(0))), &self.rounds[0]));
        let rest = s.map(|plane| plane & constants.not_last);
        *state = mix_columns(&rest, 1, &self.rounds[1], constants);
    }

    /// The state after round 1 of counters `8 n` to `8 n + 7`, from their common
    /// [`Self::first_round`]. Only the counter decides which bytes are read, and it is public.
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
pub(super) fn expand(key: &[Byte; 32], w: &mut [Word; 60]) {
    for (word, bytes) in w.iter_mut().zip(key.as_chunks().0) {
        *word = Word::from_be_bytes(*bytes);
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

/// The S-box of four bytes. It is computed by the circuit, because a table would be read at secret
/// addresses.
fn sub_word(word: Word) -> Word {
    let planes = sub_bytes(&slice(V::from_halves(Half::from(word), 0)));
    let mut bytes = [Byte::default(); 16];
    planes
        .iter()
        .enumerate()
        .fold(V::ZERO, |sum, (i, p)| sum ^ (*p & V::splat(1 << i)))
        .store(&mut bytes);
    let [a, b, c, d, ..] = bytes;
    bytes.zeroize();
    Word::from_le_bytes([a, b, c, d]) ^ 0x6363_6363
}

/// The key of a round, permuted for the round's lag. It includes the 0x63 that `sub_bytes` leaves
/// out, because ShiftRows and MixColumns do not change that constant.
#[inline(always)]
fn round_key(words: &[Word; 4], round: usize) -> V {
    let mut bytes = [Byte::default(); 16];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    let key = V::load(&bytes) ^ V::splat(if round == 0 { 0 } else { 0x63 });
    bytes.zeroize();
    key.lookup(FROM_BLOCK[round % 4])
}
