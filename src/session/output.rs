//! What comes out of a session.

use crate::envelope::kem::Point;
use crate::envelope::{DeviceId, Kem, SIGNATURE};
use crate::key::SenderId;
use crate::sframe::Kid;
use crate::{Error, Millis};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Ties an answer from outside to its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub u32);

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Combine the private agreement key of this stay with `enc`, an uncompressed point that may
    /// not be on the curve; for RSA, decrypt it.
    Agree {
        /// Comes back with the answer.
        ticket: Ticket,
        /// What the key is for.
        kem: Kem,
        /// What another device encapsulated.
        enc: Vec<u8>,
    },
    /// This device, a member's or our own, is in the call twice: one of the two is refused for a
    /// while.
    DeviceTwice {
        /// The device.
        device: SenderId,
    },
    /// Encapsulate to `public`, which may be no valid key, with randomness that is used once.
    Encapsulate {
        /// Comes back with the answer.
        ticket: Ticket,
        /// What `public` is for.
        kem: Kem,
        /// An uncompressed point; for RSA the modulus, with the exponent 65537.
        public: Vec<u8>,
    },
    /// A key of this sender arrived: frames that could not be opened so far now may be.
    KeyChanged {
        /// The sender.
        sender: SenderId,
    },
    /// We seal with another key from now on.
    OwnKeyChanged {
        /// Its KID.
        kid: Kid,
    },
    /// A message was refused, the device's own key failed, or a member's is none. Nothing has
    /// changed.
    Refused {
        /// Who sent it, as far as that is known; not proven.
        from: Option<SenderId>,
        /// Why.
        code: Error,
    },
    /// Hand these bytes to the transport.
    Send {
        /// The device they are for.
        to: DeviceId,
        /// A key message.
        bytes: Vec<u8>,
    },
    /// Sign these bytes with the device's signing key: ECDSA with SHA-256.
    Sign {
        /// Comes back with the answer.
        ticket: Ticket,
        /// What to sign.
        bytes: Vec<u8>,
    },
    /// Verify a signature: ECDSA with SHA-256.
    Verify {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The signer's public key, which may not be on the curve.
        public: Point,
        /// `r ‖ s`.
        signature: [u8; SIGNATURE],
        /// What was signed.
        bytes: Vec<u8>,
    },
    /// Call with [`Input::Tick`](super::Input::Tick) at this time; replaces an earlier one.
    Wake {
        /// When.
        at: Millis,
    },
}

/// Outputs that nobody has fetched yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Output>,
    last_ticket: u32,
}

/// Refusals are dropped beyond this, should nobody fetch them.
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

    /// A ticket that no other question has.
    pub(super) const fn ticket(&mut self) -> Ticket {
        self.last_ticket = self.last_ticket.wrapping_add(1);
        Ticket(self.last_ticket)
    }

    /// Takes out the oldest.
    pub(super) fn next(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    /// Drops all.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }
}
