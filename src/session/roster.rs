//! The members of a call.

use super::Ticket;
use super::incoming::Opening;
use super::member::Member;
use crate::envelope::DeviceId;
use alloc::vec::Vec;

/// The devices that may have our key, and whose keys we accept.
#[derive(Debug, Default)]
pub(super) struct Roster {
    members: Vec<Member>,
    /// The index where the next round begins.
    turn: usize,
}

impl Roster {
    /// Removes all members except `ids`.
    pub(super) fn remove_others(&mut self, ids: &[DeviceId]) -> Vec<Member> {
        self.members.extract_if(.., |member| !ids.contains(&member.id())).collect()
    }

    /// Adds a device that is not on the roster yet.
    pub(super) fn add(&mut self, newcomer: Member) {
        self.members.push(newcomer);
    }

    /// Removes and returns the envelope that waits for this ticket.
    pub(super) fn take_opening(&mut self, ticket: Ticket) -> Option<Opening> {
        self.members.iter_mut().find_map(|member| member.take_opening(ticket))
    }

    /// Records the verdict about a signature. Returns the member that the ticket belongs to.
    pub(super) fn verified(&mut self, ticket: Ticket, genuine: bool) -> Option<&mut Member> {
        let mut members = self.members.iter_mut();
        members.find_map(|one| one.inbox_mut().verified(ticket, genuine).then_some(one))
    }

    /// The member for which the host encapsulates under this ticket.
    pub(super) fn encapsulating(&mut self, ticket: Ticket) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.outgoing().waits_for(ticket))
    }

    /// The number of signatures that the host is verifying.
    pub(super) fn verifying(&self) -> usize {
        self.members.iter().map(|member| member.inbox().asked()).sum()
    }

    /// Serves the first member with something to do, starting behind the member that was served
    /// last. Returns `false` if no member has anything to do.
    pub(super) fn next_round(&mut self, mut serve: impl FnMut(&mut Member) -> bool) -> bool {
        let count = self.members.len();
        for step in 0..count {
            let at = (self.turn + step) % count; // below the number of members
            if serve(&mut self.members[at]) {
                self.turn = at + 1;
                return true;
            }
        }
        false
    }

    /// The number of waiting messages.
    pub(super) fn waiting(&self) -> usize {
        self.members.iter().map(|member| member.inbox().len()).sum()
    }

    /// Removes all members.
    pub(super) fn clear(&mut self) {
        self.members.clear();
    }

    /// A member by its id.
    pub(super) fn get_mut(&mut self, id: DeviceId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id() == id)
    }

    /// All members.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.members.iter_mut()
    }

    /// A member by its id.
    pub(super) fn get(&self, id: DeviceId) -> Option<&Member> {
        self.members.iter().find(|member| member.id() == id)
    }

    /// All members.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }
}
