//! Randomness is an argument: the outside says where it comes from.

use std::fmt;
use std::sync::Arc;

/// A source of random bytes for keys. Clones share it.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// `fill` overwrites all bytes of its argument with ones that nobody can guess.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// Overwrites `out`.
    pub fn fill(&self, out: &mut [u8]) {
        (self.0)(out);
    }

    /// `N` bytes.
    pub fn array<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Random").finish_non_exhaustive()
    }
}
