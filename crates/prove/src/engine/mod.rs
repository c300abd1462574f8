//! The cipher engine over a vector whose bits are formulas: each file below is the shipped one.
//!
//! A [`vector::Byte`] and its larger relatives have no value, no comparison and no conversion. Code
//! that branches on a secret, or reads memory at an address that depends on one, does not compile:
//!
//! ```compile_fail,E0308
//! fn branch(secret: prove::Byte) -> u8 {
//!     if secret { 1 } else { 2 }
//! }
//! ```
//! ```compile_fail,E0369
//! fn compare(secret: prove::Byte) -> bool {
//!     secret == prove::Byte::default()
//! }
//! ```
//! ```compile_fail,E0277
//! fn index(table: &[u8; 256], secret: prove::Byte) -> u8 {
//!     table[secret]
//! }
//! ```
//! ```compile_fail,E0605
//! fn cast(secret: prove::Byte) -> usize {
//!     secret as usize
//! }
//! ```
//! The one question that has an answer is [`vector::V::is_zero`], the verdict on a tag.

// Theorems call most of the engine, not all of it.
#![allow(dead_code)]

#[path = "../../../aes-gcm-simd/src/engine/ctr.rs"]
mod ctr;
#[path = "../../../aes-gcm-simd/src/engine/gcm.rs"]
mod gcm;
#[path = "../../../aes-gcm-simd/src/engine/ghash.rs"]
mod ghash;
#[path = "../../../aes-gcm-simd/src/engine/layout.rs"]
mod layout;
#[path = "../../../aes-gcm-simd/src/engine/rounds.rs"]
mod rounds;
#[path = "../../../aes-gcm-simd/src/engine/sbox.rs"]
mod sbox;
#[path = "../../../aes-gcm-simd/src/engine/schedule.rs"]
mod schedule;
pub mod theorems;
pub(crate) mod vector;
#[path = "../../../aes-gcm-simd/src/engine/vperm.rs"]
mod vperm;
