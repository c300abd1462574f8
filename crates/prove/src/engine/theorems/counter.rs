//! The first round, of which 256 counters share all but one byte; and the counter itself.

use super::Theorem;
use super::layout::{any_state, blocks, flat};
use super::rounds::block;
use super::schedule::any_key;
use crate::cone::substitute;
use crate::engine::ctr::Batches;
use crate::engine::layout::CONSTANTS;
use crate::engine::schedule::Keys;
use crate::engine::vector::{Byte, V};
use crate::goal::{Goal, Method};
use crate::graph::{Bit, inputs, numbers, take_duties};
use crate::spec::fips197::{State, add_round_key, after_sub_bytes, sub_byte};
use crate::spec::sp800_38d::counter_block;
use crate::spec::{Octet, octet, xor};
use std::array::from_fn;

pub(super) const SHORTCUT: Theorem = Theorem {
    name: "last byte",
    claim: "the shortcut of round 1 is round 1 of FIPS 197 §5.1, for all 256 last bytes",
    is_quick: false,
    goals: goals_of_shortcut,
};

pub(super) const BLOCKS: Theorem = Theorem {
    name: "counter",
    claim: "a counter block is nonce || counter of SP 800-38D §7.1, at each carry",
    is_quick: true,
    goals: goals_of_blocks,
};

/// The first 15 bytes of the block may have any value, and the key too. That the table holds the
/// S-box of the last byte is one goal; then its entries are cut off, and may have any value as well.
fn goals_of_shortcut() -> Vec<Goal> {
    let key = any_key();
    let mut keys = Keys::ZERO;
    keys.set(&key);
    let half = |from: usize| -> State { from_fn(|i| key[from + i].bits()) };
    let entry =
        |value: usize| -> Octet { keys.last_byte.map(|plane| plane[value / 8].bits()[value % 8]) };
    let entries: Vec<Octet> = (0..256).map(entry).collect();
    let spec_entry = |value| xor(sub_byte(xor(octet(value), half(0)[15])), octet(0x63));
    let spec_entries: Vec<Octet> = (0..=255).map(spec_entry).collect();

    let mut counter = any_state();
    counter[15] = octet(0);
    let mut base = [V::ZERO; 8];
    keys.first_round(vector(counter), &mut base);
    let any_entries: [Octet; 8] = from_fn(|_| inputs());
    let batch = |n: usize| {
        let states = blocks(keys.add_last_byte(&base, n, &CONSTANTS), 1);
        let entries = entries[8 * n..8 * n + 8].as_flattened().iter().copied();
        let cuts: Vec<_> = entries.zip(any_entries.into_iter().flatten()).collect();
        substitute(&flat(&states), &cuts)
    };
    let with_entry = |entry: Octet| {
        let mut state = add_round_key(counter, half(0)).map(sub_byte);
        state[15] = xor(entry, octet(0x63));
        after_sub_bytes(state, half(16))
    };
    let right = flat(&any_entries.map(with_entry));
    let first = batch(0);
    let others: Vec<Bit> = (1..32).flat_map(batch).collect();
    let duties = take_duties();
    let cell = vec![numbers(&half(0)[15])];
    vec![
        Goal::new(
            "table",
            Method::AllValues(cell),
            entries.as_flattened(),
            spec_entries.as_flattened(),
        ),
        Goal::new("batch 0", Method::Abc, &first, &right),
        Goal::new("batches 1 to 31", Method::Same, &others, &vec![first; 31].concat()),
        Goal::new("indices", Method::Same, &duties, &vec![Bit::ZERO; duties.len()]),
    ]
}

/// For every nonce; of the counters those around each carry, and a thousand others.
fn goals_of_blocks() -> Vec<Goal> {
    let keys = Keys::ZERO;
    let nonce: [Byte; 12] = from_fn(|_| Byte::from_bits(inputs()));
    let carries = (0..29).flat_map(|bit| [(1_u32 << bit) - 1, 1 << bit]);
    let counts = carries.chain((0..1000).map(|i| i * 536_869 % (1 << 29)));
    let (mut left, mut right) = (vec![], vec![]);
    for count in counts {
        let mut batches = Batches::new(&keys, &nonce);
        batches.count = count;
        for i in 0..8 {
            left.push(block(batches.block(i)));
            right.push(counter_block(nonce.map(Byte::bits), 8 * count + i));
        }
    }
    vec![Goal::new("blocks", Method::Same, &flat(&left), &flat(&right))]
}

/// A block as a vector: byte i is lane i.
pub(super) fn vector(block: State) -> V {
    V::from_bits(from_fn(|i| block[i / 8][i % 8]))
}
