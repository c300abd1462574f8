//! The parts of the engine, each against its definition.
//!
//! They are here, and not at the end of the files that they test, because `crates/prove` compiles
//! those files over vectors without values.

use super::ctr::Batches;
use super::ghash::{Ghash, HashKey};
use super::rounds::slice;
use super::sbox::sub_bytes;
use super::schedule::{Keys, expand};
use super::vector::{V, as_bytes_mut};
use alloc::vec;
use alloc::vec::Vec;
use core::array::from_fn;

/// FIPS 197 §5.1.1: the inverse in GF(2^8), then the affine map.
#[test]
fn circuit_is_the_s_box_for_every_byte() {
    for byte in 0..=255_u8 {
        let planes = sub_bytes(&slice(V::splat(byte)));
        let mut found = [0; 16];
        for (bit, plane) in planes.into_iter().enumerate() {
            let mut bytes = [0; 16];
            (plane & V::splat(1 << bit)).store(&mut bytes);
            found.iter_mut().zip(bytes).for_each(|(sum, bit)| *sum |= bit);
        }
        assert_eq!(found, [affine(inverse(byte)) ^ 0x63; 16], "of {byte}");
    }
}

/// FIPS 197 appendix A.3.
#[test]
fn words_of_the_schedule_are_those_of_the_standard() {
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

/// FIPS 197 appendix C.3.
#[test]
fn pair_encrypts_the_block_of_the_standard() {
    let mut keys = Keys::ZERO;
    keys.set(&from_fn(|i| i as u8));
    let block = from_fn(|i| 0x11 * i as u8);
    let (mut a, mut b) = (V::splat(0), V::from_bytes(block));
    keys.pair().encrypt(&mut a, &mut b);
    let mut bytes = [0; 16];
    b.store(&mut bytes);
    assert_eq!(hex::encode(bytes), "8ea2b7ca516745bfeafc49904b496089");
}

/// Each bit of the counter carries, and eight blocks are four pairs.
#[test]
fn batches_are_pairs_at_every_counter() {
    let mut keys = Keys::ZERO;
    keys.set(&from_fn(|i| 7 * i as u8));
    for bit in 3..32 {
        let last = (1_u32 << (bit - 3)) - 1;
        check_batches(&keys, &[last, last.wrapping_add(1)]);
    }
}

#[test]
fn ghash_is_the_hash_of_its_definition() {
    let mut state = 1_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    for blocks in 1..40 {
        let h: [u8; 16] = from_fn(|_| byte());
        let data: Vec<u8> = (1..blocks).flat_map(|_| [0; 16].map(|_| byte())).collect();
        let mut key = HashKey::ZERO;
        key.set(&mut V::from_bytes(h));
        let mut ghash = Ghash::new(&key, blocks);
        ghash.update(&data);
        let mut found = [0; 16];
        ghash.finish(0, data.len()).store(&mut found);
        assert_eq!(u128::from_be_bytes(found), hash_by_definition(h, &data), "{blocks} blocks");
    }
}

/// `counts` follow each other; the first of them is reached by a jump.
fn check_batches(keys: &Keys, counts: &[u32]) {
    let mut batches = Batches::new(keys, &from_fn(|i| 0xf0 + i as u8));
    batches.count = counts[0] / 32 * 32;
    let mut skipped = vec![[0; 128]; (counts[0] % 32) as usize];
    batches.apply(&mut skipped);
    for count in counts {
        let mut stream = [V::ZERO; 8];
        let mut pairs = [V::ZERO; 8];
        for (i, pair) in pairs.as_chunks_mut().0.iter_mut().enumerate() {
            let [a, b] = pair;
            (*a, *b) = (batches.block(2 * i as u32), batches.block(2 * i as u32 + 1));
            keys.pair().encrypt(a, b);
        }
        assert_eq!(batches.count, *count);
        batches.apply(as_bytes_mut(&mut stream).as_chunks_mut().0);
        assert_eq!(as_bytes_mut(&mut stream), as_bytes_mut(&mut pairs), "batch {count}");
    }
}

fn affine(x: u8) -> u8 {
    (1..5).fold(x, |sum, n| sum ^ x.rotate_left(n)) ^ 0x63
}

/// x^254.
fn inverse(x: u8) -> u8 {
    (0..253).fold(x, |power, _| times_in_gf_2_8(power, x))
}

fn times_in_gf_2_8(a: u8, b: u8) -> u8 {
    let double = |x: u8| (x << 1) ^ ((x >> 7) * 0x1b);
    let (mut sum, mut a) = (0, a);
    for bit in 0..8 {
        sum ^= (b >> bit & 1) * a;
        a = double(a);
    }
    sum
}

/// NIST SP 800-38D §6.4.
fn hash_by_definition(h: [u8; 16], data: &[u8]) -> u128 {
    let h = u128::from_be_bytes(h);
    let lengths = 8 * data.len() as u128;
    let blocks = data.as_chunks().0.iter().map(|block| u128::from_be_bytes(*block));
    blocks.chain([lengths]).fold(0, |y, x| times_in_gf_2_128(y ^ x, h))
}

/// NIST SP 800-38D §6.3, bit by bit.
fn times_in_gf_2_128(x: u128, y: u128) -> u128 {
    let (mut z, mut v) = (0, y);
    for i in (0..128).rev() {
        z ^= (x >> i & 1) * v;
        v = (v >> 1) ^ ((v & 1) * (0xe1 << 120));
    }
    z
}
