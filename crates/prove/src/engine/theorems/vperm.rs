//! AES-256 of two blocks, in the basis that vector permutation works in.

use super::Theorem;
use super::counter::vector;
use super::layout::{any_state, flat, lanes, with_constant};
use super::rounds::block;
use super::schedule::any_key;
use crate::cone::substitute;
use crate::engine::layout::{CONSTANTS, from_block};
use crate::engine::schedule::Keys;
use crate::engine::vector::V;
use crate::engine::vperm::{TABLES, mix_columns};
use crate::goal::{Goal, Method};
use crate::graph::{Bit, numbers, take_duties};
use crate::spec::fips197::{self, State, add_round_key, sub_byte_by_arithmetic};
use crate::spec::{octet, xor};

macro_rules! round {
    ($number:literal, $lag:literal) => {
        Theorem {
            name: concat!("two blocks, round ", $number),
            claim: concat!("rounds with ", $lag, " ShiftRows to do are rounds of FIPS 197 §5.1"),
            is_quick: true,
            goals: || goals_of_round($number),
        }
    };
}
pub(super) const ROUND_1: Theorem = round!(1, 1);
pub(super) const ROUND_2: Theorem = round!(2, 2);
pub(super) const ROUND_3: Theorem = round!(3, 3);
pub(super) const ROUND_4: Theorem = round!(4, 0);

pub(super) const INPUT: Theorem = Theorem {
    name: "two blocks, start",
    claim: "the change of basis is linear: it takes AddRoundKey to addition",
    is_quick: true,
    goals: goals_of_input,
};

pub(super) const SBOX: Theorem = Theorem {
    name: "two blocks, S-box",
    claim: "the lookups are once and twice the S-box of FIPS 197 §5.1.1, for each byte",
    is_quick: true,
    goals: goals_of_sbox,
};

pub(super) const LAST: Theorem = Theorem {
    name: "two blocks, last round",
    claim: "the last round and the way back into a block are the last round of FIPS 197 §5.1",
    is_quick: true,
    goals: goals_of_last,
};

pub(super) const WHOLE: Theorem = Theorem {
    name: "two blocks, whole",
    claim: "the encryption of two blocks is these rounds in this order, for each key",
    is_quick: true,
    goals: goals_of_whole,
};

/// A state in the engine's basis.
fn in_basis(state: State, lag: usize) -> V {
    TABLES.input.by_nibbles(lanes(state, lag), TABLES.low)
}

/// The engine's round `number` in its basis.
fn round(number: usize, state: V, key: V) -> V {
    mix_columns(TABLES.invert(state), number % 4, &TABLES, &CONSTANTS) ^ key
}

/// The engine's round 14: `key` and the result are in the usual basis.
fn last_round(state: V, key: V) -> V {
    (TABLES.output.of(TABLES.invert(state)) ^ key).lookup(CONSTANTS.to_block)
}

fn goals_of_input() -> Vec<Goal> {
    let (text, key) = (any_state(), any_state());
    let block = vector(text).lookup(from_block(0));
    let left = TABLES.input.by_nibbles(block, TABLES.low) ^ in_basis(key, 0);
    let right = in_basis(add_round_key(text, key), 0);
    let duties = take_duties();
    let zeros = vec![Bit::ZERO; duties.len()];
    vec![
        Goal::new("start", Method::Affine, &left.bits(), &right.bits()),
        Goal::new("indices", Method::Same, &duties, &zeros),
    ]
}

/// Once and twice the S-box of each byte, without 0x63, by trying all values of the byte. The lookups
/// that make them take infinities, which are indices above 127.
fn goals_of_sbox() -> Vec<Goal> {
    let state = any_state();
    let inverse = TABLES.invert(in_basis(state, 0));
    let left = [TABLES.once.of(inverse), TABLES.twice.of(inverse), TABLES.output.of(inverse)];
    let once = state.map(|byte| xor(sub_byte_by_arithmetic(byte), octet(0x63)));
    let right = [in_basis(once, 0), in_basis(twice(once), 0), lanes(once, 0)];
    let duties = take_duties();
    let zeros = vec![Bit::ZERO; duties.len()];
    let left = [left.map(V::bits).as_flattened(), &duties].concat();
    let right = [right.map(V::bits).as_flattened(), &zeros].concat();
    let cells = state.map(|byte| numbers(&byte)).to_vec();
    vec![Goal::new("all bytes", Method::AllValues(cells), &left, &right)]
}

/// What [`SBOX`] speaks of is cut off. The rest of the round is a sum of inputs.
fn goals_of_round(number: usize) -> Vec<Goal> {
    let (state, key) = (any_state(), any_state());
    let before = in_basis(state, number - 1);
    let inverse = TABLES.invert(before);
    let cut = [TABLES.once.of(inverse), TABLES.twice.of(inverse)].map(V::bits);
    let found = round(number, before, in_basis(with_constant(key), number));
    let once = any_state();
    let values = [in_basis(once, number - 1), in_basis(twice(once), number - 1)].map(V::bits);
    let cuts: Vec<_> = cut.into_iter().flatten().zip(values.into_iter().flatten()).collect();
    let left = substitute(&found.bits(), &cuts);
    let substituted = once.map(|byte| xor(byte, octet(0x63)));
    let right = in_basis(fips197::after_sub_bytes(substituted, key), number);
    vec![Goal::new("round", Method::Affine, &left, &right.bits())]
}

/// A byte of the block depends on one byte of the state and one of the key.
fn goals_of_last() -> Vec<Goal> {
    let (state, key) = (any_state(), any_state());
    let left = last_round(in_basis(state, 13), lanes(with_constant(key), 14));
    let right = fips197::last_round(state, key);
    let duties = take_duties();
    let zeros = vec![Bit::ZERO; duties.len()];
    let left = [&left.bits()[..], &duties].concat();
    // ShiftRows brings byte 5 i mod 16 to place i.
    let cell = |i: usize| numbers([state[5 * i % 16], key[i]].as_flattened());
    let cells = (0..16).map(cell).collect();
    let right = [flat(&[right]), zeros].concat();
    vec![Goal::new("last round", Method::AllValues(cells), &left, &right)]
}

/// x times each byte: FIPS 197 §4.2.
fn twice(state: State) -> State {
    state.map(|byte| fips197::times(byte, octet(2)))
}

fn goals_of_whole() -> Vec<Goal> {
    let mut keys = Keys::ZERO;
    keys.set(&any_key());
    let texts = [any_state(), any_state()];
    let [mut a, mut b] = texts.map(vector);
    keys.pair().encrypt(&mut a, &mut b);
    let key = keys.pair().0;
    let block_0 = vector(texts[0]).lookup(from_block(0));
    let start = TABLES.input.by_nibbles(block_0, TABLES.low) ^ key[0];
    let state = (1..14).fold(start, |state, number| round(number, state, key[number]));
    let expected = flat(&[block(last_round(state, key[14]))]);
    let renamed: Vec<_> = flat(&texts[1..]).into_iter().zip(flat(&texts[..1])).collect();
    vec![
        Goal::new("block 0", Method::Same, &a.bits(), &expected),
        Goal::new("block 1", Method::Same, &substitute(&b.bits(), &renamed), &expected),
    ]
}
