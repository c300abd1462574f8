//! The WebAssembly face: the only file here that names `wasm_bindgen`.
//!
//! What is refused is thrown as its code. Secrets that pass lie in freed memory afterwards: whoever
//! calls wipes the whole of it and lets the instance go.

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

/// Does the work of one unit, to be timed, and returns how many units `open()` of this container,
/// or without one `seal()` or `call_key()`, will take.
#[wasm_bindgen]
pub fn measure(container: Option<Vec<u8>>) -> Result<f64, JsValue> {
    let cost = match &container {
        Some(bytes) => Container::parse(bytes).map_err(throw)?.cost(),
        None => Cost::DEFAULT,
    };
    probe(cost).map_err(throw)
}

/// A container of `payload`; `salt` is 16 random bytes, new each time.
#[wasm_bindgen]
pub fn seal(password: &str, payload: &[u8], salt: &[u8]) -> Result<Vec<u8>, JsValue> {
    let salt = Salt::try_from(salt).map_err(|_| throw(Error::BadArgument))?;
    recovery::seal(password, payload, Cost::DEFAULT, salt).map_err(throw)
}

/// The payload of a container.
#[wasm_bindgen]
pub fn open(password: &str, container: &[u8]) -> Result<Vec<u8>, JsValue> {
    recovery::open(password, container).map(|payload| payload.to_vec()).map_err(throw)
}

/// What all members of a passphrase call share, 32 bytes.
#[wasm_bindgen]
pub fn call_key(phrase: &str, call_id: &str) -> Result<Vec<u8>, JsValue> {
    passphrase::call_key(phrase, call_id).map(|key| key.to_vec()).map_err(throw)
}

fn throw(error: Error) -> JsValue {
    JsValue::from_str(error.code())
}
