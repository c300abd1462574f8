//! The key schedule.

use super::Theorem;
use super::layout::{lanes, planes, with_constant};
use crate::cone::substitute;
use crate::engine::schedule::{Keys, expand};
use crate::engine::vector::{Byte, V, Word};
use crate::engine::vperm::TABLES;
use crate::goal::{Goal, Method};
use crate::graph::{Bit, inputs, take_duties};
use crate::spec::Octet;
use crate::spec::fips197::{self, State, next_word};
use std::array::from_fn;

pub(super) const WORDS: Theorem = Theorem {
    name: "key schedule",
    claim: "the 60 words are those of FIPS 197 §5.2, for each key",
    is_quick: true,
    goals: goals_of_words,
};

pub(super) const PLANES: Theorem = Theorem {
    name: "round keys",
    claim: "the stored round keys are those words, in the layout of each round",
    is_quick: true,
    goals: goals_of_planes,
};

/// A key of inputs.
pub(super) fn any_key() -> [Byte; 32] {
    from_fn(|_| Byte::from_bits(inputs()))
}

/// The engine's words, as bytes. The first byte of a word is its highest.
pub(super) fn words_of(key: &[Byte; 32]) -> [fips197::Word; 60] {
    let mut words = [Word::default(); 60];
    expand(key, &mut words);
    words.map(|word| word.to_be_bytes().map(Byte::bits))
}

/// Word by word: what comes before is cut off, and may have any value.
fn goals_of_words() -> Vec<Goal> {
    let key = any_key();
    let words = words_of(&key);
    let (eighth_last, last): (fips197::Word, fips197::Word) = (any_word(), any_word());
    let (mut left, mut right) = (vec![], vec![]);
    for i in 8..60 {
        let cut = |i: usize, any: fips197::Word| zip(words[i].as_flattened(), any.as_flattened());
        let cuts = [cut(i - 8, eighth_last), cut(i - 1, last)].concat();
        left.extend(substitute(words[i].as_flattened(), &cuts));
        right.extend_from_slice(next_word(i, eighth_last, last).as_flattened());
    }
    let duties = take_duties();
    right.extend(duties.iter().map(|_| Bit::ZERO));
    left.extend(duties);
    let first: Vec<Octet> = key.map(Byte::bits).into();
    vec![
        Goal::new(
            "words 0 to 7",
            Method::Same,
            words[..8].as_flattened().as_flattened(),
            first.as_flattened(),
        ),
        Goal::new("words 8 to 59", Method::Abc, &left, &right),
    ]
}

fn goals_of_planes() -> Vec<Goal> {
    let key = any_key();
    let words = words_of(&key);
    let mut keys = Keys::ZERO;
    keys.set(&key);
    let expected = |round: usize| -> State {
        let key = fips197::round_key(&words, round);
        if round == 0 { key } else { with_constant(key) }
    };
    let of_planes = |planes: &[V; 8]| planes.map(V::bits).as_flattened().to_vec();
    let left = keys.rounds().iter().flat_map(of_planes).collect::<Vec<_>>();
    let right = (0..15).flat_map(|round| of_planes(&planes([expected(round); 8], round)));
    let pairs = keys.pair().0[..14].iter().flat_map(|key| key.bits()).collect::<Vec<_>>();
    let expected_pair = |round| TABLES.input.by_nibbles(lanes(expected(round), round), TABLES.low);
    let expected_pairs = (0..14).flat_map(|round| expected_pair(round).bits());
    let last = keys.pair().0[14].bits();
    let duties = take_duties();
    vec![
        Goal::new("bit planes", Method::Same, &left, &right.collect::<Vec<_>>()),
        Goal::new("two blocks", Method::Same, &pairs, &expected_pairs.collect::<Vec<_>>()),
        Goal::new("two blocks, last", Method::Same, &last, &lanes(expected(14), 14).bits()),
        Goal::new("indices", Method::Same, &duties, &vec![Bit::ZERO; duties.len()]),
    ]
}

fn any_word() -> fips197::Word {
    from_fn(|_| inputs())
}

fn zip(from: &[Bit], to: &[Bit]) -> Vec<(Bit, Bit)> {
    from.iter().copied().zip(to.iter().copied()).collect()
}
