//! The numbers of a device's keys, RFC 9605 §5.1.

use crate::sframe::Kid;

/// `generation << 4 | step`. A generation is one random key, a step is one turn of its ratchet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKid {
    generation: u16,
    step: u8,
}

impl DeviceKid {
    /// Number of bits of the step, the `R` of RFC 9605 §5.1.
    const STEP_BITS: u32 = 4;
    /// The last step of a generation. A new random key follows it; the step never wraps around.
    pub const LAST_STEP: u8 = (1 << Self::STEP_BITS) - 1;
    const GENERATIONS: u16 = 1 << 12;

    /// Step 0 of a generation: the low 12 bits of `random`.
    pub const fn first(random: u16) -> Self {
        Self { generation: random % Self::GENERATIONS, step: 0 }
    }

    /// Reads a KID. `None` if it is not the KID of a device.
    pub fn parse(kid: Kid) -> Option<Self> {
        let generation = u16::try_from(kid.0 >> Self::STEP_BITS).ok()?;
        let step = (kid.0 & u64::from(Self::LAST_STEP)) as u8;
        (generation < Self::GENERATIONS).then_some(Self { generation, step })
    }

    /// The number of the random key, 12 bits.
    pub const fn generation(self) -> u16 {
        self.generation
    }

    /// The KID on the wire.
    pub fn kid(self) -> Kid {
        Kid(u64::from(self.generation) << Self::STEP_BITS | u64::from(self.step))
    }

    /// The next step of the ratchet; `None` at the generation's end.
    pub fn next_step(self) -> Option<Self> {
        (self.step < Self::LAST_STEP).then_some(Self { step: self.step + 1, ..self })
    }

    /// Step 0 of the generation after this one.
    pub const fn next_generation(self) -> Self {
        Self::first(self.generation + 1)
    }

    /// Whether `kid` belongs to the same random key.
    pub fn same_generation(self, kid: Kid) -> bool {
        Self::parse(kid).is_some_and(|other| other.generation == self.generation)
    }

    /// The number of ratchet steps from `earlier` to this key; `None` if no steps lead there.
    pub fn steps_after(self, earlier: Self) -> Option<u8> {
        let same = self.generation == earlier.generation;
        if same { self.step.checked_sub(earlier.step) } else { None }
    }
}
