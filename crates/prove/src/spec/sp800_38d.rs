//! NIST SP 800-38D, "Galois/Counter Mode (GCM) and GMAC": nonces of 96 bits, tags of 128.

use super::fips197::{State, Word, cipher};
use super::{Octet, octet, xor};
use crate::graph::Bit;
use std::array::from_fn;

/// §6.3: a block as a string of bits. Bit 0 is the leftmost, and stands for x^0.
pub type Block = [Bit; 128];

/// §7.1, step 3, and §7.2, step 4: C = GCTR(inc32(J0), P), and the other way round.
pub fn encrypt_or_decrypt(words: &[Word; 60], nonce: [Octet; 12], text: &[Octet]) -> Vec<Octet> {
    gctr(words, nonce, 2, text)
}

/// §7.1 and §7.2, steps 4 to 6 and 5 to 7: T = GCTR(J0, GHASH(A || 0.. || C || 0.. || lengths)).
pub fn tag(words: &[Word; 60], nonce: [Octet; 12], aad: &[Octet], ciphertext: &[Octet]) -> State {
    let h = cipher([octet(0); 16], words);
    let mut blocks = padded(aad);
    blocks.extend(padded(ciphertext));
    blocks.push(lengths(aad.len(), ciphertext.len()));
    let hash = bytes(ghash(bits(h), &blocks));
    let mask = cipher(counter_block(nonce, 1), words);
    from_fn(|i| xor(hash[i], mask[i]))
}

/// §7.1, step 2: nonce || counter. For a nonce of 96 bits J0 is the block of counter 1.
pub fn counter_block(nonce: [Octet; 12], counter: u32) -> State {
    from_fn(|i| match i {
        0..12 => nonce[i],
        _ => octet(counter.to_be_bytes()[i - 12]),
    })
}

/// §6.5: GCTR, from the block of this counter on. inc32 is addition modulo 2^32 (§6.2).
fn gctr(words: &[Word; 60], nonce: [Octet; 12], first: u32, text: &[Octet]) -> Vec<Octet> {
    let mut output = vec![];
    for (i, chunk) in text.chunks(16).enumerate() {
        let stream = cipher(counter_block(nonce, first.wrapping_add(i as u32)), words);
        output.extend(chunk.iter().zip(stream).map(|(byte, stream)| xor(*byte, stream)));
    }
    output
}

/// §6.4: GHASH.
pub fn ghash(h: Block, blocks: &[Block]) -> Block {
    blocks.iter().fold([Bit::ZERO; 128], |y, x| times(xor(y, *x), h))
}

/// §6.3: the product, algorithm 1. R = 11100001 || 0^120.
pub fn times(x: Block, y: Block) -> Block {
    let mut z = [Bit::ZERO; 128];
    let mut v = y;
    for bit in x {
        z = from_fn(|i| z[i] ^ (bit & v[i]));
        let last = v[127];
        v = from_fn(|i| {
            let shifted = if i == 0 { Bit::ZERO } else { v[i - 1] };
            if matches!(i, 0 | 1 | 2 | 7) { shifted ^ last } else { shifted }
        });
    }
    z
}

/// The string of the bits of 16 bytes: of each byte the highest comes first.
pub fn bits(bytes: State) -> Block {
    from_fn(|i| bytes[i / 8][7 - i % 8])
}

/// The bytes of a string of bits.
pub fn bytes(block: Block) -> State {
    from_fn(|i| from_fn(|bit| block[8 * i + 7 - bit]))
}

/// §7.1, step 5: zeros up to a whole block.
pub fn padded(text: &[Octet]) -> Vec<Block> {
    let block = |chunk: &[Octet]| bits(from_fn(|i| chunk.get(i).copied().unwrap_or(octet(0))));
    text.chunks(16).map(block).collect()
}

/// §7.1, step 5: both lengths in bits, 64 bits each.
pub fn lengths(aad: usize, ciphertext: usize) -> Block {
    let number = u128::from(8 * aad as u64) << 64 | u128::from(8 * ciphertext as u64);
    bits(number.to_be_bytes().map(octet))
}
