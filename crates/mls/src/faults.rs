//! Faults on purpose. The simulator must find each, and plays members that are not honest. Without
//! the feature `test-faults` the compiler removes every fault.

/// An invariant that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The worse of two commits wins.
    WorseCommitWins,
    /// A device never says where its branch is.
    NoBeacons,
    /// A leaf that is not on the roster stays.
    NoRemovals,
    /// A device that is not on the roster is let in.
    LetGhostsIn,
    /// The KID context is the number of the epoch.
    CountedContext,
    /// States before a commit are kept.
    KeepStates,
    /// A replayed commit is taken again.
    AnyCommit,
    /// Each leaf derives another base key.
    OwnSecret,
    /// A leaf waits forever for those before it.
    EndlessTurn,
    /// The own leaf is not renewed, and stale ones are not refused.
    NoRenewal,
    /// Some of what the device seals cannot be opened: a member that is not honest.
    SealNonsense,
}

#[cfg(feature = "test-faults")]
mod state {
    use super::Fault;
    use std::cell::Cell;

    thread_local! {
        static BROKEN: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// Breaks an invariant for this thread.
    pub fn break_one(fault: Option<Fault>) {
        BROKEN.set(fault);
    }

    pub(crate) fn has(fault: Fault) -> bool {
        BROKEN.get() == Some(fault)
    }
}

#[cfg(not(feature = "test-faults"))]
mod state {
    pub(crate) const fn has(_: super::Fault) -> bool {
        false
    }
}

#[cfg(feature = "test-faults")]
pub use state::break_one;
pub(crate) use state::has;
