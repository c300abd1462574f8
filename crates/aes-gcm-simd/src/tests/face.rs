//! Promises of the traits beyond sealing and opening in place.

use super::{Cipher, Random, for_both};
use aead::array::Array;
use aead::inout::InOutBuf;
use alloc::format;
use core::fmt::Debug;

for_both!(
    two_buffers_are_as_good_as_one
    nothing_is_written_for_a_wrong_tag
    debug_says_nothing
    a_clone_is_the_same_key
    keys_are_32_bytes
);

fn two_buffers_are_as_good_as_one<C: Cipher>() {
    let mut random = Random(5);
    let (cipher, nonce) = (C::of(&random.array()), Array(random.array()));
    for len in [0, 1, 15, 16, 95, 96, 97, 128, 129, 225, 1000] {
        let plaintext = random.bytes(len);
        let mut sealed = random.bytes(len);
        let buffer = InOutBuf::new(&plaintext, &mut sealed).unwrap();
        let tag = cipher.encrypt_inout_detached(&nonce, b"aad", buffer).unwrap();
        let mut expected = plaintext.clone();
        assert_eq!(cipher.seal(&nonce.0, b"aad", &mut expected), tag.0);
        assert_eq!(sealed, expected);
        let mut opened = random.bytes(len);
        let buffer = InOutBuf::new(&sealed, &mut opened).unwrap();
        cipher.decrypt_inout_detached(&nonce, b"aad", buffer, &tag).unwrap();
        assert_eq!(opened, plaintext);
    }
}

fn nothing_is_written_for_a_wrong_tag<C: Cipher>() {
    let mut random = Random(6);
    let (cipher, nonce) = (C::of(&random.array()), Array(random.array()));
    for len in [0, 1, 96, 97, 300] {
        let (input, output) = (random.bytes(len), random.bytes(len));
        let mut out = output.clone();
        let buffer = InOutBuf::new(&input, &mut out).unwrap();
        let tag = Array(random.array());
        assert!(cipher.decrypt_inout_detached(&nonce, b"", buffer, &tag).is_err());
        assert_eq!(out, output);
    }
}

fn debug_says_nothing<C: Cipher + Debug>() {
    assert_eq!(format!("{:?}", C::of(&[0x41; 32])), "Aes256Gcm { .. }");
}

fn a_clone_is_the_same_key<C: Cipher + Clone>() {
    let cipher = C::of(&[7; 32]);
    let clone = cipher.clone();
    let (mut a, mut b) = ([1; 333], [1; 333]);
    let tag = cipher.seal(&[3; 12], b"aad", &mut a);
    drop(cipher);
    assert_eq!(clone.seal(&[3; 12], b"aad", &mut b), tag);
    assert_eq!(a, b);
}

fn keys_are_32_bytes<C: Cipher>() {
    for len in [0, 16, 24, 31, 33] {
        assert!(C::new_from_slice(&[0; 33][..len]).is_err());
    }
}
