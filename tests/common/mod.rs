//! What several test files share.
#![allow(dead_code, missing_docs)]

pub mod device;
pub mod ledger;
pub mod pair;
pub mod world;
