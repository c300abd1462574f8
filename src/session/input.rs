//! The inputs of a session.

use super::{Entry, Ticket};
use crate::envelope::{SIGNATURE_LEN, Secret};
use crate::key::SenderId;
use alloc::vec::Vec;

/// An event from the host.
#[derive(Debug)]
pub enum Input<'a> {
    /// The host has decapsulated for an [`Output::Decap`](super::Output::Decap).
    Decapped {
        /// The ticket of the output.
        ticket: Ticket,
        /// The x coordinate, or the decryption: 32 bytes.
        shared: Secret,
    },
    /// The call is over: every secret is wiped, and every later input is refused.
    Close,
    /// The host has encapsulated for an [`Output::Encap`](super::Output::Encap).
    Encapped {
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
        /// The sender, if the transport names it.
        from: Option<SenderId>,
    },
    /// The host could not do the ticket's task.
    Failed {
        /// The ticket of the output.
        ticket: Ticket,
    },
    /// The network is back: messages that wait to be repeated are sent now.
    Reconnected,
    /// Make a new random key now.
    Rotate,
    /// The roster: all devices that may have our key, at most 1024. Our own device is ignored, and
    /// a device that is listed twice counts once.
    ///
    /// If an entry is refused, nobody is added. Members that neither a good entry nor the id of a
    /// refused entry names are still removed.
    SetMembers(Vec<Entry>),
    /// The host has signed for an [`Output::Sign`](super::Output::Sign).
    Signed {
        /// The ticket of the output.
        ticket: Ticket,
        /// `r ‖ s`.
        signature: [u8; SIGNATURE_LEN],
    },
    /// Time has passed.
    Tick,
    /// The answer to an [`Output::Verify`](super::Output::Verify).
    Verified {
        /// The ticket of the output.
        ticket: Ticket,
        /// Whether the signature is valid.
        genuine: bool,
    },
}
