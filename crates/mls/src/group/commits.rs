//! Commits: our own, and those of others.

use super::epoch::{Epoch, Next};
use super::leaf::Leaf;
use super::line::{Line, Place};
use super::output::{Output, To};
use super::rules::{Checked, Committer, Rank};
use super::stay::{Pending, Stay};
use super::timing::{ECHO, TWIN};
use crate::Error;
use crate::faults::{self, Fault};
use crate::identity::DeviceId;
use crate::wire::{self, Branch, Message};

/// How often a commit is made once more because its KID context is in use.
const CONTEXTS: usize = 8;

impl Stay {
    /// Takes a commit for the epoch of `branch`. `whole` is the message that it came in.
    pub(super) fn receive_commit(
        &mut self,
        branch: Branch,
        bytes: &[u8],
        whole: &[u8],
    ) -> Result<(), Error> {
        let commit = Checked::parse(bytes, &self.setup)?;
        if self.is_echo(branch, &commit) {
            return self.take_pending(whole);
        }
        let line = self.line.as_ref().ok_or(Error::NoGroup)?;
        let directory = self.setup.directory();
        let device = commit.certificate.device();
        let place = match line.place(branch, &commit, directory, self.now) {
            Err(Error::UnknownBranch) => {
                self.admission.went(device);
                return self.held.keep(branch, whole, None, self.now);
            }
            place => place?,
        };
        if !directory.has(device) && !faults::has(Fault::LetGhostsIn) {
            // A removed member must not displace the commit that removes it. Its leaf is known; a
            // joiner is reported.
            let ghost = (commit.committer == Committer::Joiner).then_some(device);
            return self.held.keep(branch, whole, ghost, self.now);
        }
        let base = line.base(place);
        self.check_leaf(base, &commit)?;
        directory.verify(&commit.certificate)?; // forgeries cost one verification
        let (rank, removes) = (commit.rank(base), commit.removes);
        match base.process(commit.message)? {
            Next::Removed => {
                self.leave();
                if device == self.own.id() {
                    self.yield_to_twin();
                }
            }
            Next::Epoch(next) => {
                self.advance(place, *next, (rank, whole.to_vec()));
                self.entered(device, removes);
            }
        }
        Ok(())
    }

    /// Makes a commit that takes leaves out, and gives ours a new key if there is one.
    pub(super) fn commit(&mut self, removed: &[u32], leaf: Option<Leaf>) -> Result<(), Error> {
        let renews = leaf.is_some();
        let line = self.line.as_ref().ok_or(Error::NoGroup)?;
        let current = line.current();
        let (mut next, mut bytes) = current.commit(&self.setup, removed, leaf.clone())?;
        for _ in 0..CONTEXTS {
            if !self.media.holds(next.context()) {
                break;
            }
            (next, bytes) = current.commit(&self.setup, removed, leaf.clone())?;
        }
        let (ended, own) = (current.branch(), current.own_leaf());
        let rank = Rank::of(Committer::Member(own), !renews, &bytes);
        let message = wire::commit(self.setup.call(), ended, &bytes);
        self.outbox.send(To::All, message.clone());
        if renews {
            self.renewal.done(&self.setup, self.now);
        }
        if self.setup.is_ordered() {
            self.wait_for_echo(Pending {
                next,
                ended,
                rank,
                joins: false,
                renews,
                until: self.now,
            });
        } else {
            self.advance(Place::Current, next, (rank, message));
            self.entered(self.own.id(), !removed.is_empty());
        }
        Ok(())
    }

    /// Joins the branch of a GroupInfo by an external commit.
    pub(super) fn join(
        &mut self,
        info: &[u8],
        ended: Branch,
        old: Option<u32>,
    ) -> Result<(), Error> {
        let leaf = self.next.ready().cloned().ok_or(Error::NoGroup)?;
        let (next, bytes) = Epoch::join(&self.setup, leaf, info, old)?;
        self.check_fresh(&next)?;
        self.next.take();
        let rank = Rank::of(Committer::Joiner, false, &bytes);
        self.outbox.send(To::All, wire::commit(self.setup.call(), ended, &bytes));
        if self.setup.is_ordered() {
            self.wait_for_echo(Pending {
                next,
                ended,
                rank,
                joins: true,
                renews: false,
                until: self.now,
            });
        } else {
            self.begin(next);
        }
        Ok(())
    }

    /// Makes a group of our own.
    pub(super) fn create(&mut self) -> Result<(), Error> {
        let leaf = self.next.take().ok_or(Error::NoGroup)?;
        let epoch = Epoch::create(&self.setup, leaf)?;
        self.begin(epoch);
        Ok(())
    }

    /// Tries the commits that wait for the present epoch, or for the roster.
    pub(super) fn take_held(&mut self) {
        while let Some(branch) = self.line.as_ref().map(|line| line.current().branch()) {
            for whole in self.held.take(branch) {
                // Refused ones have waited for nothing.
                let _ = self.receive_held(&whole);
            }
            let now = self.line.as_ref().map(|line| line.current().branch());
            if now == Some(branch) {
                return;
            }
        }
    }

    /// We are not in the group any more. If the roster still names us, we join again.
    pub(super) fn leave(&mut self) {
        self.line = None;
        self.pending = None;
        self.work = None;
        self.held.clear();
        self.admission.clear();
        self.media.leave(&mut self.outbox);
        self.asking.restart(self.now);
    }

    /// Two workers with one device would take the leaf from each other all the time.
    fn yield_to_twin(&mut self) {
        self.outbox.put(Output::Twice);
        self.asking.restart(self.now.plus(TWIN));
    }

    fn receive_held(&mut self, whole: &[u8]) -> Result<(), Error> {
        match Message::parse(whole, self.setup.call())? {
            Message::Commit(branch, bytes) => self.receive_commit(branch, bytes, whole),
            Message::Note(_) => Err(Error::BadMessage),
        }
    }

    /// A branch begins for us.
    fn begin(&mut self, epoch: Epoch) {
        self.freshness.join(epoch.leaves(), self.now);
        self.line = Some(Line::new(epoch));
        self.presence.restart(self.now);
        self.admission.clear();
        self.renewal.done(&self.setup, self.now);
        self.entered(self.own.id(), false);
    }

    fn advance(&mut self, place: Place, next: Epoch, (rank, message): (Rank, Vec<u8>)) {
        let keep = (!self.setup.is_ordered()).then_some(self.now);
        let Some(line) = &mut self.line else { return };
        let had = *line.current().leaf().certificate().leaf();
        line.advance(place, next, (rank, message), keep);
        let displaced = had != *line.current().leaf().certificate().leaf();
        if displaced && place != Place::Current {
            self.renewal.lost(&self.setup, self.now);
        }
    }

    /// Another epoch is the present one, by a commit of `committer`.
    fn entered(&mut self, committer: DeviceId, removes: bool) {
        let Some(line) = &self.line else { return };
        let epoch = line.current();
        self.freshness.see(epoch.leaves(), self.now);
        self.presence.hear(committer, epoch, self.now);
        if let Ok(keys) = epoch.keys() {
            self.media.enter(keys, removes, &mut self.outbox, self.now);
        }
        if committer == self.own.id() {
            self.asking.done();
        } else {
            self.asking.progress();
            self.renewal.heard_commit(&self.setup, self.now);
        }
        self.admission.joined(committer);
        let displaced = self.pending.take();
        self.lose(displaced);
        self.take_held();
    }

    fn check_leaf(&self, base: &Epoch, commit: &Checked) -> Result<(), Error> {
        if faults::has(Fault::NoRenewal) {
            return Ok(());
        }
        let new = commit.certificate.leaf();
        let old = match commit.committer {
            Committer::Member(leaf) => Some(base.member(leaf).ok_or(Error::BadCommit)?.key),
            Committer::Joiner => None,
        };
        let stale = |key| self.freshness.is_stale(key, self.now);
        let comes_again = old.as_ref() != Some(new) && self.freshness.knows(new);
        if old.as_ref().is_some_and(stale) || stale(new) || comes_again {
            return Err(Error::StaleLeaf);
        }
        Ok(())
    }

    /// The member that let us in must not be a stale leaf's thief; other stale leaves are taken out.
    fn check_fresh(&self, epoch: &Epoch) -> Result<(), Error> {
        let roster = self.setup.directory();
        let all = epoch.members().iter().all(|member| roster.has(member.device));
        if all || faults::has(Fault::LetGhostsIn) { Ok(()) } else { Err(Error::NotAMember) }
    }

    fn is_echo(&self, branch: Branch, commit: &Checked) -> bool {
        let ours = |pending: &Pending| pending.ended == branch && pending.rank.is_of(commit);
        self.pending.as_ref().is_some_and(ours)
    }

    fn wait_for_echo(&mut self, pending: Pending) {
        self.pending = Some(Pending { until: self.now.plus(ECHO), ..pending });
    }

    /// Our commit was not the first. A new key that it had is due again.
    pub(super) fn lose(&mut self, pending: Option<Pending>) {
        if pending.is_some_and(|pending| pending.renews) {
            self.renewal.lost(&self.setup, self.now);
        }
    }

    /// The transport has put our own commit first.
    fn take_pending(&mut self, whole: &[u8]) -> Result<(), Error> {
        let pending = self.pending.take().ok_or(Error::NoGroup)?;
        if pending.joins {
            self.begin(pending.next);
            return Ok(());
        }
        let current = self.line.as_ref().ok_or(Error::NoGroup)?.current();
        if current.branch() != pending.ended {
            self.lose(Some(pending));
            return Err(Error::LateCommit);
        }
        let Pending { next, rank, .. } = pending;
        let leaves = |epoch: &Epoch| epoch.members().len();
        let removes = leaves(&next) < leaves(current);
        self.advance(Place::Current, next, (rank, whole.to_vec()));
        self.entered(self.own.id(), removes);
        Ok(())
    }
}
