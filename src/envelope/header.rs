//! The header that every key message begins with.

use super::bundle::DeviceId;
use super::incarnation::IncarnationId;
use super::kdf::sha256_16;
use super::suite::Suite;
use crate::bytes::Reader;
use alloc::{vec, vec::Vec};

/// The only version of the key messages. Version 1 had no incarnations.
pub(super) const VERSION: u8 = 2;

/// Names a call: the first 16 bytes of the SHA-256 of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTag([u8; 16]);

/// The addresses and the counter of a key message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The suite of an announcement's sender; of the recipient of any other message.
    pub suite: Suite,
    /// The call that the message belongs to.
    pub call: CallTag,
    /// The device that signed it.
    pub sender: DeviceId,
    /// The device that it is for.
    pub recipient: DeviceId,
    /// The sender's incarnation.
    pub from: IncarnationId,
    /// The newest incarnation of the recipient that the sender knows.
    pub to: Option<IncarnationId>,
    /// Grows with each message that this incarnation makes, for any recipient.
    pub counter: u64,
}

impl CallTag {
    /// The tag of a call.
    pub fn of(call_id: &str) -> Self {
        Self(sha256_16(call_id.as_bytes()))
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Header {
    /// Reads all behind the version, the type and the suite.
    pub(super) fn parse(suite: Suite, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            suite,
            call: CallTag(reader.array()?),
            sender: DeviceId::new(reader.array()?),
            recipient: DeviceId::new(reader.array()?),
            from: IncarnationId::parse(reader.array()?)?,
            to: IncarnationId::parse(reader.array()?),
            counter: reader.u64()?,
        })
    }

    /// The start of a message of this type.
    pub(super) fn write(&self, kind: u8) -> Vec<u8> {
        let to = self.to.map_or([0; IncarnationId::LEN], |to| *to.as_bytes());
        let mut bytes = vec![VERSION, kind, self.suite.number()];
        bytes.extend(self.call.0);
        bytes.extend(self.sender.as_bytes());
        bytes.extend(self.recipient.as_bytes());
        bytes.extend(self.from.as_bytes());
        bytes.extend(to);
        bytes.extend(self.counter.to_be_bytes());
        bytes
    }
}
