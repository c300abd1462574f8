//! The owner of the keys.

use super::{Ask, Devices, Statement, Without};

/// The owner's roster, keys and knowledge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    roster: Devices,
    /// The devices that ever received each generation, at any step.
    given: Vec<Devices>,
    /// Whether a device was removed for which no new key was drawn yet.
    owes: bool,
    /// The newest question that arrived from the receiver.
    heard: Ask,
}

impl Owner {
    pub(super) fn with(roster: Devices, heard: Ask) -> Self {
        Self { roster, given: vec![roster], owes: false, heard }
    }

    pub(super) const fn heard(&self) -> Ask {
        self.heard
    }

    // `given` begins with one generation and only grows.
    pub(super) fn newest(&self) -> u8 {
        self.given.len() as u8 - 1
    }

    pub(super) fn given(&self, generation: u8) -> Devices {
        self.given[usize::from(generation)]
    }

    pub(super) const fn removes(&mut self, device: Devices) -> bool {
        let had = self.roster & device != 0;
        self.roster &= !device;
        self.owes |= had;
        had
    }

    /// The device gets its key within a second. Until then it only counts as a holder.
    pub(super) const fn adds(&mut self, device: Devices) -> bool {
        let new = self.roster & device == 0;
        self.roster |= device;
        new
    }

    pub(super) fn rotates(&mut self) -> bool {
        self.given.push(self.roster);
        self.owes = false;
        true
    }

    /// The first key, which no other device has. No question is known.
    pub(super) fn reloads(&mut self) -> bool {
        self.heard = Ask { stay: 0, counter: 0, question: 0, roster: 0 };
        self.rotates()
    }

    /// The second after a removal is over. Returns whether there was a removal.
    pub(super) fn draws(&mut self) -> bool {
        self.owes && self.rotates()
    }

    /// A join is a ratchet step within the generation and needs no message (3.3, end).
    pub(super) fn gives(&mut self) -> bool {
        let newest = self.given.last_mut().expect("there is a key");
        let changes = !self.owes && *newest | self.roster != *newest;
        if changes {
            *newest |= self.roster;
        }
        changes
    }

    pub(super) fn hears(&mut self, ask: Ask) -> bool {
        let newer = ask > self.heard;
        self.heard = self.heard.max(ask);
        newer
    }

    /// 3 (4): all devices on the roster, and all that received this generation at any step.
    pub(super) fn holders(&self, without: Option<Without>) -> Devices {
        match without {
            Some(Without::Given) => self.roster,
            Some(Without::Roster) => self.given(self.newest()),
            _ => self.roster | self.given(self.newest()),
        }
    }

    /// 3 (4): an ack lists the holders if they differ from the question's roster. An envelope never
    /// does.
    pub(super) fn says(&self, is_envelope: bool, without: Option<Without>) -> Statement {
        let (heard, generation, holders) = (self.heard, self.newest(), self.holders(without));
        let differ = holders != heard.roster && without != Some(Without::List);
        Statement { is_envelope, heard, generation, holders, listed: differ && !is_envelope }
    }
}
