//! Mutations for the replay without libFuzzer: the same number makes the same mutations.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// Makes variants of inputs.
#[derive(Debug)]
pub struct Mutator(ChaCha20Rng);

impl Mutator {
    /// The same number makes the same variants.
    pub fn new(number: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(number))
    }

    /// One of the inputs with one to four changes.
    pub fn variant(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, inputs);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, inputs: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let end = (at + 1 + self.below(8)).min(bytes.len()).max(at);
        match self.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 3, 0x7f, 0x80, 0xff][self.below(6)],
            2 => bytes.truncate(at),
            3 => drop(bytes.splice(at..end, [])),
            4 => {
                let more: Vec<u8> = (0..self.below(8)).map(|_| self.below(256) as u8).collect();
                bytes.splice(at..at, more);
            }
            _ => {
                let other = &inputs[self.below(inputs.len())];
                let from = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }

    fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }
}
