//! The epochs behind us and the present one: which of two commits for one epoch holds.
//!
//! The state before a commit is kept for two seconds. A better commit for it that comes meanwhile
//! takes the place of the first; then the state is wiped, and a later commit is refused.

use super::epoch::Epoch;
use super::rules::{Checked, Committer, Rank};
use super::timing::SETTLE;
use crate::faults::{self, Fault};
use crate::identity::Directory;
use crate::wire::Branch;
use crate::{Error, Millis};
use std::collections::VecDeque;

/// A branch, as far as we have it.
#[derive(Debug)]
pub(super) struct Line {
    current: Epoch,
    /// The oldest first.
    befores: Vec<Before>,
    log: Log,
}

/// A state that a commit ended.
#[derive(Debug)]
struct Before {
    epoch: Epoch,
    rank: Rank,
    until: Millis,
}

/// What a commit would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// End the present epoch.
    Current,
    /// Take the place of the commit that ended this state.
    Before(usize),
}

/// Commits for members that missed them: public bytes.
#[derive(Debug, Default)]
struct Log(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    ended: Branch,
    bytes: Vec<u8>,
}

/// At most this many states are kept: a burst of commits must not fill the memory.
const BEFORES: usize = 8;
/// At most this many commits are kept for others.
const LOG: usize = 64;
/// At most this many bytes of them.
const LOG_BYTES: usize = 2 << 20;

impl Line {
    /// A branch that begins with this epoch.
    pub(super) fn new(current: Epoch) -> Self {
        Self { current, befores: Vec::new(), log: Log::default() }
    }

    /// The present epoch.
    pub(super) const fn current(&self) -> &Epoch {
        &self.current
    }

    /// What a commit for the epoch of `branch` would do.
    ///
    /// # Errors
    /// [`Error::Replayed`], [`Error::LateCommit`], [`Error::UnknownBranch`].
    pub(super) fn place(
        &self,
        branch: Branch,
        commit: &Checked,
        directory: &Directory,
        now: Millis,
    ) -> Result<Place, Error> {
        if branch == self.current.branch() {
            return Ok(Place::Current);
        }
        let at = self.befores.iter().position(|before| before.epoch.branch() == branch);
        match at.map(|at| (at, &self.befores[at])) {
            Some((at, _)) if faults::has(Fault::AnyCommit) => Ok(Place::Before(at)),
            Some((_, before)) if before.rank.is_of(commit) => Err(Error::Replayed),
            Some((at, before)) if before.yields_to(commit, directory) && now < before.until => {
                Ok(Place::Before(at))
            }
            Some(_) => Err(Error::LateCommit),
            None if self.log.has(branch) => Err(Error::LateCommit),
            None => Err(Error::UnknownBranch),
        }
    }

    /// The state that a commit ends.
    pub(super) fn base(&self, place: Place) -> &Epoch {
        match place {
            Place::Current => &self.current,
            Place::Before(at) => &self.befores[at].epoch,
        }
    }

    /// Goes on to the epoch after a commit. What was behind the state that it ends is displaced.
    pub(super) fn advance(
        &mut self,
        place: Place,
        next: Epoch,
        (rank, message): (Rank, Vec<u8>),
        keep: Option<Millis>,
    ) {
        let replaced = std::mem::replace(&mut self.current, next);
        let ended = match place {
            Place::Current => {
                let ended = replaced.branch();
                self.befores.extend(keep.map(|now| Before {
                    epoch: replaced,
                    rank,
                    until: now.plus(SETTLE),
                }));
                ended
            }
            Place::Before(at) => {
                self.befores.truncate(at + 1);
                self.befores[at].rank = rank;
                self.befores[at].epoch.branch()
            }
        };
        let surplus = self.befores.len().saturating_sub(BEFORES);
        self.befores.drain(..surplus);
        self.log.add(ended, message);
    }

    /// Wipes states whose time is over; whether none is left since.
    pub(super) fn settle(&mut self, now: Millis) -> bool {
        let had_some = !self.befores.is_empty();
        if !faults::has(Fault::KeepStates) {
            self.befores.retain(|before| now < before.until);
        }
        had_some && self.befores.is_empty()
    }

    /// When the next state is wiped.
    pub(super) fn due(&self) -> Option<Millis> {
        self.befores.iter().map(|before| before.until).min()
    }

    /// How many states are kept besides the present one.
    pub(super) fn kept(&self) -> usize {
        self.befores.len()
    }

    /// Whether `branch` names the present epoch, or one before it.
    pub(super) fn knows(&self, branch: Branch) -> bool {
        branch == self.current.branch() || self.log.has(branch)
    }

    /// The commits that lead from the epoch of `branch` to the present one; `None` if that is not
    /// known.
    pub(super) fn since(&self, branch: Branch) -> Option<impl Iterator<Item = &[u8]>> {
        let at = self.log.position(branch)?;
        Some(self.log.0.iter().skip(at).map(|entry| entry.bytes.as_slice()))
    }
}

impl Before {
    /// Whether another commit takes the place of the one that ended this state.
    fn yields_to(&self, commit: &Checked, directory: &Directory) -> bool {
        let better = commit.rank(&self.epoch) < self.rank;
        self.is_of_a_ghost(directory) || better != faults::has(Fault::WorseCommitWins)
    }

    /// Whether the roster does not name the committer any more.
    fn is_of_a_ghost(&self, directory: &Directory) -> bool {
        match self.rank.committer() {
            Committer::Member(leaf) => {
                self.epoch.member(leaf).is_none_or(|member| !directory.has(member.device))
            }
            Committer::Joiner => false,
        }
    }
}

impl Log {
    /// A commit that ended an epoch. It takes the place of another one, and of all after that.
    fn add(&mut self, ended: Branch, bytes: Vec<u8>) {
        if let Some(at) = self.position(ended) {
            self.0.truncate(at);
        }
        self.0.push_back(Entry { ended, bytes });
        while self.0.len() > LOG || self.bytes() > LOG_BYTES {
            self.0.pop_front();
        }
    }

    fn has(&self, branch: Branch) -> bool {
        self.position(branch).is_some()
    }

    fn position(&self, branch: Branch) -> Option<usize> {
        self.0.iter().position(|entry| entry.ended == branch)
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|entry| entry.bytes.len()).sum()
    }
}
