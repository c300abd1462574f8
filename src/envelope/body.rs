//! The part of a key message after its header. The layouts are in `message.rs`.

use super::agreement::AgreementKey;
use super::bundle::{DeviceId, RSA_LEN};
use super::content;
use super::header::Header;
use super::hpke::TAG_LEN;
use super::hybrid::CIPHERTEXT_LEN;
use super::incarnation::IncarnationId;
use super::kem::{POINT_LEN, Point};
use super::suite::Suite;
use crate::bytes::Reader;
use crate::key::DeviceKid;
use crate::sframe::Kid;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Length of a nonce in bytes.
pub const NONCE_LEN: usize = 16;
/// At most 2048 devices in the list of an ack: a full roster, and as many that came and left.
pub const MAX_HOLDERS: usize = 2048;
/// Lengths of a base key in an envelope in bytes: one at the start of its generation, and one that
/// the ratchet made.
const KEY_LENGTHS: [usize; 2] = [32, 64];

/// Random bytes that an answer repeats.
pub type Nonce = [u8; NONCE_LEN];

/// The question that a device puts into each announcement and envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Drawn when the device enters, and when it removes a member.
    pub nonce: Nonce,
    /// The digest of the devices on its roster, see [`super::roster_digest`].
    pub roster: [u8; 32],
}

/// The statement that a device makes about its newest key in each envelope and ack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The key's KID.
    pub kid: DeviceKid,
    /// The nonce of the newest question that the recipient asked.
    pub answers: Nonce,
    /// The digest of the devices on its roster and of those that received the key's generation.
    pub holders: [u8; 32],
}

/// The content of a message, by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A key.
    Envelope(Box<Envelope>),
    /// "I have the key you sent."
    Ack(Ack),
    /// "I am here."
    Announcement(Box<Announcement>),
    /// "Your device is in this call twice, and I keep the other one."
    Twice {
        /// The incarnation that is kept. The header's `to` is the one that is refused.
        kept: IncarnationId,
    },
}

/// A key, sealed with HPKE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// About the key that is sealed.
    pub statement: Statement,
    /// The sender's question.
    pub question: Question,
    /// The sender's encapsulation, of the length and form of the header's suite.
    pub enc: Vec<u8>,
    /// The sealed content with its tag.
    pub ciphertext: Vec<u8>,
}

/// The answer to an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The envelope's counter.
    pub counter: u64,
    /// About the key of the ack's sender.
    pub statement: Statement,
    /// The devices in the statement's digest `holders`; empty if the recipient is known to have the
    /// same roster.
    pub holders: Vec<DeviceId>,
}

/// A device's incarnation, with a nonce for the recipient to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Open: an incarnation that answers it was alive after it was drawn.
    pub nonce: Nonce,
    /// A nonce of the recipient, or zeros.
    pub answers: Nonce,
    /// The sender's question.
    pub question: Question,
    /// Random bytes that distinguish incarnations with equal keys.
    pub entry: Nonce,
    /// The keys that envelopes to this incarnation are sealed to. An RSA device has none here: its
    /// key is in its bundle.
    pub keys: Option<AgreementKey>,
}

impl Body {
    pub(super) const ENVELOPE: u8 = 1;
    pub(super) const ACK: u8 = 2;
    pub(super) const ANNOUNCEMENT: u8 = 3;
    pub(super) const TWICE: u8 = 4;

    /// Reads the body of a message of type `kind`, which must end with it.
    pub(super) fn parse(kind: u8, header: &Header, mut reader: Reader<'_>) -> Option<Self> {
        let body = match kind {
            Self::ENVELOPE => {
                return Envelope::parse(header.suite, reader)
                    .map(|it| Self::Envelope(Box::new(it)));
            }
            Self::ACK => return Ack::parse(reader).map(Self::Ack),
            Self::ANNOUNCEMENT => {
                Self::Announcement(Box::new(Announcement::parse(header, &mut reader)?))
            }
            Self::TWICE => Self::Twice { kept: IncarnationId::parse(reader.array()?)? },
            _ => return None,
        };
        (reader.left() == 0).then_some(body)
    }
}

impl Question {
    fn parse(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { nonce: reader.array()?, roster: reader.array()? })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.nonce);
        bytes.extend(self.roster);
    }
}

impl Statement {
    fn parse(reader: &mut Reader<'_>) -> Option<Self> {
        let kid = DeviceKid::parse(Kid(reader.u64()?))?;
        Some(Self { kid, answers: reader.array()?, holders: reader.array()? })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.kid.kid().0.to_be_bytes());
        bytes.extend(self.answers);
        bytes.extend(self.holders);
    }
}

impl Ack {
    fn parse(mut reader: Reader<'_>) -> Option<Self> {
        let (counter, statement) = (reader.u64()?, Statement::parse(&mut reader)?);
        let (holders, rest) = reader.rest().as_chunks();
        let holders: Vec<_> = holders.iter().copied().map(DeviceId::new).collect();
        let whole = rest.is_empty() && holders.len() <= MAX_HOLDERS;
        let ascending = holders.is_sorted_by(|a, b| a < b);
        (whole && ascending).then_some(Self { counter, statement, holders })
    }
}

impl Announcement {
    fn parse(header: &Header, reader: &mut Reader<'_>) -> Option<Self> {
        let announcement = Self {
            nonce: reader.array()?,
            answers: reader.array()?,
            question: Question::parse(reader)?,
            entry: reader.array()?,
            keys: AgreementKey::parse(header.suite, reader)?,
        };
        let Self { entry, keys, .. } = &announcement;
        let Header { call, sender, suite, .. } = header;
        let named = IncarnationId::of(call, *sender, *suite, entry, keys.as_ref());
        (named == header.from).then_some(announcement)
    }
}

impl Envelope {
    /// The part of `enc` that the host needs, see [`Suite::kem`].
    pub fn host_part(&self) -> &[u8] {
        self.enc.get(CIPHERTEXT_LEN..).unwrap_or(&self.enc)
    }

    fn parse(suite: Suite, mut reader: Reader<'_>) -> Option<Self> {
        let statement = Statement::parse(&mut reader)?;
        let question = Question::parse(&mut reader)?;
        let enc = reader.take(enc_len(suite))?.to_vec();
        let length = reader.left().checked_sub(content::COUNTERS_LEN + TAG_LEN)?;
        let ciphertext = reader.rest().to_vec();
        let envelope = Self { statement, question, enc, ciphertext };
        let whole = suite == Suite::Rsa || Point::parse(envelope.host_part()).is_some();
        (whole && KEY_LENGTHS.contains(&length)).then_some(envelope)
    }
}

const fn enc_len(suite: Suite) -> usize {
    match suite {
        Suite::P256 => POINT_LEN,
        Suite::MlKem768P256 => CIPHERTEXT_LEN + POINT_LEN,
        Suite::Rsa => RSA_LEN,
    }
}
