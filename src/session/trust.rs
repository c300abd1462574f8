//! Whether frames under a member's key come from that member: any device that received the key can
//! seal in the member's name. After a removal the keys are in doubt. The doubt ends when the member
//! answers a question drawn since, and states that only devices on our roster received the key.
//! After 15 seconds of doubt a key opens nothing.

use super::own::{Judgement, Own, Strangers};
use crate::Millis;
use crate::envelope::{DeviceId, Statement};
use crate::key::DeviceKid;
use alloc::vec::Vec;

/// A key in doubt still opens for 15,000 milliseconds.
const DOUBTED: u64 = 15_000;
/// At most 8 generations of a member are remembered: more than the ring holds.
const MAX_GENERATIONS: usize = 8;

/// Our trust in the keys of one member.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// The time since when the member's first key would be in doubt.
    first: Option<Millis>,
    /// The newest is last.
    generations: Vec<Generation>,
    /// Counter of the last statement of the newest incarnation.
    counter: u64,
    /// The newest statement of the newest incarnation, and the last list, possibly of an earlier
    /// incarnation.
    stated: Option<Statement>,
    list: Vec<DeviceId>,
    /// The known devices that received the newest key and are not on our roster, each with the time
    /// since when they may have it without our consent.
    strangers: Vec<(DeviceId, Millis)>,
    /// The generations that the ring was last told to block.
    blocked: Vec<u16>,
    /// Whether it was reported that the newest key opens nothing.
    reported: bool,
}

/// One random key of the member, with all its steps.
#[derive(Clone, Copy, Debug)]
struct Generation {
    number: u16,
    doubt: Option<Millis>,
    /// Whether it belongs to an incarnation that is no longer the newest. The newest one may have
    /// another key with the same number, and its statements do not concern this key.
    former: bool,
}

/// A change to report to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The newest key, in doubt since this time, opens nothing any more.
    Blocked(Millis),
    /// The newest key opens again.
    Unblocked,
}

impl Trust {
    /// Starts with a member that just came onto the roster. `removal` is the first removal of a
    /// device that is not on the roster again: the member may have given it its key.
    pub(super) fn new(removal: Option<Millis>) -> Self {
        Self { first: removal, ..Self::default() }
    }

    /// Devices were removed from the roster: every key is in doubt from now on, unless it already
    /// is.
    pub(super) fn removed(&mut self, now: Millis) {
        let doubts = self.generations.iter_mut().map(|generation| &mut generation.doubt);
        doubts.chain([&mut self.first]).for_each(|doubt| _ = doubt.get_or_insert(now));
    }

    /// A key arrived with a statement about it. A new key gains no time: it starts with the doubt
    /// of the key before it, whichever incarnation that belonged to.
    pub(super) fn arrived(&mut self, kid: DeviceKid, said: Option<Judgement>, now: Millis) {
        let number = kid.generation();
        let before = self.generations.last().map_or(self.first, |newest| newest.doubt);
        let known = self.generations.extract_if(.., |known| known.number == number);
        let doubt = known.filter_map(|known| known.doubt).chain(before).min();
        if self.generations.len() == MAX_GENERATIONS {
            self.generations.remove(0);
        }
        self.generations.push(Generation { number, doubt, former: false });
        self.state(kid, said, now);
    }

    /// The member states which devices received this key. If we do not hold the key, its envelope
    /// will repeat the statement.
    pub(super) fn state(&mut self, kid: DeviceKid, said: Option<Judgement>, now: Millis) {
        let mut known = self.generations.iter_mut().filter(|known| !known.former);
        let Some(of) = known.find(|known| known.number == kid.generation()) else { return };
        match said {
            None => {}
            Some(Judgement::Clear(doubt)) => {
                of.doubt = doubt;
                self.strangers.clear();
            }
            Some(Judgement::Strangers(Strangers { devices, are_all, removal })) => {
                let doubt = *of.doubt.get_or_insert(now);
                if devices.is_empty() {
                    return;
                }
                let before = core::mem::take(&mut self.strangers);
                let known = |id| before.iter().find(|(known, _)| *known == id).map(|(_, at)| *at);
                let dated = devices
                    .into_iter()
                    .map(|(id, removed)| (id, known(id).or(removed).unwrap_or(now)));
                self.strangers = dated.collect();
                let since = self.strangers.iter().map(|(_, at)| *at);
                of.doubt = if are_all { since.chain(removal).min() } else { Some(doubt) };
            }
        }
    }

    /// Records a statement with this counter, and its list if it has one. Returns whether it is
    /// newer than all before.
    pub(super) fn record(
        &mut self,
        counter: u64,
        statement: Statement,
        list: Vec<DeviceId>,
    ) -> bool {
        if !self.is_newer(counter) {
            return false;
        }
        (self.counter, self.stated) = (counter, Some(statement));
        if !list.is_empty() {
            self.list = list;
        }
        true
    }

    /// The newest statement about the key of this one. An ack may overtake an envelope.
    pub(super) fn newest_beside(&self, statement: Statement) -> Statement {
        let same = |stated: &Statement| stated.kid.generation() == statement.kid.generation();
        self.stated.filter(same).unwrap_or(statement)
    }

    /// The last list. A later statement may have the same digest and no list.
    pub(super) fn list(&self) -> &[DeviceId] {
        &self.list
    }

    /// Our roster has changed: judges the newest statement again. So rosters come to agree without
    /// a message if our application lists a newcomer later than the member's does.
    pub(super) fn judge_again(&mut self, own: &Own, since: u64, now: Millis) {
        self.strangers.retain(|(id, _)| !own.has_named(id));
        if let Some(stated) = self.stated.filter(|_| self.doubt().is_some()) {
            self.state(stated.kid, own.judge(&stated, &self.list, since), now);
        }
    }

    /// Another incarnation of the member is the newest. Its counters start at 0.
    pub(super) fn entered(&mut self) {
        (self.counter, self.stated) = (0, None);
        self.generations.iter_mut().for_each(|known| known.former = true);
    }

    /// Whether a statement with this counter is newer than all before.
    pub(super) const fn is_newer(&self, counter: u64) -> bool {
        counter > self.counter
    }

    /// Whether the newest key still opens and its holders are known. Then we wait for our
    /// application to list them.
    pub(super) fn may_wait(&self, now: Millis) -> bool {
        !self.strangers.is_empty() && self.doubt().is_some() && !self.is_blocked(now)
    }

    /// The time since when the newest key is in doubt.
    pub(super) fn doubt(&self) -> Option<Millis> {
        self.generations.last()?.doubt
    }

    /// Whether the newest key opens nothing.
    pub(super) fn is_blocked(&self, now: Millis) -> bool {
        self.generations.last().is_some_and(|newest| newest.is_blocked(now))
    }

    /// The devices that may seal in the member's name, as far as it has listed them.
    pub(super) fn strangers(&self) -> Vec<DeviceId> {
        self.strangers.iter().map(|(id, _)| *id).collect()
    }

    /// The generations that open nothing, if they have changed since the last call.
    pub(super) fn block(&mut self, now: Millis) -> Option<&[u16]> {
        let blocked = self.generations.iter().filter(|known| known.is_blocked(now));
        let blocked = blocked.map(|known| known.number);
        if blocked.clone().eq(self.blocked.iter().copied()) {
            return None;
        }
        self.blocked = blocked.collect();
        Some(&self.blocked)
    }

    /// The change to report to the application, if there is one.
    pub(super) fn report(&mut self, now: Millis) -> Option<Change> {
        let is_blocked = self.is_blocked(now);
        if core::mem::replace(&mut self.reported, is_blocked) == is_blocked {
            return None;
        }
        Some(self.doubt().filter(|_| is_blocked).map_or(Change::Unblocked, Change::Blocked))
    }

    /// The next time when a key stops opening, unless it is cleared before.
    pub(super) fn due(&self, now: Millis) -> Option<Millis> {
        let ends = self.generations.iter().filter_map(Generation::ends);
        ends.filter(|end| *end > now).min()
    }
}

impl Generation {
    /// The time when the key stops opening, unless it is cleared before.
    fn ends(&self) -> Option<Millis> {
        Some(self.doubt?.plus(DOUBTED))
    }

    fn is_blocked(&self, now: Millis) -> bool {
        self.ends().is_some_and(|end| end <= now)
    }
}
