//! Sets of devices.

/// A set of at most 256 devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Devices([u64; 4]);

impl Devices {
    pub fn put(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    pub const fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    /// The devices of this set that are not in the other.
    pub fn without(&self, other: &Self) -> Self {
        Self(core::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(word, mut bits)| {
            core::iter::from_fn(move || {
                let at = word * 64 + bits.trailing_zeros() as usize;
                (bits != 0).then(|| bits &= bits - 1).map(|()| at)
            })
        })
    }
}

impl FromIterator<usize> for Devices {
    fn from_iter<T: IntoIterator<Item = usize>>(places: T) -> Self {
        let mut devices = Self::default();
        places.into_iter().for_each(|at| devices.put(at));
        devices
    }
}
