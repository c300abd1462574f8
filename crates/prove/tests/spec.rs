//! The specifications, on the examples of the standards. On constants all formulas are constants.

use prove::spec::fips197::{State, cipher, key_expansion};
use prove::spec::sp800_38d::{encrypt_or_decrypt, tag};
use prove::spec::{Octet, octet, value};

/// FIPS 197 appendix C.3.
#[test]
fn cipher_encrypts_the_example_of_fips_197() {
    let words = key_expansion(std::array::from_fn(|i| octet(i as u8)));
    let block: State = std::array::from_fn(|i| octet(0x11 * i as u8));
    assert_eq!(text(&cipher(block, &words)), "8ea2b7ca516745bfeafc49904b496089");
}

/// FIPS 197 appendix A.3.
#[test]
fn key_expansion_makes_the_words_of_fips_197() {
    let key = octets("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let words = key_expansion(key.try_into().unwrap());
    assert_eq!(text(words[8..12].as_flattened()), "9ba354118e6925afa51a8b5f2067fcde");
    assert_eq!(text(words[56..].as_flattened()), "fe4890d1e6188d0b046df344706c631e");
}

/// D. McGrew, J. Viega, "The Galois/Counter Mode of Operation (GCM)", test case 16.
#[test]
fn gcm_seals_the_example_of_its_authors() {
    let key = octets("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    let words = key_expansion(key.try_into().unwrap());
    let nonce = octets("cafebabefacedbaddecaf888").try_into().unwrap();
    let aad = octets("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let plaintext = octets(concat!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    ));
    let ciphertext = encrypt_or_decrypt(&words, nonce, &plaintext);
    assert_eq!(
        text(&ciphertext),
        concat!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        )
    );
    assert_eq!(text(&tag(&words, nonce, &aad, &ciphertext)), "76fc6ece0f4e1768cddf8853bb2d551b");
}

fn octets(text: &str) -> Vec<Octet> {
    hex::decode(text).unwrap().into_iter().map(octet).collect()
}

fn text(octets: &[Octet]) -> String {
    hex::encode(octets.iter().map(|octet| value(*octet).unwrap()).collect::<Vec<_>>())
}
