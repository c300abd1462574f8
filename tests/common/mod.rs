//! What several test files share.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses some of it")]

pub mod device;
pub mod fake_curve;
pub mod json;
pub mod network;
pub mod node;
pub mod outputs;
pub mod p256;
pub mod pair;
pub mod shared_call;
pub mod stolen;
pub mod views;
pub mod world;
