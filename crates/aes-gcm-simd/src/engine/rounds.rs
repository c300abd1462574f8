//! The rounds of AES-256 on the bit planes of eight blocks.

use super::layout::Constants;
use super::sbox::sub_bytes;
use super::vector::{Planes, V};
use core::array::from_fn;

/// Round keys as planes, to the lag of their round.
pub(super) type RoundKeys = [Planes; 15];

/// The planes of one block, taken eight times.
#[inline(always)]
pub(super) fn slice(block: V) -> Planes {
    from_fn(|bit| block.has(1 << bit))
}

#[inline(always)]
pub(super) fn add(state: &Planes, key: &Planes) -> Planes {
    from_fn(|i| state[i] ^ key[i])
}

/// Rounds 2 to 14, from the state after round 1. One round is the body of the loop, so that all of
/// it stays in the caches next to whatever else runs.
#[inline(always)]
pub(super) fn rounds_2_to_14(state: Planes, keys: &RoundKeys, constants: &Constants) -> Planes {
    let mut s = state;
    let mut lag = 2;
    for key in &keys[2..14] {
        s = mix_columns(&sub_bytes(&s), lag, key, constants);
        lag = (lag + 1) % 4;
    }
    add(&sub_bytes(&s), &keys[14])
}

/// MixColumns and AddRoundKey of a state that still needs `lag` ShiftRows, 0 to 3.
///
/// ```text
/// FIPS 197 §5.1.3, a column being a, b, c, d:
///   a' = 2a + 3b + c + d = 2(a + b) + b + (c + d)
/// ```
/// With r the byte below and t = a + r, that is a' = 2t + r + (t, two rows further down). In planes
/// 2t is t moved up by one, where plane 7 returns in planes 0, 1, 3 and 4: x^8 = x^4 + x^3 + x + 1.
///
/// The terms stand one after the other, not in arrays. V8 keeps their order, and in this order it
/// runs out of registers less often.
#[inline(always)]
pub(super) fn mix_columns(s: &Planes, lag: usize, key: &Planes, constants: &Constants) -> Planes {
    let (down_1, down_2) = (constants.down_1[lag], constants.down_2[lag]);
    let step = |i: usize| {
        let r = s[i].lookup(down_1);
        (r, s[i] ^ r)
    };
    let (r7, t7) = step(7);
    let (r0, t0) = step(0);
    let o0 = t7 ^ r0 ^ t0.lookup(down_2) ^ key[0];
    let (r1, t1) = step(1);
    let o1 = t0 ^ t7 ^ r1 ^ t1.lookup(down_2) ^ key[1];
    let (r2, t2) = step(2);
    let o2 = t1 ^ r2 ^ t2.lookup(down_2) ^ key[2];
    let (r3, t3) = step(3);
    let o3 = t2 ^ t7 ^ r3 ^ t3.lookup(down_2) ^ key[3];
    let (r4, t4) = step(4);
    let o4 = t3 ^ t7 ^ r4 ^ t4.lookup(down_2) ^ key[4];
    let (r5, t5) = step(5);
    let o5 = t4 ^ r5 ^ t5.lookup(down_2) ^ key[5];
    let (r6, t6) = step(6);
    let o6 = t5 ^ r6 ^ t6.lookup(down_2) ^ key[6];
    let o7 = t6 ^ r7 ^ t7.lookup(down_2) ^ key[7];
    [o0, o1, o2, o3, o4, o5, o6, o7]
}

/// The eight blocks of the planes, in order: a transposition of 8 x 8 bits in every lane.
#[inline(always)]
pub(super) fn unslice(s: Planes, constants: &Constants) -> [V; 8] {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = s;
    let [one, two, four] = constants.bits;
    let ((s0, s1), (s2, s3)) = (exchange::<1>(one, s0, s1), exchange::<1>(one, s2, s3));
    let ((s4, s5), (s6, s7)) = (exchange::<1>(one, s4, s5), exchange::<1>(one, s6, s7));
    let ((s0, s2), (s1, s3)) = (exchange::<2>(two, s0, s2), exchange::<2>(two, s1, s3));
    let ((s4, s6), (s5, s7)) = (exchange::<2>(two, s4, s6), exchange::<2>(two, s5, s7));
    let ((s0, s4), (s1, s5)) = (exchange::<4>(four, s0, s4), exchange::<4>(four, s1, s5));
    let ((s2, s6), (s3, s7)) = (exchange::<4>(four, s2, s6), exchange::<4>(four, s3, s7));
    [s0, s1, s2, s3, s4, s5, s6, s7].map(|block| block.lookup(constants.to_block))
}

/// The bits of `a` at `mask << BITS` change places with the bits of `b` at `mask`.
#[inline(always)]
fn exchange<const BITS: u32>(mask: V, a: V, b: V) -> (V, V) {
    let moved = (a.shr::<BITS>() ^ b) & mask;
    (a ^ moved.shl::<BITS>(), b ^ moved)
}
