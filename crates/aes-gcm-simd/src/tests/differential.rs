//! Every length that could matter, against the `aes-gcm` crate.

use super::{Cipher, Random, for_both};

for_both!(
    every_length_to_1100
    every_length_of_associated_data_to_4096
    long_texts_and_their_carries
    one_flipped_bit_anywhere
);

fn every_length_to_1100<C: Cipher>() {
    let mut random = Random(1);
    for len in 0..=1100 {
        let aad = random.below(80);
        compare::<C>(&mut random, len, aad);
    }
}

fn every_length_of_associated_data_to_4096<C: Cipher>() {
    let mut random = Random(2);
    for aad in 0..=4096 {
        let len = random.below(40);
        compare::<C>(&mut random, len, aad);
    }
}

/// 256 blocks carry out of the last byte of the counter, 65,536 out of the one before.
fn long_texts_and_their_carries<C: Cipher>() {
    let mut random = Random(3);
    for len in [4064, 4080, 4096, 4097, 8192, 65_536, 1 << 20, (1 << 20) + 4321] {
        compare::<C>(&mut random, len, 20);
    }
    for _ in 0..20 {
        let magnitude = 10 + random.below(8);
        let len = random.below(1 << magnitude);
        let aad = random.below(4096);
        compare::<C>(&mut random, len, aad);
    }
}

fn one_flipped_bit_anywhere<C: Cipher>() {
    let mut random = Random(4);
    for round in 0..400 {
        let cipher = C::of(&random.array());
        let (nonce, mut aad) = (random.array(), random.bytes(1 + round % 50));
        let mut data = random.bytes(1 + round % 300);
        let mut tag = cipher.seal(&nonce, &aad, &mut data);
        let bit = 1 << random.below(8);
        match round % 3 {
            0 => data[random.below(1 + round % 300)] ^= bit,
            1 => aad[random.below(1 + round % 50)] ^= bit,
            _ => tag[random.below(16)] ^= bit,
        }
        let before = data.clone();
        assert!(!cipher.open(&nonce, &aad, &mut data, &tag), "round {round}");
        assert_eq!(data, before, "round {round}");
    }
}

/// Seals and opens at an odd place in memory, with the neighbours watched.
fn compare<C: Cipher>(random: &mut Random, len: usize, aad: usize) {
    let key = random.array();
    let (nonce, aad) = (random.array(), random.bytes(aad));
    let plaintext = random.bytes(len);
    let mut expected = plaintext.clone();
    let expected_tag = aes_gcm::Aes256Gcm::of(&key).seal(&nonce, &aad, &mut expected);

    let at = random.below(33);
    let mut memory = alloc::vec![0x5a; at + len + 33];
    let place = at..at + len;
    memory[place.clone()].copy_from_slice(&plaintext);
    let cipher = C::of(&key);
    let tag = cipher.seal(&nonce, &aad, &mut memory[place.clone()]);
    assert_eq!(tag, expected_tag, "tag of {len} bytes and {} of aad", aad.len());
    assert!(memory[place.clone()] == expected, "{len} bytes");
    assert!(cipher.open(&nonce, &aad, &mut memory[place.clone()], &tag), "{len} bytes");
    assert!(memory[place.clone()] == plaintext, "{len} bytes");
    memory.drain(place);
    assert!(memory.iter().all(|byte| *byte == 0x5a), "{len} bytes: written outside");
}
