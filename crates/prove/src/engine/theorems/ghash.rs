//! GHASH.

use super::Theorem;
use super::counter::vector;
use super::glue::bits_of_tables;
use super::rounds::block;
use crate::engine::ghash::{HashKey, groups};
use crate::engine::vector::V;
use crate::goal::{Goal, Method};
use crate::graph::{Bit, inputs, numbers, take_duties};
use crate::spec::sp800_38d::{Block, bits, bytes, times};
use crate::spec::xor;

pub(super) const GROUP: Theorem = Theorem {
    name: "GHASH",
    claim: "four blocks: (z + x0) a + x1 b + x2 c + x3 d of SP 800-38D §6.3, for all z, x, a to d",
    is_quick: false,
    goals: goals_of_group,
};

pub(super) const POWERS: Theorem = Theorem {
    name: "powers of H",
    claim: "the tables are those of H, H^2, H^3 and H^4, each from the hash of one block",
    is_quick: false,
    goals: goals_of_powers,
};

/// The tables of any four values: the factor of the first block first.
fn goals_of_group() -> Vec<Goal> {
    let factors: [Block; 4] = std::array::from_fn(|_| inputs());
    let x: [Block; 4] = std::array::from_fn(|_| inputs());
    let z: Block = inputs();
    let mut key = HashKey::ZERO;
    for (k, factor) in factors.iter().enumerate() {
        key.fill(k, &of_block(*factor));
    }
    let mut sum = of_block(z);
    key.hash(&mut sum, groups(&x.map(of_block)));
    let first = times(xor(z, x[0]), factors[0]);
    let right = (1..4).fold(first, |sum, k| xor(sum, times(x[k], factors[k])));
    let blocks = [&z[..], x.as_flattened()].concat();
    let duties = take_duties();
    vec![
        Goal::new("four blocks", Method::Bilinear(numbers(&blocks)), &to_block(sum), &right),
        Goal::new("indices", Method::Same, &duties, &vec![Bit::ZERO; duties.len()]),
    ]
}

/// `set` makes each power from the one before by `hash`, which [`GROUP`] says is the product. Tables
/// that are not filled yet are those of zero.
fn goals_of_powers() -> Vec<Goal> {
    let h: Block = inputs();
    let mut key = HashKey::ZERO;
    key.set(&mut of_block(h));
    let mut expected = HashKey::ZERO;
    let mut power = of_block(h);
    for k in (0..4).rev() {
        expected.fill(k, &power);
        // The only block that is not zero comes last, so it is multiplied by H.
        let blocks = [V::ZERO, V::ZERO, V::ZERO, power];
        power = V::ZERO;
        expected.hash(&mut power, groups(&blocks));
    }
    let mut zero = HashKey::ZERO;
    (0..4).for_each(|k| zero.fill(k, &V::ZERO));
    let same = |name, left, right| {
        Goal::new(name, Method::Same, &bits_of_tables(left), &bits_of_tables(right))
    };
    vec![same("tables", &key, &expected), same("no tables", &HashKey::ZERO, &zero)]
}

fn of_block(string: Block) -> V {
    vector(bytes(string))
}

fn to_block(vector: V) -> Block {
    bits(block(vector))
}
