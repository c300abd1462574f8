//! Sealing and opening: padding, lengths, counters and the verdict.

use super::Theorem;
use crate::engine::gcm::Engine;
use crate::engine::vector::{Byte, with_verdict};
use crate::goal::{Goal, Method};
use crate::graph::{Bit, inputs};
use crate::simulate::random;
use crate::spec::fips197::{Word, key_expansion};
use crate::spec::sp800_38d::{encrypt_or_decrypt, tag};
use crate::spec::{Octet, octet, xor};
use crate::{graph, linear};
use std::array::from_fn;

pub(super) const LENGTHS: Theorem = Theorem {
    name: "sealing",
    claim: "sealing is SP 800-38D §7.1 for each text and metadata of 0 to 273 bytes, one key",
    is_quick: false,
    goals: goals_of_lengths,
};

pub(super) const VERDICT: Theorem = Theorem {
    name: "opening",
    claim: "opening is SP 800-38D §7.2; if the tag is wrong, nothing is written; one key",
    is_quick: true,
    goals: goals_of_verdict,
};

/// Bytes: the first batch, one more, and up to 49 bytes that are left, so that every path is taken.
const LONGEST: usize = 273;

/// Any text and any metadata, under one random key and a random nonce for each length. GHASH is a
/// sum of inputs then, since H is known.
fn goals_of_lengths() -> Vec<Goal> {
    let key = Key::random();
    let texts = (0..=LONGEST).map(|len| (len, (7 * len + 12) % 50));
    let metadata = (0..=LONGEST).map(|len| ((11 * len + 90) % 140, len));
    texts.chain(metadata).map(|(text, aad)| goal_of_sealing(&key, text, aad)).collect()
}

fn goal_of_sealing(key: &Key, text: usize, aad: usize) -> Goal {
    let message = Message::any(text, aad);
    let mut sealed = message.text.clone();
    let tag_found = key.engine.seal(&message.nonce, &message.aad, &mut sealed);
    let nonce = message.nonce.map(Byte::bits);
    let ciphertext = encrypt_or_decrypt(&key.words, nonce, &octets(&message.text));
    let tag_expected = tag(&key.words, nonce, &octets(&message.aad), &ciphertext);
    let name = format!("{text} bytes, {aad} of metadata");
    let left = [octets(&sealed), octets(&tag_found)].concat();
    let right = [&ciphertext[..], &tag_expected].concat();
    Goal::new(name, Method::Affine, left.as_flattened(), right.as_flattened())
}

fn goals_of_verdict() -> Vec<Goal> {
    let key = Key::random();
    let lengths = [(0, 0), (1, 12), (16, 0), (97, 5), (130, 16), (161, 3), (273, 48)];
    lengths.into_iter().flat_map(|(text, aad)| goals_of_opening(&key, text, aad)).collect()
}

/// Both answers: the tag may have any value.
fn goals_of_opening(key: &Key, text: usize, aad: usize) -> Vec<Goal> {
    let message = Message::any(text, aad);
    let claimed: [Byte; 16] = from_fn(|_| Byte::from_bits(inputs()));
    let nonce = message.nonce.map(Byte::bits);
    let ciphertext = octets(&message.text);
    let expected = tag(&key.words, nonce, &octets(&message.aad), &ciphertext);
    let difference: [Octet; 16] = from_fn(|i| xor(expected[i], claimed[i].bits()));
    let plaintext = encrypt_or_decrypt(&key.words, nonce, &ciphertext);
    let name = format!("{text} bytes, {aad} of metadata");
    let goal = |what: &str, left: &[Bit], right: &[Bit]| {
        Goal::new(format!("{name}: {what}"), Method::Affine, left, right)
    };
    let mut goals = vec![];
    for (answer, output) in [(true, &plaintext), (false, &ciphertext)] {
        let mut data = message.text.clone();
        let open =
            || key.engine.open(&message.nonce, &message.aad, data[..].as_mut().into(), &claimed);
        let (result, verdicts) = with_verdict(answer, open);
        let asked: Vec<Bit> = verdicts.iter().flat_map(|verdict| verdict.asked).collect();
        let results = [Bit::constant(result.is_ok())];
        goals.push(goal("question", &asked, difference.as_flattened()));
        goals.push(goal("result", &results, &[Bit::constant(answer)]));
        goals.push(goal("output", octets(&data).as_flattened(), output.as_flattened()));
    }
    goals
}

/// A key of constants, as the engine and as the standard expand it.
struct Key {
    engine: Engine,
    words: [Word; 60],
}

impl Key {
    fn random() -> Self {
        let mut state = 38;
        let key: [u8; 32] = from_fn(|_| random(&mut state) as u8);
        let mut engine = Engine::ZERO;
        engine.set(&key.map(Byte::from));
        Self { engine, words: key_expansion(key.map(octet)) }
    }
}

/// A random nonce; text and metadata of inputs.
struct Message {
    nonce: [Byte; 12],
    aad: Vec<Byte>,
    text: Vec<Byte>,
}

impl Message {
    /// In an empty graph, since constants need no nodes.
    fn any(text: usize, aad: usize) -> Self {
        graph::clear();
        linear::clear();
        let mut state = (1000 * text + aad) as u64;
        let bytes = |len: usize| (0..len).map(|_| Byte::from_bits(inputs())).collect();
        let nonce = from_fn(|_| Byte::from(random(&mut state) as u8));
        Self { nonce, aad: bytes(aad), text: bytes(text) }
    }
}

fn octets(bytes: &[Byte]) -> Vec<Octet> {
    bytes.iter().map(|byte| byte.bits()).collect()
}
