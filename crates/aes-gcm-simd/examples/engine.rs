//! A wasm module with nothing but the cipher in it, for the tests and benches of this crate.
//!
//! ```text
//! RUSTFLAGS="-C target-feature=+simd128" cargo build --release -p aes-gcm-simd --example engine \
//!     --target wasm32-unknown-unknown
//! ```
//! Without the flag the same exports drive the `aes-gcm` crate: the other side of each comparison.
//!
//! The caller owns the memory from `memory_base()` on, grows it as it likes, and passes offsets.

use aead::array::Array;
use aead::{AeadInOut, KeyInit};
use aes_gcm_simd::Aes256Gcm;
use core::slice::{from_raw_parts, from_raw_parts_mut};

/// A cipher with the 32 bytes at `key`; to be given back to [`drop_cipher`].
///
/// # Safety
/// `key` points to 32 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn new_cipher(key: *const [u8; 32]) -> *mut Aes256Gcm {
    // SAFETY: as the caller promises.
    let key: &Array<u8, _> = unsafe { &*key }.into();
    Box::into_raw(Box::new(Aes256Gcm::new(key)))
}

/// Wipes and frees a cipher.
///
/// # Safety
/// `cipher` came from [`new_cipher`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn drop_cipher(cipher: *mut Aes256Gcm) {
    // SAFETY: as the caller promises.
    drop(unsafe { Box::from_raw(cipher) });
}

/// Room for `len` bytes, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(len: usize) -> *mut u8 {
    Vec::leak(vec![0; len]).as_mut_ptr()
}

/// Seals `len` bytes in place; the tag follows them.
///
/// # Safety
/// `cipher` is alive, and the pointers name as many bytes as their lengths say: 12 of `nonce`, and
/// `len + 16` of `data`, which overlaps nothing else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seal(
    cipher: &Aes256Gcm,
    nonce: *const [u8; 12],
    aad: *const u8,
    aad_len: usize,
    data: *mut u8,
    len: usize,
) -> u32 {
    // SAFETY: as the caller promises.
    let (nonce, aad, all) =
        unsafe { (&*nonce, from_raw_parts(aad, aad_len), from_raw_parts_mut(data, len + 16)) };
    let (data, tag) = all.split_at_mut(len);
    match cipher.encrypt_inout_detached(&Array(*nonce), aad, data.into()) {
        Ok(right) => tag.copy_from_slice(&right),
        Err(_) => return 1,
    }
    0
}

/// Opens `len` bytes in place, the tag behind them; 1 if it is wrong.
///
/// # Safety
/// As for [`seal`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(
    cipher: &Aes256Gcm,
    nonce: *const [u8; 12],
    aad: *const u8,
    aad_len: usize,
    data: *mut u8,
    len: usize,
) -> u32 {
    // SAFETY: as the caller promises.
    let (nonce, aad, all) =
        unsafe { (&*nonce, from_raw_parts(aad, aad_len), from_raw_parts_mut(data, len + 16)) };
    let (data, tag) = all.split_at_mut(len);
    let Ok(tag) = Array::try_from(&*tag) else { return 2 };
    u32::from(cipher.decrypt_inout_detached(&Array(*nonce), aad, data.into(), &tag).is_err())
}
