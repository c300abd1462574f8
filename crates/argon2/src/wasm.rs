//! The WebAssembly interface: the only file here that names `wasm_bindgen`.
//!
//! An error is thrown as its code. Secrets that pass through remain in freed memory: the caller
//! wipes the whole memory and drops the instance.
#![allow(unnameable_types, unreachable_pub, reason = "JavaScript calls them")]

use crate::recovery::{self, Container, Salt};
use crate::{Cost, Error, passphrase, probe};
use alloc::vec::Vec;
use wasm_bindgen::prelude::*;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Does one unit of work so that the caller can time it. Returns the number of units that `open()`
/// of this container needs, or without a container `seal()` or `call_key()`.
#[wasm_bindgen]
pub fn measure(container: Option<Vec<u8>>) -> Result<f64, JsValue> {
    let cost = match &container {
        Some(bytes) => Container::parse(bytes).map_err(throw)?.cost(),
        None => Cost::DEFAULT,
    };
    probe(cost).map_err(throw)
}

/// Seals `payload` into a container. `salt` is 16 random bytes, new each time.
#[wasm_bindgen]
pub fn seal(password: &str, payload: &[u8], salt: &[u8]) -> Result<Vec<u8>, JsValue> {
    let salt = Salt::try_from(salt).map_err(|_| throw(Error::BadArgument))?;
    recovery::seal(password, payload, Cost::DEFAULT, salt).map_err(throw)
}

/// Opens a container and returns its payload.
#[wasm_bindgen]
pub fn open(password: &str, container: &[u8]) -> Result<Vec<u8>, JsValue> {
    recovery::open(password, container).map(|payload| payload.to_vec()).map_err(throw)
}

/// Derives the secret that all members of a passphrase call share, 32 bytes.
#[wasm_bindgen]
pub fn call_key(phrase: &str, call_id: &str) -> Result<Vec<u8>, JsValue> {
    passphrase::call_key(phrase, call_id).map(|key| key.to_vec()).map_err(throw)
}

fn throw(error: Error) -> JsValue {
    JsValue::from_str(error.code())
}
