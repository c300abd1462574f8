//! What goes into a session.

use super::Ticket;
use crate::envelope::{SIGNATURE, Secret};
use crate::key::SenderId;
use alloc::vec::Vec;

/// Something that happened outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// The device's agreement key did its step for an [`Output::Agree`](super::Output::Agree).
    Agreed {
        /// The ticket of the output.
        ticket: Ticket,
        /// The x coordinate, 32 bytes.
        shared: Secret,
    },
    /// The call is over: every secret goes, and every later input is refused.
    Close,
    /// A key message arrived.
    Receive {
        /// The message.
        bytes: &'a [u8],
        /// Who sent it, if the transport says so.
        from: Option<SenderId>,
    },
    /// The device's key could not do what the ticket's output asked for.
    Refused {
        /// The ticket of the output.
        ticket: Ticket,
    },
    /// Make a new random key now.
    Rotate,
    /// The roster: the bundles of all devices that may have our key. Our own is left out.
    SetMembers(&'a [Vec<u8>]),
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
