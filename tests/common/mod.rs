//! What several test files share.
#![allow(dead_code, missing_docs)]

pub mod device;
pub mod json;
pub mod network;
pub mod node;
pub mod p256;
pub mod pair;
pub mod pretend;
pub mod shared_call;
pub mod views;
pub mod world;
