//! What goes into a session.

use super::{Entry, Ticket};
use crate::envelope::{SIGNATURE, Secret};
use crate::key::SenderId;
use alloc::vec::Vec;

/// Something that happened outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// The agreement key of this stay did its step for an [`Output::Agree`](super::Output::Agree).
    Agreed {
        /// The ticket of the output.
        ticket: Ticket,
        /// The x coordinate, or what was decrypted: 32 bytes.
        shared: Secret,
    },
    /// The call is over: every secret goes, and every later input is refused.
    Close,
    /// Here is what an [`Output::Encapsulate`](super::Output::Encapsulate) asked for.
    Encapsulated {
        /// The ticket of the output.
        ticket: Ticket,
        /// The ephemeral public key, 65 bytes; for RSA `shared` encrypted, 256 bytes.
        enc: &'a [u8],
        /// The x coordinate; for RSA random bytes.
        shared: Secret,
    },
    /// A key message arrived.
    Receive {
        /// The message.
        bytes: &'a [u8],
        /// Who sent it, if the transport says so.
        from: Option<SenderId>,
    },
    /// What the ticket's output asked for could not be done.
    Refused {
        /// The ticket of the output.
        ticket: Ticket,
    },
    /// The network is back: what waits to be said again is said now.
    Reconnected,
    /// Make a new random key now.
    Rotate,
    /// The roster: all devices that may have our key, 1024 at most. Our own is left out, a device
    /// that is named twice counts once.
    ///
    /// If an entry is refused, nobody is added; members that neither a good entry nor the id of a
    /// refused one names are removed all the same.
    SetMembers(Vec<Entry>),
    /// The device's signing key answered an [`Output::Sign`](super::Output::Sign).
    Signed {
        /// The ticket of the output.
        ticket: Ticket,
        /// `r ‖ s`.
        signature: [u8; SIGNATURE],
    },
    /// Time went by.
    Tick,
    /// The answer to an [`Output::Verify`](super::Output::Verify).
    Verified {
        /// The ticket of the output.
        ticket: Ticket,
        /// Whether the signature is the key's.
        genuine: bool,
    },
}
