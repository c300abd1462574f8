//! A fake P-256 and a fake RSA that cost next to nothing. Both sides of an exchange derive the same
//! secret. Another key or a changed value gives another secret. A signature belongs to one key and
//! one message. Anybody with the public key could forge; the attackers in these tests do not.

use sealframe::envelope::kem::Point;
use sealframe::envelope::{RSA_LEN, SIGNATURE_LEN, Secret};
use sha2::{Digest, Sha256};

/// The prime of a small Diffie-Hellman group.
const PRIME: u64 = (1 << 61) - 1;
/// Takes the place of y. A value without it is not a point.
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

pub fn sign(public: &[u8], bytes: &[u8]) -> [u8; SIGNATURE_LEN] {
    let half = digest(&[public, bytes]);
    let both = [half, digest(&[&half])].concat();
    both.try_into().expect("64 bytes")
}

/// A value that looks like a modulus.
pub fn modulus(number: u64) -> [u8; RSA_LEN] {
    let mut modulus = [0xff; RSA_LEN];
    modulus[..8].copy_from_slice(&(number | 1 << 63).to_be_bytes());
    modulus
}

/// The secret masked with a one-time pad of the modulus, and its hash.
pub fn encrypt(modulus: &[u8], secret: &[u8; 32]) -> Vec<u8> {
    let mut enc = vec![0; RSA_LEN];
    let pad = digest(&[modulus]);
    let masked = secret.iter().zip(pad).map(|(a, b)| a ^ b);
    enc.iter_mut().zip(masked).for_each(|(byte, masked)| *byte = masked);
    let check = digest(&[&enc[..32], secret]);
    enc[32..64].copy_from_slice(&check);
    enc
}

/// `None` for a changed ciphertext, as OAEP would refuse it.
pub fn decrypt(modulus: &[u8], enc: &[u8]) -> Option<Secret> {
    let pad = digest(&[modulus]);
    let secret: Vec<_> = enc.iter().zip(pad).map(|(a, b)| a ^ b).collect();
    let secret: [u8; 32] = secret.try_into().ok()?;
    let whole = enc[32..64] == digest(&[&enc[..32], &secret]) && enc[64..] == [0; RSA_LEN - 64];
    whole.then(|| Secret::from(&secret))
}

fn power(base: u64, exponent: u64) -> u64 {
    // The product of two numbers below 2^61 has two halves below 2^61. Modulo the prime the upper
    // half counts as much as the lower one.
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
