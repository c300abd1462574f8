//! The receiver, which decides what opens.

use super::{Ask, Devices, Statement, Without};

/// A moment: 0 is at least 15 seconds ago. The others are in order, the latest is the highest.
type Moment = u8;

/// The receiver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Receiver {
    /// The last message that it made.
    asked: Ask,
    roster: Devices,
    /// Whether the last message was acknowledged.
    acked: bool,
    /// The time of each question: the first at entry, each other one at a removal.
    questions: Vec<Moment>,
    /// The held generations, and the time since when each is in doubt.
    keys: Vec<(u8, Option<Moment>)>,
    /// Not known to it: when this incarnation removed m and n.
    removed: [Option<Moment>; 2],
    /// Not known to it: the devices that were not on the roster when it entered.
    strangers: Devices,
    /// Not known to it: when the first key came.
    first_key: Option<Moment>,
}

impl Receiver {
    pub(super) fn entering(roster: Devices) -> Self {
        Self {
            asked: Ask { stay: 1, counter: 1, question: 0, roster },
            roster,
            acked: false,
            questions: vec![0],
            keys: Vec::new(),
            removed: [None; 2],
            strangers: 0,
            first_key: None,
        }
    }

    pub(super) const fn stay(&self) -> u8 {
        self.asked.stay
    }

    pub(super) const fn has(&self, devices: Devices) -> bool {
        devices & !self.roster == 0
    }

    /// 3.3 (2): it removes a device, draws a question, and doubts all keys that it holds.
    pub(super) fn removes(&mut self, device: Devices, without: Option<Without>) -> bool {
        if !self.has(device) {
            return false;
        }
        self.roster &= !device;
        let now = self.now();
        self.questions.push(now);
        if without != Some(Without::Doubt) {
            self.keys.iter_mut().for_each(|(_, doubt)| _ = doubt.get_or_insert(now));
        }
        self.removed[usize::from(device - 1)] = Some(now);
        self.asks_again();
        true
    }

    /// Whether the digest in the last message is outdated.
    pub(super) fn adds(&mut self, device: Devices, without: Option<Without>) -> bool {
        let new = !self.has(device);
        self.roster |= device;
        self.removed[usize::from(device - 1)] = None;
        self.strangers &= !device;
        self.refresh(without);
        self.settle();
        new
    }

    /// Everything is forgotten except the roster, which the application holds.
    pub(super) fn reloads(&mut self) -> bool {
        let asked =
            Ask { stay: self.asked.stay + 1, question: 0, roster: self.roster, ..self.asked };
        let strangers = 3 & !self.roster;
        *self = Self { asked, strangers, ..Self::entering(self.roster) };
        self.asks_again();
        true
    }

    /// Fifteen seconds have passed since the oldest moment that matters.
    pub(super) fn ages(&mut self) -> bool {
        let any = self.now() > 1;
        self.moments().for_each(|moment| *moment = moment.saturating_sub(1));
        self.settle();
        any
    }

    pub(super) const fn asks(&self) -> Ask {
        self.asked
    }

    /// 3.3 (6): until it was acknowledged, and while the newest generation is in doubt.
    pub(super) fn is_asking(&self, without: Option<Without>) -> bool {
        let doubt = self.keys.last().is_some_and(|(_, doubt)| doubt.is_some());
        !self.acked || doubt && without != Some(Without::Asking)
    }

    /// An envelope or an ack of the owner.
    pub(super) fn hears(&mut self, says: Statement, without: Option<Without>) -> bool {
        if says.heard.stay != self.asked.stay {
            return false;
        }
        let now = self.now();
        self.acked |= !says.is_envelope && says.heard.counter == self.asked.counter;
        let newest = self.keys.last().copied();
        // An envelope with an earlier key has a lower counter than an accepted one.
        if says.is_envelope && newest.is_none_or(|(held, _)| held < says.generation) {
            // 3.3 (3): the doubt of the newest one, or the first removal of this incarnation.
            let doubt = newest.map_or(self.removal_after(0), |(_, doubt)| doubt);
            let doubt = doubt.filter(|_| without != Some(Without::Inheritance));
            self.keys.push((says.generation, doubt));
            self.first_key.get_or_insert(now);
        }
        self.judges(says, now, without);
        self.refresh(without);
        self.settle();
        true
    }

    /// 3.3 (4).
    fn judges(&mut self, says: Statement, now: Moment, without: Option<Without>) {
        let roster = self.roster;
        let answers = match without {
            Some(Without::Question) => self.questions.len() as u8 - 1,
            _ => says.heard.question,
        };
        let since = self.removal_after(usize::from(answers));
        let about = |(held, _): &&mut (u8, _)| *held == says.generation;
        let Some((_, doubt)) = self.keys.iter_mut().find(about) else { return };
        if says.holders == roster || says.listed && says.holders & !roster == 0 {
            *doubt = since;
        } else if without != Some(Without::Strangers) {
            doubt.get_or_insert(now);
        }
    }

    /// The time of the first removal after this question.
    fn removal_after(&self, question: usize) -> Option<Moment> {
        self.questions.get(question + 1).copied()
    }

    pub(super) fn holds(&self, generation: u8) -> bool {
        self.keys.iter().any(|(held, _)| *held == generation)
    }

    /// Whether frames under this generation open, now and later.
    pub(super) fn trusts(&self, generation: u8) -> bool {
        self.keys.contains(&(generation, None))
    }

    /// 3.3 (5): 15 seconds after the beginning of the doubt nothing opens.
    pub(super) fn open(&self, without: Option<Without>) -> impl Iterator<Item = u8> {
        let opens = move |doubt| doubt != Some(0) || without == Some(Without::Deadline);
        self.keys.iter().filter(move |(_, doubt)| opens(*doubt)).map(|(held, _)| *held)
    }

    /// The devices with whose keys nothing may open: 15 seconds after they were removed or, for
    /// devices that were not there at entry, after the first key came.
    pub(super) fn removed_long_ago(&self) -> Devices {
        let strangers = if self.first_key == Some(0) { self.strangers } else { 0 };
        let removed = |at: usize| if self.removed[at] == Some(0) { 1 << at } else { 0 };
        strangers | removed(0) | removed(1)
    }

    /// 3.3 (6): the last message is made again if its digest is outdated.
    fn refresh(&mut self, without: Option<Without>) {
        let stale = self.asked.roster != self.roster && self.is_asking(without);
        if stale && without != Some(Without::FreshDigest) {
            self.asks_again();
        }
    }

    /// A new message with the present state.
    pub(super) fn asks_again(&mut self) {
        let (question, roster) = (self.questions.len() as u8 - 1, self.roster);
        self.asked = Ask { counter: self.asked.counter + 1, question, roster, ..self.asked };
        self.acked = false;
    }

    fn now(&self) -> Moment {
        self.clone().moments().map(|moment| *moment).max().unwrap_or(0) + 1
    }

    fn moments(&mut self) -> impl Iterator<Item = &mut Moment> {
        let doubts = self.keys.iter_mut().filter_map(|(_, doubt)| doubt.as_mut());
        let ghosts = self.removed.iter_mut().chain([&mut self.first_key]).flatten();
        self.questions.iter_mut().chain(doubts).chain(ghosts)
    }

    /// Moments are counted without gaps: states that differ only in gaps count as one.
    fn settle(&mut self) {
        let mut used: Vec<Moment> = self.moments().map(|moment| *moment).collect();
        used.push(0);
        used.sort_unstable();
        used.dedup();
        let rank = |moment: &mut Moment| used.binary_search(moment).map(|at| at as Moment);
        self.moments().for_each(|moment| *moment = rank(moment).unwrap_or(*moment));
    }
}
