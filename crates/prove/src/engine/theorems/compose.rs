//! From single rounds to the whole cipher: the engine's loops are the rounds of the other theorems,
//! one after the other. No solver is needed: both sides are built from the same parts.

use super::Theorem;
use super::layout::{any_state, blocks, flat, planes, with_constant};
use super::rounds::{block, last_round, round};
use super::schedule::{any_key, words_of};
use crate::engine::ctr::Batches;
use crate::engine::layout::CONSTANTS;
use crate::engine::rounds::{rounds_2_to_14, unslice};
use crate::engine::schedule::Keys;
use crate::engine::vector::{Byte, V};
use crate::goal::{Goal, Method};
use crate::graph::inputs;
use crate::spec::fips197::{State, round_key};
use std::array::from_fn;

pub(super) const ROUNDS: Theorem = Theorem {
    name: "rounds 2 to 14",
    claim: "the loop over the rounds is rounds 2 to 14, in this order",
    is_quick: false,
    goals: goals_of_rounds,
};

pub(super) const BATCHES: Theorem = Theorem {
    name: "eight blocks",
    claim: "a batch of key stream is rounds 1 to 14 with the round keys, for each key and nonce",
    is_quick: false,
    goals: goals_of_batches,
};

fn goals_of_rounds() -> Vec<Goal> {
    let keys: [State; 15] = from_fn(|_| any_state());
    let states: [State; 8] = from_fn(|_| any_state());
    let in_planes = from_fn(|number| planes([with_constant(keys[number]); 8], number));
    let left = unslice(rounds_2_to_14(planes(states, 1), &in_planes, &CONSTANTS), &CONSTANTS);
    let right = rounds_from_2(states, |number| keys[number]);
    vec![Goal::new("13 rounds", Method::Same, &flat(&left.map(block)), &flat(&right))]
}

fn goals_of_batches() -> Vec<Goal> {
    let key = any_key();
    let words = words_of(&key);
    let mut keys = Keys::ZERO;
    keys.set(&key);
    let nonce: [Byte; 12] = from_fn(|_| Byte::from_bits(inputs()));
    let mut goals = vec![];
    // The first batch, and the first two after the last byte of the counter has carried.
    for (first, batches) in [(0, 1), (32, 2)] {
        let mut run = Batches::new(&keys, &nonce);
        run.count = first;
        let mut base = [V::ZERO; 8];
        keys.first_round(run.block(0), &mut base);
        let mut stream = vec![[Byte::default(); 128]; batches];
        run.apply(&mut stream);
        let expected = (0..batches).flat_map(|n| {
            let state = keys.add_last_byte(&base, n, &CONSTANTS);
            rounds_from_2(blocks(state, 1), |number| round_key(&words, number))
        });
        let left: Vec<_> = stream.as_flattened().iter().flat_map(|byte| byte.bits()).collect();
        let right = flat(&expected.collect::<Vec<_>>());
        goals.push(Goal::new(format!("batch {first}"), Method::Same, &left, &right));
    }
    goals
}

/// Rounds 2 to 14 by the functions that the theorems of single rounds speak of.
fn rounds_from_2(states: [State; 8], key: impl Fn(usize) -> State) -> [State; 8] {
    let states = (2..14).fold(states, |states, number| round(number, states, key(number)));
    last_round(states, key(14))
}
