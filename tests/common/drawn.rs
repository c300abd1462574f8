//! Random numbers from vectors.
#![allow(unreachable_pub, reason = "a test file includes it as a module")]

use rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;

/// Returns these bytes, and panics when they are used up.
pub struct Drawn(pub Vec<u8>);

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
