//! The four key messages, byte for byte.
//!
//! ```text
//! header    = u8 version = 2 ‖ u8 type ‖ u8 suite ‖ call, 16 bytes ‖ sender, 16 bytes
//!             ‖ recipient, 16 bytes ‖ sender's incarnation, 16 bytes
//!             ‖ recipient's incarnation, 16 bytes, zeros: none is known ‖ u64 counter       91 bytes
//! question  = nonce, 16 bytes ‖ roster digest, 32 bytes                                     48
//! statement = u64 kid ‖ answers, 16 bytes ‖ holders digest, 32 bytes                        56
//! envelope  = header (type 1) ‖ statement ‖ question ‖ enc ‖ ct ‖ signature                 259, enc, ct
//! ack       = header (type 2) ‖ u64 counter of the envelope ‖ statement ‖ signature         219
//! announce  = header (type 3) ‖ nonce, 16 bytes ‖ answers, 16 bytes ‖ question
//!             ‖ entry, 16 bytes ‖ keys ‖ signature                                          251 and keys
//! twice     = header (type 4) ‖ kept incarnation, 16 bytes ‖ signature                      171
//! keys      = suite 1: point, 65 bytes
//!             suite 2: point, 65 bytes ‖ ML-KEM-768 key, 1184 bytes
//!             suite 3: nothing
//! enc       = suite 1: point, 65 bytes
//!             suite 2: ML-KEM-768 ciphertext, 1088 bytes ‖ point, 65 bytes
//!             suite 3: RSA-OAEP ciphertext, 256 bytes
//! ```
//! Numbers are big-endian. `suite` is that of an announcement's sender, and of the recipient of
//! every other message; `call` is the first half of the call id's SHA-256. The signature, ECDSA on
//! P-256 with SHA-256 as WebCrypto makes it (`r ‖ s`), covers a label and everything in front of it.

use super::agreement::AgreementKey;
use super::bundle::{DeviceId, RSA};
use super::content;
use super::hpke::TAG;
use super::hybrid::CIPHERTEXT;
use super::incarnation::{IncarnationId, OwnDevice};
use super::kdf::sha256_16;
use super::kem::{POINT, Point};
use super::suite::Suite;
use crate::Error;
use crate::bytes::Reader;
use crate::key::DeviceKid;
use crate::sframe::Kid;
use alloc::boxed::Box;
use alloc::{vec, vec::Vec};

/// The only version of the key messages. Version 1 had no incarnations.
const VERSION: u8 = 2;
/// An own key at the start of its generation, or one that the ratchet made.
const KEY_LENGTHS: [usize; 2] = [32, 64];
/// What stands in front of every key message when it is signed, so that a signature made for
/// something else is never one of a key message.
const LABEL: &[u8] = b"sealframe/2 key message";

/// Names a call: the first half of its id's SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTag([u8; 16]);

/// Random bytes that an answer repeats.
pub type Nonce = [u8; NONCE];

/// What every message begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// That of an announcement's sender; of any other message's recipient.
    pub suite: Suite,
    /// The call it belongs to.
    pub call: CallTag,
    /// Who signed it.
    pub sender: DeviceId,
    /// Whom it is for.
    pub recipient: DeviceId,
    /// The sender's incarnation.
    pub from: IncarnationId,
    /// The newest incarnation of the recipient that the sender knows.
    pub to: Option<IncarnationId>,
    /// Grows with each message that this incarnation makes, for whomever.
    pub counter: u64,
}

/// What a device asks with each announcement and envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Drawn when the device enters, and when it removes a member.
    pub nonce: Nonce,
    /// Of the devices on its roster, see [`super::roster_digest`].
    pub roster: [u8; 32],
}

/// What a device says of its newest key with each envelope and ack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The key's KID.
    pub kid: DeviceKid,
    /// The nonce of the newest question that was heard of the recipient.
    pub answers: Nonce,
    /// Of the devices on its roster and those that the key's generation was given to.
    pub holders: [u8; 32],
}

/// What a message says.
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
    /// Of the key that is sealed.
    pub statement: Statement,
    /// The sender's.
    pub question: Question,
    /// What the sender encapsulated, of the length and form of the header's suite.
    pub enc: Vec<u8>,
    /// The sealed content with its tag.
    pub ciphertext: Vec<u8>,
}

/// The answer to an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Of the envelope.
    pub counter: u64,
    /// Of the key of the ack's sender.
    pub statement: Statement,
}

/// A device's incarnation, and what is to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Open: whoever answers it was alive after it was drawn.
    pub nonce: Nonce,
    /// A nonce of the recipient, or zeros.
    pub answers: Nonce,
    /// The sender's.
    pub question: Question,
    /// Random bytes that tell incarnations apart.
    pub entry: Nonce,
    /// What envelopes to this incarnation are sealed to; nothing of an RSA device, whose bundle has
    /// it.
    pub keys: Option<AgreementKey>,
}

/// A parsed message; its signature is not checked yet.
#[derive(Clone, Debug)]
pub struct Message {
    /// Call, devices, incarnations, counter.
    pub header: Header,
    /// What it says.
    pub body: Body,
    to_verify: Vec<u8>,
    signature: [u8; SIGNATURE],
}

/// A message that lacks only its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned(Vec<u8>);

/// Length of a signature in bytes.
pub const SIGNATURE: usize = 64;
/// Length of a nonce in bytes.
pub const NONCE: usize = 16;

const ENVELOPE: u8 = 1;
const ACK: u8 = 2;
const ANNOUNCEMENT: u8 = 3;
const TWICE: u8 = 4;

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

impl Message {
    /// Reads a message. Its length must be exactly that of its type, and an announcement's keys
    /// those of the incarnation that its header names.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`], also of a suite, or [`Error::BadMessage`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let (&version, _) = bytes.split_first().ok_or(Error::BadMessage)?;
        if version != VERSION {
            return Err(Error::UnsupportedVersion);
        }
        let (signed, signature) = bytes.split_last_chunk().ok_or(Error::BadMessage)?;
        let mut reader = Reader::new(signed);
        let [_version, kind, suite] = reader.array().ok_or(Error::BadMessage)?;
        let suite = Suite::from_number(suite).ok_or(Error::UnsupportedVersion)?;
        let header = Header::parse(suite, &mut reader).ok_or(Error::BadMessage)?;
        let body = Body::parse(kind, &header, reader).ok_or(Error::BadMessage)?;
        Ok(Self { header, body, to_verify: to_sign(signed), signature: *signature })
    }

    /// What its sender's device must have signed.
    pub fn to_verify(&self) -> &[u8] {
        &self.to_verify
    }

    /// The signature that it bears, `r ‖ s`.
    pub const fn signature(&self) -> &[u8; SIGNATURE] {
        &self.signature
    }
}

impl Unsigned {
    /// An ack.
    pub fn ack(header: &Header, ack: &Ack) -> Self {
        let mut bytes = header.write(ACK);
        bytes.extend(ack.counter.to_be_bytes());
        ack.statement.write(&mut bytes);
        Self(bytes)
    }

    /// The announcement of our own incarnation.
    pub fn announcement(
        header: &Header,
        own: &OwnDevice,
        nonce: Nonce,
        answers: Nonce,
        question: &Question,
    ) -> Self {
        let mut bytes = header.write(ANNOUNCEMENT);
        bytes.extend(nonce);
        bytes.extend(answers);
        question.write(&mut bytes);
        bytes.extend(own.entry());
        bytes.extend(own.keys().map(AgreementKey::to_bytes).unwrap_or_default());
        Self(bytes)
    }

    /// To an incarnation that is refused because `kept` is alive as well.
    pub fn twice(header: &Header, kept: IncarnationId) -> Self {
        let mut bytes = header.write(TWICE);
        bytes.extend(kept.as_bytes());
        Self(bytes)
    }

    /// An envelope around what HPKE gave.
    pub(super) fn envelope(context: &[u8], enc: &[u8], ciphertext: &[u8]) -> Self {
        Self([context, enc, ciphertext].concat())
    }

    /// The bytes that the device signs.
    pub fn to_sign(&self) -> Vec<u8> {
        to_sign(&self.0)
    }

    /// The finished message.
    pub fn signed(&self, signature: &[u8; SIGNATURE]) -> Vec<u8> {
        [self.0.as_slice(), signature].concat()
    }
}

impl Header {
    fn parse(suite: Suite, reader: &mut Reader<'_>) -> Option<Self> {
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

    fn write(&self, kind: u8) -> Vec<u8> {
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

impl Body {
    fn parse(kind: u8, header: &Header, mut reader: Reader<'_>) -> Option<Self> {
        let body = match kind {
            ENVELOPE => {
                return Envelope::parse(header.suite, reader)
                    .map(|it| Self::Envelope(Box::new(it)));
            }
            ACK => {
                Self::Ack(Ack { counter: reader.u64()?, statement: Statement::parse(&mut reader)? })
            }
            ANNOUNCEMENT => Self::Announcement(Box::new(Announcement::parse(header, &mut reader)?)),
            TWICE => Self::Twice { kept: IncarnationId::parse(reader.array()?)? },
            _ => return None,
        };
        (reader.left() == 0).then_some(body)
    }
}

impl Question {
    fn parse(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { nonce: reader.array()?, roster: reader.array()? })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.nonce);
        bytes.extend(self.roster);
    }
}

impl Statement {
    fn parse(reader: &mut Reader<'_>) -> Option<Self> {
        let kid = DeviceKid::parse(Kid(reader.u64()?))?;
        Some(Self { kid, answers: reader.array()?, holders: reader.array()? })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.kid.kid().0.to_be_bytes());
        bytes.extend(self.answers);
        bytes.extend(self.holders);
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
    /// The part of `enc` that the outside needs, see [`Suite::kem`].
    pub fn outside(&self) -> &[u8] {
        self.enc.get(CIPHERTEXT..).unwrap_or(&self.enc)
    }

    fn parse(suite: Suite, mut reader: Reader<'_>) -> Option<Self> {
        let statement = Statement::parse(&mut reader)?;
        let question = Question::parse(&mut reader)?;
        let enc = reader.take(enc_len(suite))?.to_vec();
        let length = reader.left().checked_sub(content::BESIDE + TAG)?;
        let ciphertext = reader.rest().to_vec();
        let envelope = Self { statement, question, enc, ciphertext };
        let whole = suite == Suite::Rsa || Point::parse(envelope.outside()).is_some();
        (whole && KEY_LENGTHS.contains(&length)).then_some(envelope)
    }
}

const fn enc_len(suite: Suite) -> usize {
    match suite {
        Suite::P256 => POINT,
        Suite::MlKem768P256 => CIPHERTEXT + POINT,
        Suite::Rsa => RSA,
    }
}

/// What a device signs for `message`.
fn to_sign(message: &[u8]) -> Vec<u8> {
    [LABEL, message].concat()
}

/// The part of an envelope in front of `enc`: header, statement and question.
pub(super) fn envelope_context(
    header: &Header,
    statement: &Statement,
    question: &Question,
) -> Vec<u8> {
    let mut bytes = header.write(ENVELOPE);
    statement.write(&mut bytes);
    question.write(&mut bytes);
    bytes
}
