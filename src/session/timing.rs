//! The times of the key exchange, in milliseconds.

use crate::Millis;
use rand_core::CryptoRng;

/// At least 1 second between two changes of our key for joins and leaves.
pub(super) const COALESCE: u64 = 1_000;
/// If no frame of a member opens for 1 second for lack of the right key, we ask for the key: about
/// two ticks after the first such frame.
pub(super) const MISSING: u64 = 1_000;
/// At least 250 ms between two answers to one member, and between two envelopes made for it.
pub(super) const ANSWER: u64 = 250;
/// Our application has 5 seconds to list the devices that a member says have its key. Then the
/// member is asked again.
pub(super) const NAMED: u64 = 5_000;
/// An incarnation is refused for 30 seconds while another incarnation of its device is kept.
pub(super) const REFUSED: u64 = 30_000;
/// At least 1 second between two notes to a refused incarnation.
pub(super) const NOTE: u64 = 1_000;
/// At most 32 envelopes, and 32 announcements, are given to the host per turn. Media waits
/// meanwhile. For hybrid keys it also waits for the ML-KEM half when a result comes.
pub(super) const MAX_MESSAGES_PER_TURN: usize = 32;

/// First wait before a repetition.
const FIRST: u64 = 800;
/// Longest wait for a member that is known to be present: a healed network is noticed within it.
pub(super) const LONGEST: u64 = 3_000;
/// Longest wait for a member from which nothing has arrived.
pub(super) const ABSENT: u64 = 60_000;

/// Waits that double up to a limit. Each is shortened at random by up to a half, so that members do
/// not send at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    wait: u64,
    longest: u64,
    due: Millis,
}

impl Backoff {
    /// Starts with the first time at `due`. No wait is longer than `longest`.
    pub(super) const fn starting(due: Millis, longest: u64) -> Self {
        Self { wait: FIRST, longest, due }
    }

    /// Starts with the first time after the first wait.
    pub(super) fn after(now: Millis, rng: &mut dyn CryptoRng) -> Self {
        let mut backoff = Self::starting(now, LONGEST);
        backoff.again(now, rng);
        backoff
    }

    /// Starts the next wait now.
    pub(super) fn again(&mut self, now: Millis, rng: &mut dyn CryptoRng) {
        let half = self.wait / 2;
        self.due = now.plus(half + u64::from(rng.next_u32()) % (half + 1));
        self.wait = (self.wait * 2).min(self.longest);
    }

    /// Limits all waits to `longest` from now on, also the current one.
    pub(super) fn shorten(&mut self, now: Millis, longest: u64) {
        self.longest = longest;
        self.wait = self.wait.min(longest);
        self.due = self.due.min(now.plus(longest));
    }

    /// Lets waits grow to `longest` from now on.
    pub(super) const fn lengthen(&mut self, longest: u64) {
        self.longest = longest;
    }

    /// The next time.
    pub(super) const fn due(&self) -> Millis {
        self.due
    }
}
