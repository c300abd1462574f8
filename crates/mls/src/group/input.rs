//! What goes into a member.

use super::Ticket;
use crate::identity::SIGNATURE;

/// Something that happened outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// The call is over: every secret goes, and every later input is refused.
    Close,
    /// A message arrived. The transport need not say who sent it.
    Receive(&'a [u8]),
    /// What the ticket's output asked for could not be done.
    Refused {
        /// The ticket of the output.
        ticket: Ticket,
    },
    /// Make a new epoch now, with a new leaf of our own.
    Rotate,
    /// The roster: the bundles of all devices that may be in the group. Our own is always on it.
    SetMembers(&'a [&'a [u8]]),
    /// The device's signing key answered an [`Output::Sign`](super::Output::Sign).
    Signed {
        /// The ticket of the output.
        ticket: Ticket,
        /// `r ‖ s`.
        signature: [u8; SIGNATURE],
    },
    /// Time went by.
    Tick,
}
