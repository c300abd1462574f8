//! The four key messages, byte for byte.
//!
//! ```text
//! header    = u8 version = 2 ‖ u8 type ‖ u8 suite ‖ call, 16 bytes ‖ sender, 16 bytes
//!             ‖ recipient, 16 bytes ‖ sender's incarnation, 16 bytes
//!             ‖ recipient's incarnation, 16 bytes, zeros: unknown ‖ u64 counter     91 bytes
//! question  = nonce, 16 bytes ‖ roster digest, 32 bytes                             48
//! statement = u64 kid ‖ answers, 16 bytes ‖ holders digest, 32 bytes                56
//! envelope  = header (type 1) ‖ statement ‖ question ‖ enc ‖ ct ‖ signature         259, enc, ct
//! ack       = header (type 2) ‖ u64 counter of the envelope ‖ statement ‖ holders
//!             ‖ signature                                                           219, holders
//! announce  = header (type 3) ‖ nonce, 16 bytes ‖ answers, 16 bytes ‖ question
//!             ‖ entry, 16 bytes ‖ keys ‖ signature                                  251 and keys
//! twice     = header (type 4) ‖ kept incarnation, 16 bytes ‖ signature              171
//! keys      = suite 1: point, 65 bytes
//!             suite 2: point, 65 bytes ‖ ML-KEM-768 key, 1184 bytes
//!             suite 3: nothing
//! enc       = suite 1: point, 65 bytes
//!             suite 2: ML-KEM-768 ciphertext, 1088 bytes ‖ point, 65 bytes
//!             suite 3: RSA-OAEP ciphertext, 256 bytes
//! ```
//! The `holders` of an ack are either empty or the device ids in the statement's digest, in
//! ascending order, 16 bytes each. Numbers are big-endian. `suite` is the suite of an
//! announcement's sender, and of the recipient of every other message. `call` is the first half of
//! the SHA-256 of the call id. The signature is ECDSA on P-256 with SHA-256 as WebCrypto makes it
//! (`r ‖ s`). It covers a label and everything in front of it.

use super::agreement::AgreementKey;
use super::body::{Ack, Body, Nonce, Question, Statement};
use super::header::{Header, VERSION};
use super::incarnation::{IncarnationId, OwnDevice};
use super::suite::Suite;
use crate::Error;
use crate::bytes::Reader;
use alloc::vec::Vec;

/// Length of a signature in bytes.
pub const SIGNATURE_LEN: usize = 64;
/// Stands in front of every key message when it is signed, so that a signature made for another
/// purpose never verifies for a key message.
const LABEL: &[u8] = b"sealframe/2 key message";

/// A parsed message. Its signature is not verified yet.
#[derive(Clone, Debug)]
pub struct Message {
    /// Call, devices, incarnations, counter.
    pub header: Header,
    /// The part after the header.
    pub body: Body,
    to_verify: Vec<u8>,
    signature: [u8; SIGNATURE_LEN],
}

/// A message that lacks only its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned(Vec<u8>);

impl Message {
    /// Reads a message. Its length must be exactly that of its type, and an announcement's keys
    /// must be those of the incarnation that its header names.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`], also for an unknown suite, or [`Error::BadMessage`].
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

    /// The bytes that the sender's device must have signed.
    pub fn to_verify(&self) -> &[u8] {
        &self.to_verify
    }

    /// The signature on the message, `r ‖ s`.
    pub const fn signature(&self) -> &[u8; SIGNATURE_LEN] {
        &self.signature
    }
}

impl Unsigned {
    /// An ack.
    pub fn ack(header: &Header, ack: &Ack) -> Self {
        let mut bytes = header.write(Body::ACK);
        bytes.extend(ack.counter.to_be_bytes());
        ack.statement.write(&mut bytes);
        ack.holders.iter().for_each(|id| bytes.extend(id.as_bytes()));
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
        let mut bytes = header.write(Body::ANNOUNCEMENT);
        bytes.extend(nonce);
        bytes.extend(answers);
        question.write(&mut bytes);
        bytes.extend(own.entry());
        bytes.extend(own.keys().map(AgreementKey::to_bytes).unwrap_or_default());
        Self(bytes)
    }

    /// A note to an incarnation that is refused because `kept` is alive as well.
    pub fn twice(header: &Header, kept: IncarnationId) -> Self {
        let mut bytes = header.write(Body::TWICE);
        bytes.extend(kept.as_bytes());
        Self(bytes)
    }

    /// An envelope around HPKE's results.
    pub(super) fn envelope(context: &[u8], enc: &[u8], ciphertext: &[u8]) -> Self {
        Self([context, enc, ciphertext].concat())
    }

    /// The bytes that the device signs.
    pub fn to_sign(&self) -> Vec<u8> {
        to_sign(&self.0)
    }

    /// The finished message.
    pub fn signed(&self, signature: &[u8; SIGNATURE_LEN]) -> Vec<u8> {
        [self.0.as_slice(), signature].concat()
    }
}

/// The part of an envelope in front of `enc`: header, statement and question.
pub(super) fn envelope_context(
    header: &Header,
    statement: &Statement,
    question: &Question,
) -> Vec<u8> {
    let mut bytes = header.write(Body::ENVELOPE);
    statement.write(&mut bytes);
    question.write(&mut bytes);
    bytes
}

/// The bytes that a device signs for `message`.
fn to_sign(message: &[u8]) -> Vec<u8> {
    [LABEL, message].concat()
}
