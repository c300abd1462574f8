//! The outputs of a session.

use crate::envelope::kem::Point;
use crate::envelope::{DeviceId, Kem, SIGNATURE_LEN};
use crate::key::SenderId;
use crate::sframe::Kid;
use crate::{Error, Millis};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Connects the result of a task to its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub u32);

/// A task for the host, or a report to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Combine our incarnation's private key with `enc`, an uncompressed point that need not be on
    /// the curve. For RSA, decrypt `enc`.
    Decap {
        /// Returns with the result.
        ticket: Ticket,
        /// The kind of the key.
        kem: Kem,
        /// The encapsulation of another device.
        enc: Vec<u8>,
    },
    /// This device, a member's or our own, is in the call twice. One of the two is refused for a
    /// while.
    DeviceTwice {
        /// The device.
        device: SenderId,
    },
    /// Encapsulate to `public`, which may be invalid, with randomness that is used once.
    Encap {
        /// Returns with the result.
        ticket: Ticket,
        /// The kind of `public`.
        kem: Kem,
        /// An uncompressed point; for RSA the modulus, with the exponent 65537.
        public: Vec<u8>,
    },
    /// A key of this sender arrived: frames that could not be opened before may open now.
    KeyChanged {
        /// The sender.
        sender: SenderId,
    },
    /// We seal with another key from now on.
    OwnKeyChanged {
        /// Its KID.
        kid: Kid,
    },
    /// A message was refused, the device's own key failed, or a member's key is invalid. Nothing
    /// has changed.
    Refused {
        /// The sender, as far as it is known. It is not authenticated.
        from: Option<SenderId>,
        /// The reason.
        code: Error,
    },
    /// Pass these bytes to the transport.
    Send {
        /// The device that they are for.
        to: DeviceId,
        /// A key message.
        bytes: Vec<u8>,
    },
    /// Sign these bytes with the device's signing key: ECDSA with SHA-256.
    Sign {
        /// Returns with the result.
        ticket: Ticket,
        /// The bytes to sign.
        bytes: Vec<u8>,
    },
    /// Verify a signature: ECDSA with SHA-256.
    Verify {
        /// Returns with the result.
        ticket: Ticket,
        /// The signer's public key, which need not be on the curve.
        public: Point,
        /// `r ‖ s`.
        signature: [u8; SIGNATURE_LEN],
        /// The signed bytes.
        bytes: Vec<u8>,
    },
    /// For 15 seconds a member has not shown that only devices on our roster received the key that
    /// it seals with. Its frames are not opened.
    Untrusted {
        /// The member.
        sender: SenderId,
        /// The devices that may seal in its name, as far as they are known.
        devices: Vec<SenderId>,
    },
    /// The member of an earlier [`Output::Untrusted`] is trusted again.
    Trusted {
        /// The member.
        sender: SenderId,
    },
    /// Pass [`Input::Tick`](super::Input::Tick) at this time. It replaces an earlier `Wake`.
    Wake {
        /// The time.
        at: Millis,
    },
}

/// Outputs that the host has not fetched yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Output>,
    last_ticket: u32,
}

/// A refusal is dropped if 4096 outputs wait.
const MAX_REFUSALS: usize = 4096;

impl Outbox {
    /// Adds an output.
    pub(super) fn put(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    /// Adds a refusal.
    pub(super) fn refuse(&mut self, from: Option<SenderId>, code: Error) {
        if self.queue.len() < MAX_REFUSALS {
            self.put(Output::Refused { from, code });
        }
    }

    /// A ticket that no other task has.
    pub(super) const fn ticket(&mut self) -> Ticket {
        self.last_ticket = self.last_ticket.wrapping_add(1);
        Ticket(self.last_ticket)
    }

    /// Removes and returns the oldest output.
    pub(super) fn next(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    /// Drops all outputs.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }
}
