//! D. McGrew, J. Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B: the test cases
//! with keys of 256 bits and nonces of 96. NIST's validation suite grew out of them.

use super::{Cipher, for_both};
use alloc::vec::Vec;

for_both!(test_cases_13_to_16);

struct Case {
    key: &'static str,
    nonce: &'static str,
    plaintext: &'static str,
    aad: &'static str,
    ciphertext: &'static str,
    tag: &'static str,
}

fn test_cases_13_to_16<C: Cipher>() {
    for (number, case) in (13..).zip(&CASES) {
        let cipher = C::new_from_slice(&bytes(case.key)).unwrap();
        let nonce = bytes(case.nonce).try_into().unwrap();
        let (plaintext, aad) = (bytes(case.plaintext), bytes(case.aad));
        let mut data = plaintext.clone();
        let tag = cipher.seal(&nonce, &aad, &mut data);
        assert_eq!(data, bytes(case.ciphertext), "case {number}");
        assert_eq!(tag, bytes(case.tag)[..], "case {number}");
        assert!(cipher.open(&nonce, &aad, &mut data, &tag), "case {number}");
        assert_eq!(data, plaintext, "case {number}");
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

const KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";

const CASES: [Case; 4] = [
    Case {
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        plaintext: "",
        aad: "",
        ciphertext: "",
        tag: "530f8afbc74536b9a963b4f1c4cb738b",
    },
    Case {
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        plaintext: "00000000000000000000000000000000",
        aad: "",
        ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
        tag: "d0d1c8a799996bf0265b98b5d48ab919",
    },
    Case {
        key: KEY,
        nonce: "cafebabefacedbaddecaf888",
        plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        aad: "",
        ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                     8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
        tag: "b094dac5d93471bdec1a502270e3cc6c",
    },
    Case {
        key: KEY,
        nonce: "cafebabefacedbaddecaf888",
        plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                     8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        tag: "76fc6ece0f4e1768cddf8853bb2d551b",
    },
];
