//! What comes out of a member.

use crate::identity::DeviceId;
use crate::{Error, Millis};
use std::collections::VecDeque;
use std::fmt;
use zeroize::Zeroizing;

/// Ties an answer from outside to its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub u32);

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// All devices of the roster but our own.
    All,
    /// One of them.
    One(DeviceId),
}

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open frames with these keys from now on. They come again if the roster names a member again
    /// that it did not name for a while.
    Epoch(EpochKeys),
    /// The keys of this KID context are not to open anything any more.
    Forget {
        /// The context.
        context: u16,
    },
    /// The group is left: its keys are to be wiped, and nothing is to be sealed until the next
    /// [`Output::Seal`].
    Left,
    /// A message was refused some time after it came, or the device's own key failed. Nothing has
    /// changed.
    Refused {
        /// The device that it is about.
        from: Option<DeviceId>,
        /// Why.
        code: Error,
    },
    /// Seal with the keys of this context from now on.
    Seal {
        /// The context.
        context: u16,
    },
    /// Hand these bytes to the transport.
    Send {
        /// Whom they are for.
        to: To,
        /// A message.
        bytes: Vec<u8>,
    },
    /// Sign these bytes with the device's signing key: ECDSA with SHA-256.
    Sign {
        /// Comes back with the answer.
        ticket: Ticket,
        /// What to sign.
        bytes: Vec<u8>,
    },
    /// Another worker with our device has taken our leaf. We look for the group again after 30
    /// seconds.
    Twice,
    /// Call with [`Input::Tick`](super::Input::Tick) at this time; replaces an earlier one.
    Wake {
        /// When.
        at: Millis,
    },
}

/// What the media core needs of an epoch (RFC 9605 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochKeys {
    /// The number of the epoch.
    pub epoch: u64,
    /// The first 16 bits of the hash of the epoch authenticator.
    pub context: u16,
    /// 30 digits, the same for all members.
    pub code: String,
    /// Who is in the epoch, by leaf index in ascending order.
    pub members: Vec<(u32, DeviceId)>,
    /// Our own leaf index.
    pub leaf: u32,
    /// The base key.
    pub secret: BaseKey,
}

/// 32 bytes of `MLS-Exporter("SFrame 1.0 Base Key", "", 32)`. Boxed: a value that moves leaves no copy.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseKey(Box<Zeroizing<[u8; 32]>>);

impl BaseKey {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, Error> {
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| Error::BadCommit)?;
        Ok(Self(Box::new(Zeroizing::new(bytes))))
    }

    /// The secret itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseKey").finish_non_exhaustive()
    }
}

/// Outputs that nobody has fetched yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Output>,
    last_ticket: u32,
}

impl Outbox {
    /// Adds an output.
    pub(super) fn put(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    /// Adds a message.
    pub(super) fn send(&mut self, to: To, bytes: Vec<u8>) {
        self.put(Output::Send { to, bytes });
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
}
