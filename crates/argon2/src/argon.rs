//! Argon2id (RFC 9106) on memory that is wiped afterwards.

use crate::Error;
use alloc::boxed::Box;
use alloc::vec::Vec;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use core::ops::RangeInclusive;
use zeroize::Zeroizing;

/// The cost of one guess: memory in KiB, and passes over it. There is one lane: a worker has one
/// thread, and more lanes would not slow an attacker down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    memory: u32,
    passes: u32,
}

/// From the least that OWASP's cheat sheet recommends to the most that a phone's browser allows.
const MEMORY: RangeInclusive<u32> = 19 << 10..=256 << 10;
const PASSES: RangeInclusive<u32> = 2..=8;

impl Cost {
    /// 64 MiB, 3 passes: the second recommended option of RFC 9106 §4, but with one lane.
    pub const DEFAULT: Self = Self { memory: 64 << 10, passes: 3 };

    /// The least accepted cost: 19 MiB, 2 passes.
    pub const LEAST: Self = Self { memory: *MEMORY.start(), passes: *PASSES.start() };

    /// The cost of `memory` KiB and `passes` passes.
    ///
    /// # Errors
    /// [`Error::BadArgument`] outside 19 to 256 MiB and 2 to 8 passes: less would protect nobody,
    /// and more would let a hostile file exhaust the device.
    pub fn new(memory: u32, passes: u32) -> Result<Self, Error> {
        let sane = MEMORY.contains(&memory) && PASSES.contains(&passes);
        if sane { Ok(Self { memory, passes }) } else { Err(Error::BadArgument) }
    }

    /// Memory in KiB.
    pub const fn memory(self) -> u32 {
        self.memory
    }

    /// Passes over the memory.
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// The work, which is proportional to the time.
    fn work(self) -> f64 {
        f64::from(self.memory) * f64::from(self.passes)
    }
}

/// The work of [`probe`]: too large for every cache, and small beside [`Cost::DEFAULT`].
const PROBE: Cost = Cost { memory: 16 << 10, passes: 1 };

/// Does one unit of work so that the caller can time it. Returns the number of units in `cost`.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn probe(cost: Cost) -> Result<f64, Error> {
    derive::<32>("probe", &[0; 16], PROBE)?;
    Ok(cost.work() / PROBE.work())
}

/// Derives `N` secret bytes from a secret that a person knows.
///
/// # Errors
/// [`Error::OutOfMemory`]; [`Error::BadArgument`] for a secret of 4 GiB or a salt under 8 bytes.
pub(crate) fn derive<const N: usize>(
    secret: &str,
    salt: &[u8],
    cost: Cost,
) -> Result<Box<Zeroizing<[u8; N]>>, Error> {
    let params = Params::new(cost.memory, cost.passes, 1, Some(N)).map_err(refused)?;
    let mut memory = allocate(params.block_count())?;
    // Boxed, so that moving it moves a pointer and leaves no copy behind.
    let mut out = Box::new(Zeroizing::new([0; N]));
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(secret.as_bytes(), salt, out.as_mut_slice(), &mut *memory)
        .map_err(refused)?;
    Ok(out)
}

/// The crate's own allocation would not be wiped, and a plain one would abort without memory.
fn allocate(blocks: usize) -> Result<Zeroizing<Vec<Block>>, Error> {
    let mut memory = Zeroizing::new(Vec::new());
    memory.try_reserve_exact(blocks).map_err(|_| Error::OutOfMemory)?;
    memory.resize(blocks, Block::new());
    Ok(memory)
}

fn refused(_: argon2::Error) -> Error {
    Error::BadArgument
}
