//! A pretend P-256 that costs next to nothing, and a pretend RSA: both sides of an exchange come to
//! the same secret, another key or a bent value to another one, a signature is of one key and one
//! message. Whoever has the public key could forge; the attackers of these tests do not.

use sealframe::envelope::kem::Point;
use sealframe::envelope::{RSA, SIGNATURE, Secret};
use sha2::{Digest, Sha256};

/// A small Diffie-Hellman group: the numbers mod this prime.
const PRIME: u64 = (1 << 61) - 1;
/// In place of y. What lacks it is no point.
const MARK: [u8; 32] = *b"a pretend point of a small group";

pub fn point(private: u64) -> Point {
    let mut bytes = [0; 65];
    bytes[0] = 4;
    bytes[25..33].copy_from_slice(&power(37, private).to_be_bytes());
    bytes[33..].copy_from_slice(&MARK);
    Point::parse(&bytes).expect("it has the form of one")
}

pub fn is_point(bytes: &[u8]) -> bool {
    bytes.len() == 65 && bytes[1..25] == [0; 24] && bytes[33..] == MARK
}

pub fn agree(private: u64, public: &[u8]) -> Option<Secret> {
    let number: [u8; 8] = public.get(25..33)?.try_into().ok()?;
    let shared = power(u64::from_be_bytes(number), private);
    is_point(public).then(|| Secret::from(&digest(&[&shared.to_be_bytes()])))
}

pub fn sign(public: &[u8], bytes: &[u8]) -> [u8; SIGNATURE] {
    let half = digest(&[public, bytes]);
    let both = [half, digest(&[&half])].concat();
    both.try_into().expect("64 bytes")
}

/// A modulus by its looks.
pub fn modulus(number: u64) -> [u8; RSA] {
    let mut modulus = [0xff; RSA];
    modulus[..8].copy_from_slice(&(number | 1 << 63).to_be_bytes());
    modulus
}

/// The secret behind a one-time pad of the modulus, and its hash.
pub fn encrypt(modulus: &[u8], secret: &[u8; 32]) -> Vec<u8> {
    let mut enc = vec![0; RSA];
    let pad = digest(&[modulus]);
    let masked = secret.iter().zip(pad).map(|(a, b)| a ^ b);
    enc.iter_mut().zip(masked).for_each(|(byte, masked)| *byte = masked);
    let check = digest(&[&enc[..32], secret]);
    enc[32..64].copy_from_slice(&check);
    enc
}

/// `None` for a bent ciphertext, as OAEP would have it.
pub fn decrypt(modulus: &[u8], enc: &[u8]) -> Option<Secret> {
    let pad = digest(&[modulus]);
    let secret: Vec<_> = enc.iter().zip(pad).map(|(a, b)| a ^ b).collect();
    let secret: [u8; 32] = secret.try_into().ok()?;
    let whole = enc[32..64] == digest(&[&enc[..32], &secret]) && enc[64..] == [0; RSA - 64];
    whole.then(|| Secret::from(&secret))
}

fn power(base: u64, exponent: u64) -> u64 {
    // Of a product of two numbers below 2^61 both halves are, and the upper one counts as often.
    let times = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        ((product as u64 & PRIME) + (product >> 61) as u64) % PRIME
    };
    let bits = (0..64).rev().map(|bit| exponent >> bit & 1);
    bits.fold(1, |power, bit| {
        let square = times(power, power);
        if bit == 1 { times(square, base % PRIME) } else { square }
    })
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part));
    hash.finalize().into()
}
