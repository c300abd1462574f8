//! The rounds on bit planes: for all states and round keys, and each form that ShiftRows takes.

use super::Theorem;
use super::layout::{any_state, blocks, flat, planes, with_constant};
use crate::cone::substitute;
use crate::engine::layout::CONSTANTS;
use crate::engine::rounds::{add, mix_columns, unslice};
use crate::engine::sbox::sub_bytes;
use crate::engine::vector::V;
use crate::goal::{Goal, Method};
use crate::graph::{Bit, take_duties};
use crate::spec::fips197::{self, State};
use std::array::from_fn;

macro_rules! round {
    ($number:literal, $lag:literal) => {
        Theorem {
            name: concat!("round ", $number),
            claim: concat!("rounds with ", $lag, " ShiftRows to do are rounds of FIPS 197 §5.1"),
            is_quick: false,
            goals: || goals_of_round($number),
        }
    };
}
pub(super) const ROUND_1: Theorem = round!(1, 1);
pub(super) const ROUND_2: Theorem = round!(2, 2);
pub(super) const ROUND_3: Theorem = round!(3, 3);
pub(super) const ROUND_4: Theorem = round!(4, 0);

pub(super) const LAST: Theorem = Theorem {
    name: "last round",
    claim: "the last round and the way back into blocks are the last round of FIPS 197 §5.1",
    is_quick: false,
    goals: || {
        let key = any_state();
        eight_blocks(key, last_round, |state| fips197::last_round(state, key))
    },
};

fn goals_of_round(number: usize) -> Vec<Goal> {
    let key = any_state();
    eight_blocks(key, |states, key| round(number, states, key), |s| fips197::round(s, key))
}

/// The engine's round `number` between states: those before it lag by one ShiftRows less.
pub(super) fn round(number: usize, states: [State; 8], key: State) -> [State; 8] {
    let lag = number % 4;
    let key = planes([with_constant(key); 8], lag);
    let before = planes(states, number - 1);
    blocks(mix_columns(&sub_bytes(&before), lag, &key, &CONSTANTS), lag)
}

/// The engine's round 14, and the blocks that it makes.
pub(super) fn last_round(states: [State; 8], key: State) -> [State; 8] {
    let key = planes([with_constant(key); 8], 14);
    let planes = add(&sub_bytes(&planes(states, 13)), &key);
    unslice(planes, &CONSTANTS).map(block)
}

/// A vector as a block: byte i is lane i.
pub(super) fn block(vector: V) -> State {
    let bits = vector.bits();
    from_fn(|i| from_fn(|bit| bits[8 * i + bit]))
}

/// That the first of eight blocks is as specified, and that the others are the same function.
fn eight_blocks(
    key: State,
    engine: impl Fn([State; 8], State) -> [State; 8],
    spec: impl Fn(State) -> State,
) -> Vec<Goal> {
    let states: [State; 8] = from_fn(|_| any_state());
    let found = engine(states, key);
    let duties = take_duties();
    let zeros = vec![Bit::ZERO; duties.len()];
    let mut goals = vec![Goal::new(
        "block 0",
        Method::Abc,
        &[flat(&found[..1]), duties].concat(),
        &[flat(&[spec(states[0])]), zeros].concat(),
    )];
    for k in 1..8 {
        let renamed: Vec<_> = flat(&[states[k]]).into_iter().zip(flat(&[states[0]])).collect();
        let left = substitute(&flat(&[found[k]]), &renamed);
        goals.push(Goal::new(format!("block {k}"), Method::Same, &left, &flat(&found[..1])));
    }
    goals
}
