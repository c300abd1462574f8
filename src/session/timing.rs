//! When things are done, all in milliseconds.

use crate::Millis;
use rand_core::CryptoRng;

/// A new random key is sealed with when all members have it, or after this.
pub(super) const SWITCH: u64 = 2_000;
/// Joins and leaves change our key at most this often.
pub(super) const COALESCE: u64 = 1_000;
/// How long a new member's key is waited for before it is asked for.
pub(super) const FIRST_REQUEST: u64 = 300;
/// How long nothing of a member can be opened, for want of the right key, before that is asked for:
/// some two ticks after the first such frame.
pub(super) const MISSING: u64 = 1_000;
/// A member's request is answered at most this often.
pub(super) const ANSWER: u64 = 250;
/// For how many envelopes the outside is asked in one turn. Media waits meanwhile; where a key is
/// hybrid, also when an answer comes, for the ML-KEM half.
pub(super) const ENVELOPES_A_TURN: usize = 32;

/// First wait of a retransmission.
const FIRST: u64 = 800;
/// Longest wait: a healed network is noticed within it.
const LONGEST: u64 = 3_000;

/// Waits that double up to a limit, each shortened by chance by up to a half so that members do
/// not speak in unison.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    wait: u64,
    due: Millis,
}

impl Backoff {
    /// The first time is at `due`.
    pub(super) const fn starting(due: Millis) -> Self {
        Self { wait: FIRST, due }
    }

    /// The first time is after the first wait.
    pub(super) fn after(now: Millis, rng: &mut dyn CryptoRng) -> Self {
        let mut backoff = Self::starting(now);
        backoff.again(now, rng);
        backoff
    }

    /// Waits once more from now on.
    pub(super) fn again(&mut self, now: Millis, rng: &mut dyn CryptoRng) {
        let half = self.wait / 2;
        self.due = now.plus(half + u64::from(rng.next_u32()) % (half + 1));
        self.wait = (self.wait * 2).min(LONGEST);
    }

    /// When the next time is.
    pub(super) const fn due(&self) -> Millis {
        self.due
    }
}
