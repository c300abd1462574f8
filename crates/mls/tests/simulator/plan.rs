//! The settings that a seed draws before its call begins.

use crate::common::world::{Network, Setting};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sealframe_mls::Suite;

/// A call before it begins.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The number of devices, members or not.
    pub devices: usize,
    pub setting: Setting,
    pub network: Network,
    /// Whether the server replays, bends and misdelivers messages.
    pub malicious: bool,
    pub steps: u64,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed ^ 0x6d6c_7321);
        let mut below = |end: u64| rng.next_u64() % end;
        // Of 2,000 seeds one has 200 devices, and 20 have 12 to 40.
        let devices = match seed % 2_000 {
            1_999 => 200,
            n if n % 100 == 99 => 12 + below(29),
            _ => 2 + below(6),
        };
        let suite = match below(12) {
            0 => Suite::Hybrid,
            1 => Suite::Interop,
            _ => Suite::Classic,
        };
        let is_ordered = below(6) == 0;
        let calm = below(4) == 0 || is_ordered;
        let stormy = Network { delay: (1, 40 + below(900)), loss: below(35), doubled: below(30) };
        Self {
            devices: devices as usize,
            setting: Setting { suite, is_ordered, has_passphrase: below(4) == 0 },
            network: if calm { Network::GOOD } else { stormy },
            malicious: below(2) == 0 && !is_ordered,
            steps: if devices > 40 { 3 } else { 14 },
        }
    }
}
