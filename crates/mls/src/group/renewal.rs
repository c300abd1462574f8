//! When our own leaf gets a new key.

use super::setup::Setup;
use super::timing::{AGAIN, QUIET, RENEW, RENEW_SPREAD};
use crate::Millis;

/// The time of the next renewal.
#[derive(Debug)]
pub(super) struct Renewal {
    due: Millis,
    /// Not before this: somebody else has just committed.
    quiet: Millis,
}

impl Renewal {
    pub(super) fn new(setup: &Setup, now: Millis) -> Self {
        let mut renewal = Self { due: now, quiet: now };
        renewal.done(setup, now);
        renewal
    }

    /// Our leaf has a new key.
    pub(super) fn done(&mut self, setup: &Setup, now: Millis) {
        self.due = now.plus(RENEW - setup.below(RENEW_SPREAD));
    }

    /// The new key was displaced by another commit.
    pub(super) fn lost(&mut self, setup: &Setup, now: Millis) {
        self.due = self.due.min(now.plus(setup.below(AGAIN)));
    }

    /// It is to be renewed now.
    pub(super) fn hurry(&mut self, now: Millis) {
        self.due = self.due.min(now);
    }

    /// Somebody else has committed.
    pub(super) fn heard_commit(&mut self, setup: &Setup, now: Millis) {
        self.quiet = now.plus(QUIET + setup.below(QUIET));
    }

    /// Whether it is time for a new key.
    pub(super) fn is_due(&self, now: Millis) -> bool {
        now >= self.due
    }

    /// When to commit it.
    pub(super) fn due(&self) -> Millis {
        self.due.max(self.quiet)
    }
}
