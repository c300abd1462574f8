//! The lookup of the symbolic vector, which uses sums if it can, against its definition.

use super::Theorem;
use crate::engine::vector::V;
use crate::engine::vperm::TABLES;
use crate::goal::{Goal, Method};
use crate::graph::{Bit, inputs, numbers, take_duties};
use crate::spec::Octet;
use crate::spec::octet;
use std::array::from_fn;

pub(super) const THEOREM: Theorem = Theorem {
    name: "lookup",
    claim: "the lookup on formulas is i8x16.swizzle, for indices up to 15 and from 128 on",
    is_quick: true,
    goals,
};

fn goals() -> Vec<Goal> {
    let index: Octet = inputs();
    let any: [Octet; 16] = from_fn(|_| inputs());
    // Entry a ^ b is the sum of the entries a and b.
    let sums: [Octet; 16] = from_fn(|entry| {
        let chosen = (0..4).filter(|bit| entry >> bit & 1 == 1);
        chosen.fold(octet(0), |sum, bit| crate::spec::xor(sum, any[1 << bit]))
    });
    let constants = TABLES.inverse.bits();
    let constants: [Octet; 16] = from_fn(|i| from_fn(|bit| constants[8 * i + bit]));
    let all_values = || Method::AllValues(vec![numbers(&index)]);
    vec![
        goal("any table", Method::Abc, any, index),
        goal("a table of sums", Method::Abc, sums, index),
        goal("a table of constants", all_values(), constants, index),
        goal("0 to 15", all_values(), from_fn(|i| octet(i as u8)), index),
    ]
}

fn goal(name: &str, method: Method, table: [Octet; 16], index: Octet) -> Goal {
    let indices = from_fn(|i| if i < 8 { index[i] } else { Bit::ZERO });
    let vector = |bytes: [Octet; 16]| V::from_bits(from_fn(|i| bytes[i / 8][i % 8]));
    let found = vector(table).lookup(V::from_bits(indices)).bits();
    let is_invalid = take_duties().into_iter().fold(Bit::ZERO, |any, duty| any | duty);
    let left: Octet = from_fn(|bit| found[bit] & !is_invalid);
    let right: Octet = from_fn(|bit| {
        let chosen = (0..16).map(|entry| is_equal(index, octet(entry as u8)) & table[entry][bit]);
        chosen.fold(Bit::ZERO, |any, chosen| any | chosen)
    });
    Goal::new(name, method, &left, &right)
}

fn is_equal(a: Octet, b: Octet) -> Bit {
    (0..8).fold(Bit::ONE, |all, bit| all & !(a[bit] ^ b[bit]))
}
