//! When things are done, all in milliseconds.

use crate::Millis;
use rand_core::CryptoRng;

/// Bounds the wait of a new random key: it is sealed with when all members have it, or after this.
pub(super) const SWITCH: u64 = 2_000;
/// Shortest time between two changes of our key for joins and leaves.
pub(super) const COALESCE: u64 = 1_000;
/// How long nothing of a member can be opened, for want of the right key, before that is asked for:
/// some two ticks after the first such frame.
pub(super) const MISSING: u64 = 1_000;
/// Shortest time between two answers to one member, and between two envelopes made for it.
pub(super) const ANSWER: u64 = 250;
/// How long an incarnation is refused while another of its device is kept.
pub(super) const REFUSED: u64 = 30_000;
/// Shortest time between two notes to a refused incarnation.
pub(super) const NOTE: u64 = 1_000;
/// For how many envelopes, and how many announcements, the outside is asked in one turn. Media
/// waits meanwhile; where a key is hybrid, also when an answer comes, for the ML-KEM half.
pub(super) const MESSAGES_A_TURN: usize = 32;

/// First wait of a retransmission.
const FIRST: u64 = 800;
/// Longest wait where the other side is known to be there: a healed network is noticed within it.
pub(super) const LONGEST: u64 = 3_000;
/// Longest wait for a member that was never heard.
pub(super) const ABSENT: u64 = 60_000;

/// Waits that double up to a limit, each shortened at random by up to a half so that members do
/// not speak in unison.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    wait: u64,
    longest: u64,
    due: Millis,
}

impl Backoff {
    /// The first time is at `due`; no wait is longer than `longest`.
    pub(super) const fn starting(due: Millis, longest: u64) -> Self {
        Self { wait: FIRST, longest, due }
    }

    /// The first time is after the first wait.
    pub(super) fn after(now: Millis, rng: &mut dyn CryptoRng) -> Self {
        let mut backoff = Self::starting(now, LONGEST);
        backoff.again(now, rng);
        backoff
    }

    /// Waits once more from now on.
    pub(super) fn again(&mut self, now: Millis, rng: &mut dyn CryptoRng) {
        let half = self.wait / 2;
        self.due = now.plus(half + u64::from(rng.next_u32()) % (half + 1));
        self.wait = (self.wait * 2).min(self.longest);
    }

    /// No wait is longer than `longest` from now on, the present one included.
    pub(super) fn shorten(&mut self, now: Millis, longest: u64) {
        self.longest = longest;
        self.wait = self.wait.min(longest);
        self.due = self.due.min(now.plus(longest));
    }

    /// When the next time is.
    pub(super) const fn due(&self) -> Millis {
        self.due
    }
}
