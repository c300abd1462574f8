//! Project Wycheproof, `aes_gcm_test.json`: its groups of the sizes of this crate.

extern crate std;

use super::{Cipher, for_both};
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

for_both!(all_of_the_sizes_of_this_crate);

const FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/wycheproof/aes_gcm_test.json");

fn all_of_the_sizes_of_this_crate<C: Cipher>() {
    let text: String = std::fs::read_to_string(FILE).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let groups = file["testGroups"].as_array().unwrap().iter();
    let ours = |group: &&Value| {
        group["keySize"] == 256 && group["ivSize"] == 96 && group["tagSize"] == 128
    };
    let tests: Vec<&Value> =
        groups.filter(ours).flat_map(|group| group["tests"].as_array().unwrap()).collect();
    assert_eq!(tests.len(), 66);
    tests.into_iter().for_each(check::<C>);
}

fn check<C: Cipher>(test: &Value) {
    let field = |name: &str| hex::decode(test[name].as_str().unwrap()).unwrap();
    let id = &test["tcId"];
    let cipher = C::new_from_slice(&field("key")).unwrap();
    let nonce = field("iv").try_into().unwrap();
    let (message, aad, ciphertext) = (field("msg"), field("aad"), field("ct"));
    let tag = field("tag").try_into().unwrap();
    let mut data = ciphertext.clone();
    match test["result"].as_str() {
        Some("valid") => {
            assert!(cipher.open(&nonce, &aad, &mut data, &tag), "test {id}");
            assert_eq!(data, message, "test {id}");
            assert_eq!(cipher.seal(&nonce, &aad, &mut data), tag, "test {id}");
            assert_eq!(data, ciphertext, "test {id}");
        }
        Some("invalid") => {
            assert!(!cipher.open(&nonce, &aad, &mut data, &tag), "test {id}");
            assert_eq!(data, ciphertext, "test {id}");
        }
        other => panic!("test {id}: {other:?}"),
    }
}
