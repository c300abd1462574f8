//! The code that joins the parts, for each key: key setup, the key stream at each length, blocks of
//! GHASH. Both sides are built from the same parts. Other theorems are about these parts.

use super::Theorem;
use super::counter::vector;
use super::schedule::any_key;
use crate::engine::ctr::{Batches, Counter};
use crate::engine::gcm::Engine;
use crate::engine::ghash::{Ghash, HashKey, groups};
use crate::engine::schedule::Keys;
use crate::engine::vector::{Byte, V, as_bytes};
use crate::goal::{Goal, Method};
use crate::graph::{Bit, inputs};
use crate::spec::sp800_38d::{Block, bytes, lengths, padded};
use crate::spec::{Octet, xor};
use std::array::from_fn;

pub(super) const SETUP: Theorem = Theorem {
    name: "key setup",
    claim: "H is the cipher of zeros (SP 800-38D §7.1, step 1), for each key",
    is_quick: false,
    goals: goals_of_setup,
};

pub(super) const STREAM: Theorem = Theorem {
    name: "key stream",
    claim: "bytes are added to the blocks of counters 2, 3, ... in order, for each key and nonce",
    is_quick: false,
    goals: goals_of_stream,
};

pub(super) const BLOCKS: Theorem = Theorem {
    name: "hashed blocks",
    claim: "GHASH takes A, zeros, C, zeros, lengths (SP 800-38D §7.1, step 5), for each H",
    is_quick: false,
    goals: goals_of_blocks,
};

/// Bytes: each border of a block, a batch, and the choice between two blocks and eight.
const LENGTHS: [usize; 24] = [
    0, 1, 15, 16, 17, 95, 96, 97, 111, 112, 113, 127, 128, 129, 143, 144, 145, 223, 224, 225, 239,
    256, 257, 273,
];

fn goals_of_setup() -> Vec<Goal> {
    let key = any_key();
    let mut engine = Engine::ZERO;
    engine.set(&key);
    let mut keys = Keys::ZERO;
    keys.set(&key);
    let mut zeros = vec![[Byte::default(); 128]];
    Batches::new(&keys, &[Byte::default(); 12]).apply(&mut zeros);
    let mut hash_key = HashKey::ZERO;
    hash_key.set(&mut V::load(zeros[0].first_chunk().expect("128 bytes")));
    let same = |name, left: Vec<Bit>, right: Vec<Bit>| Goal::new(name, Method::Same, &left, &right);
    vec![
        same("keys", bits_of_keys(&engine.keys), bits_of_keys(&keys)),
        same("tables of H", bits_of_tables(&engine.hash_key), bits_of_tables(&hash_key)),
    ]
}

fn goals_of_stream() -> Vec<Goal> {
    let mut keys = Keys::ZERO;
    keys.set(&any_key());
    let nonce: [Byte; 12] = from_fn(|_| Byte::from_bits(inputs()));
    LENGTHS.map(|len| goal_of_stream(&keys, &nonce, len)).into()
}

fn goal_of_stream(keys: &Keys, nonce: &[Byte; 12], len: usize) -> Goal {
    let text: Vec<Byte> = (0..len).map(|_| Byte::from_bits(inputs())).collect();
    let mut found = text.clone();
    let mut counter = Counter::new(keys, nonce);
    counter.start();
    counter.apply(&mut found);
    let stream = stream(keys, nonce, 32 + len);
    let expected = text.iter().zip(&stream[32..]).map(|(a, b)| xor(a.bits(), b.bits()));
    let expected: Vec<Octet> = expected.collect();
    // CIPH(J0) is the mask of the tag: J0 has counter 1.
    let left = [octets(&found), octets(as_bytes(&[*counter.block_1()]))].concat();
    let right = [expected, octets(&stream[16..32])].concat();
    let name = format!("{len} bytes");
    Goal::new(name, Method::Same, left.as_flattened(), right.as_flattened())
}

/// The blocks of counters 0, 1, ...: eight at a time; one or two that are left, as two.
fn stream(keys: &Keys, nonce: &[Byte; 12], len: usize) -> Vec<Byte> {
    let rest = len % 128;
    let by_two = len > 128 && (1..=32).contains(&rest);
    let mut blocks = vec![[Byte::default(); 128]; len.div_ceil(128)];
    let mut batches = Batches::new(keys, nonce);
    batches.apply(&mut blocks);
    let mut stream = blocks.into_flattened();
    if by_two {
        let mut batches = Batches::new(keys, nonce);
        batches.count = (len / 128) as u32;
        let mut pair = [batches.block(0), batches.block(1)];
        let [a, b] = &mut pair;
        keys.pair().encrypt(a, b);
        stream.truncate(len / 128 * 128);
        stream.extend_from_slice(as_bytes(&pair));
    }
    stream
}

fn goals_of_blocks() -> Vec<Goal> {
    let lengths = LENGTHS.iter().zip(LENGTHS.iter().cycle().skip(7));
    lengths.map(|(text, aad)| goal_of_blocks(*text, *aad)).collect()
}

/// Tables of any four values: whether they are powers of H does not matter here.
fn goal_of_blocks(text_len: usize, aad_len: usize) -> Goal {
    crate::graph::clear();
    crate::linear::clear();
    let mut key = HashKey::ZERO;
    for k in 0..4 {
        key.fill(k, &V::from_bits(inputs()));
    }
    let any = |len: usize| -> Vec<Byte> { (0..len).map(|_| Byte::from_bits(inputs())).collect() };
    let (text, aad) = (any(text_len), any(aad_len));
    let blocks: Vec<Block> =
        [padded(&octets(&aad)), padded(&octets(&text)), vec![lengths(aad_len, text_len)]].concat();
    let mut ghash = Ghash::new(&key, blocks.len());
    ghash.update(&aad);
    ghash.update(&text);
    let left = ghash.finish(aad_len, text_len);
    // Blocks of zeros in front do not change the hash, which begins with zero.
    let mut all = vec![[Bit::ZERO; 128]; blocks.len().wrapping_neg() % 4];
    all.extend(blocks);
    let mut right = V::ZERO;
    for group in all.as_chunks::<4>().0 {
        key.hash(&mut right, groups(&group.map(|block| vector(bytes(block)))));
    }
    let name = format!("{text_len} bytes, {aad_len} of metadata");
    Goal::new(name, Method::Same, &left.bits(), &right.bits())
}

fn octets(bytes: &[Byte]) -> Vec<Octet> {
    bytes.iter().map(|byte| byte.bits()).collect()
}

fn bits_of_keys(keys: &Keys) -> Vec<Bit> {
    let vectors = keys.rounds().as_flattened().iter().chain(&keys.pair().0);
    let last_byte = keys.last_byte.as_flattened().iter().flat_map(|byte| byte.bits());
    vectors.flat_map(|vector| vector.bits()).chain(last_byte).collect()
}

/// All bits of the tables.
pub(super) fn bits_of_tables(key: &HashKey) -> Vec<Bit> {
    let vectors = key.0.as_flattened().as_flattened().as_flattened();
    vectors.iter().flat_map(|vector| vector.bits()).collect()
}
