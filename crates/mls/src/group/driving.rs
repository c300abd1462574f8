//! What is due.

use super::asking::Need;
use super::output::{Output, To};
use super::stay::Stay;
use super::timing::COALESCE;
use crate::faults::{self, Fault};
use crate::{Error, Millis};

impl Stay {
    /// Does all that is due. What fails is tried again.
    pub(super) fn drive(&mut self) {
        self.settle();
        self.media.drive(&mut self.outbox, self.now);
        for device in self.held.expire(self.now) {
            self.outbox.put(Output::Refused { from: Some(device), code: Error::NotAMember });
        }
        let unheard = self.pending.take_if(|pending| self.now >= pending.until);
        self.lose(unheard);
        let _ = self.remove();
        let _ = self.renew();
        let _ = self.admit();
        let _ = self.speak();
        let _ = self.ask();
    }

    /// When [`Stay::drive`] is to be called.
    pub(super) fn due(&self) -> Option<Millis> {
        let directory = self.setup.directory();
        let line = self.line.as_ref();
        let group = line.map(|line| {
            let epoch = line.current();
            let turn = |since| self.presence.turn(epoch, directory, since);
            let work = self.work.map(turn);
            let admission = self.admission.due();
            let admission = admission.map(|(free, first)| free.max(turn(first)));
            let renewal = (self.pending.is_none()).then(|| self.renewal.due());
            let renews = !self.next.is_awaited() && !faults::has(Fault::NoRenewal);
            let renewal = renewal.filter(|_| renews);
            let stale = self.freshness.due(self.now);
            let fresh = [line.due(), work, admission, renewal, stale];
            let first = fresh.into_iter().flatten().min().unwrap_or(Millis(u64::MAX));
            first.min(self.presence.due(epoch, directory))
        });
        let alone = line.is_none().then(|| self.asking.alone(&self.setup, self.now));
        let alone = alone.filter(|_| self.next.ready().is_some() && self.pending.is_none());
        let pending = self.pending.as_ref().map(|pending| pending.until);
        let asking = self.asking.due().filter(|_| self.can_ask());
        let retry = self.next.due().filter(|at| *at > self.now);
        let dues = [group, alone, pending, asking, retry, self.media.due(), self.held.due()];
        dues.into_iter().flatten().min()
    }

    fn settle(&mut self) {
        let Some(line) = &mut self.line else { return };
        if line.settle(self.now) || self.setup.is_ordered() {
            let epoch = line.current();
            self.freshness.settle(epoch.leaves());
            self.setup.directory().forget_former(|device| epoch.member_of(device).is_some());
        }
    }

    /// Takes out leaves that are not on the roster, and stale ones, if it is our turn.
    fn remove(&mut self) -> Result<(), Error> {
        let Some(line) = self.line.as_ref().filter(|_| self.pending.is_none()) else {
            return Ok(());
        };
        let (epoch, directory) = (line.current(), self.setup.directory());
        let is_over = |leaf: u32| {
            let Some(member) = epoch.member(leaf) else { return false };
            let stale = self.freshness.is_stale(&member.key, self.now);
            !directory.has(member.device) || (stale && !faults::has(Fault::NoRenewal))
        };
        let others = epoch.members().iter().map(|member| member.leaf);
        let over: Vec<_> =
            others.filter(|leaf| *leaf != epoch.own_leaf() && is_over(*leaf)).collect();
        if over.is_empty() || faults::has(Fault::NoRemovals) {
            self.work = None;
            return Ok(());
        }
        let since = *self.work.get_or_insert(self.now.plus(COALESCE));
        if self.now < self.presence.turn(epoch, directory, since) {
            return Ok(());
        }
        self.presence.give_up_on_lower(epoch, directory);
        self.commit(&over, None)
    }

    /// Gives our leaf a new key, if it is time.
    fn renew(&mut self) -> Result<(), Error> {
        let is_free = self.line.is_some() && self.pending.is_none();
        if !is_free || !self.renewal.is_due(self.now) || faults::has(Fault::NoRenewal) {
            return Ok(());
        }
        self.next.want(&self.setup.crypto(), &mut self.outbox, self.now);
        if self.now < self.renewal.due() || self.next.ready().is_none() {
            return Ok(());
        }
        let leaf = self.next.take();
        self.commit(&[], leaf)
    }

    /// Answers the device that has asked first, if it is our turn.
    fn admit(&mut self) -> Result<(), Error> {
        let Some(line) = self.line.as_ref().filter(|_| self.pending.is_none()) else {
            return Ok(());
        };
        let Some((device, question)) = self.admission.next(self.now) else { return Ok(()) };
        let directory = self.setup.directory();
        let turn = self.presence.turn(line.current(), directory, question.first);
        if self.now < turn || !directory.has(device) {
            return Ok(());
        }
        let (nonce, key) = (question.nonce, question.key.clone());
        self.admission.grant(device, self.now);
        self.say_info(device, nonce, &key)
    }

    /// Says where our branch is, if that is for us: once a second, and when it has gone on.
    fn speak(&mut self) -> Result<(), Error> {
        let Some(line) = &self.line else { return Ok(()) };
        if faults::has(Fault::NoBeacons) {
            self.presence.said(self.now);
            return Ok(());
        }
        let (epoch, directory) = (line.current(), self.setup.directory());
        if self.presence.speaks(epoch, directory, self.now) {
            return self.say_beacon(To::All);
        }
        Ok(())
    }

    /// Asks for what is missing, and makes a group if nobody has one.
    fn ask(&mut self) -> Result<(), Error> {
        if self.pending.is_some() {
            return Ok(());
        }
        self.asking.give_up_on_commits();
        if self.asking.need() == Need::Info {
            self.next.want(&self.setup.crypto(), &mut self.outbox, self.now);
        }
        if !self.can_ask() {
            return Ok(());
        }
        if self.line.is_none() && self.now >= self.asking.alone(&self.setup, self.now) {
            return self.create();
        }
        match self.asking.ask(&self.setup, self.line.is_some(), self.now) {
            Some(to) => self.say_ask(to),
            None => Ok(()),
        }
    }

    /// A GroupInfo is of use with a leaf key only.
    fn can_ask(&self) -> bool {
        let ready = self.asking.need() != Need::Info || self.next.ready().is_some();
        ready && self.pending.is_none()
    }
}
