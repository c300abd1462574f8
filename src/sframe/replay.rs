//! The replay window: the counters of one (key, track) that were opened.
//!
//! It is the sliding bitmap of RFC 6479: a ring of words. One word is always clear, so moving the
//! window forward never shifts bits.

use crate::Error;

const WORDS: u64 = 32;

/// Remembers the last 1984 counters.
#[derive(Clone, Debug, Default)]
pub struct ReplayWindow {
    /// One more than the highest recorded counter. 0 before the first one.
    next: u64,
    bits: [u64; WORDS as usize],
}

impl ReplayWindow {
    /// At most 1984 counters behind the highest one may still be opened.
    pub const DEPTH: u64 = (WORDS - 1) * 64;

    /// A window in which every counter below `next` counts as opened.
    pub fn starting(next: u64) -> Self {
        let Some(newest) = next.checked_sub(1) else { return Self::default() };
        let mut bits = [u64::MAX; WORDS as usize];
        // The counters from `next` on in the newest word are still to come.
        bits[word(newest)] = u64::MAX >> (63 - newest % 64);
        Self { next, bits }
    }

    /// Whether a frame with this counter may still be opened. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Duplicate`] or [`Error::TooOld`]; [`Error::CounterExhausted`] for 2^64 - 1: no
    /// sender reaches it, and nothing could be newer than it.
    pub fn screen(&self, ctr: u64) -> Result<(), Error> {
        if ctr == u64::MAX {
            return Err(Error::CounterExhausted);
        }
        if ctr >= self.next {
            return Ok(());
        }
        if self.next - ctr > Self::DEPTH {
            return Err(Error::TooOld);
        }
        let seen = self.bits[word(ctr)] & bit(ctr) != 0;
        if seen { Err(Error::Duplicate) } else { Ok(()) }
    }

    /// Marks `ctr` as opened. The counter must have passed [`ReplayWindow::screen`], and its frame
    /// must be authenticated.
    pub fn record(&mut self, ctr: u64) {
        if ctr >= self.next {
            self.clear_up_to(ctr);
            self.next = ctr + 1;
        }
        self.bits[word(ctr)] |= bit(ctr);
    }

    /// Clears the words between the highest recorded counter and `ctr`.
    fn clear_up_to(&mut self, ctr: u64) {
        let newest = self.next.saturating_sub(1) / 64;
        let steps = (ctr / 64 - newest).min(WORDS);
        for step in 1..=steps {
            self.bits[word((newest + step) * 64)] = 0;
        }
    }
}

/// The index of a counter's word, below `WORDS`.
fn word(ctr: u64) -> usize {
    (ctr / 64 % WORDS) as usize
}

fn bit(ctr: u64) -> u64 {
    1 << (ctr % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_of_the_first_counters_passes_once() {
        let mut window = ReplayWindow::default();
        for ctr in [0, 1, 63, 64, 5] {
            assert_eq!(window.screen(ctr), Ok(()));
            window.record(ctr);
            assert_eq!(window.screen(ctr), Err(Error::Duplicate));
        }
    }

    #[test]
    fn a_window_starting_at_a_counter_refuses_all_below_and_none_from_it_on() {
        for next in [0, 1, 63, 64, 65, 127, 128, 1983, 1984, 1985, 2048, 5000, u64::MAX - 70] {
            for first in [next, next + 1, next + 63, next + 64, next + 65] {
                let mut window = ReplayWindow::starting(next);
                let below = next.saturating_sub(2 * ReplayWindow::DEPTH)..next;
                assert!(below.clone().all(|ctr| window.screen(ctr).is_err()), "{next}");
                window.record(first);
                assert!(below.clone().all(|ctr| window.screen(ctr).is_err()), "{next} {first}");
                for ctr in next..next + 68 {
                    assert_eq!(window.screen(ctr).is_ok(), ctr != first, "{next} {first} {ctr}");
                }
            }
        }
    }

    #[test]
    fn counters_behind_a_leap_are_too_old() {
        let mut window = ReplayWindow::default();
        window.record(3);
        window.record(1 << 40);
        assert_eq!(window.screen(3), Err(Error::TooOld));
        assert_eq!(window.screen((1 << 40) - ReplayWindow::DEPTH + 1), Ok(()));
        window.record(u64::MAX - 1);
        assert_eq!(window.screen(u64::MAX - 2), Ok(()));
        assert_eq!(window.screen(u64::MAX), Err(Error::CounterExhausted));
    }

    proptest! {
        #[test]
        fn no_counter_passes_twice(jumps in prop::collection::vec(0u64..5000, 1..400)) {
            let mut window = ReplayWindow::default();
            let mut seen = BTreeSet::new();
            let mut base = 0u64;
            for jump in jumps {
                let ctr = (base + jump).saturating_sub(2500);
                base = base.max(ctr);
                match window.screen(ctr) {
                    Ok(()) => {
                        prop_assert!(seen.insert(ctr));
                        window.record(ctr);
                    }
                    Err(Error::Duplicate) => prop_assert!(seen.contains(&ctr)),
                    Err(_) => prop_assert!(base + 1 - ctr > ReplayWindow::DEPTH),
                }
            }
        }
    }
}
