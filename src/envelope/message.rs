//! The three key messages, byte for byte.
//!
//! ```text
//! header   = u8 version = 1 ‖ u8 type ‖ u8 suite = 1 ‖ call, 16 bytes
//!            ‖ sender, 16 bytes ‖ recipient, 16 bytes ‖ u64 serial              59 bytes
//! envelope = header (type 1) ‖ u64 kid ‖ enc, 65 bytes ‖ ct ‖ signature         244 or 276
//! ack      = header (type 2) ‖ u64 kid ‖ signature                              131
//! request  = header (type 3) ‖ nonce, 16 bytes ‖ signature                      139
//! ```
//! Numbers are big-endian. `call` is the first half of the call id's SHA-256, `ct` a base key of
//! 32 or 64 bytes and its tag. The signature covers a label and everything in front of it.

use super::bundle::DeviceId;
use super::hpke::TAG;
use super::kdf::sha256_16;
use super::kem::{AgreementKey, POINT};
use super::signature::{SIGNATURE, SigningKey, to_sign};
use crate::Error;
use crate::bytes::Reader;
use crate::key::DeviceKid;
use crate::sframe::Kid;
use alloc::{vec, vec::Vec};

/// The only version of the key messages.
const VERSION: u8 = 1;
/// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, ECDSA P-256 with SHA-256. Left free:
/// 2 for the hybrid KEM, 3 for RSA-OAEP.
const SUITE: u8 = 1;
/// An own key at the start of its generation, or one that the ratchet made.
const KEY_LENGTHS: [usize; 2] = [32, 64];

/// Names a call: the first half of its id's SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTag([u8; 16]);

/// What every message begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The call it belongs to.
    pub call: CallTag,
    /// Who signed it.
    pub sender: DeviceId,
    /// Whom it is for.
    pub recipient: DeviceId,
    /// Of an envelope or a request: grows with each that the sender makes. Of an ack: the serial
    /// of the envelope it answers.
    pub serial: u64,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A key.
    Envelope(Envelope),
    /// "I have the key you sent."
    Ack {
        /// The KID of that key.
        kid: DeviceKid,
    },
    /// "Send me your key."
    Request {
        /// Makes every request another message.
        nonce: [u8; NONCE],
    },
}

/// A base key, sealed with HPKE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The KID of the key.
    pub kid: DeviceKid,
    /// The encapsulated key: the sender's ephemeral public key.
    pub enc: AgreementKey,
    /// The sealed base key with its tag.
    pub ciphertext: Vec<u8>,
}

/// A parsed message; its signature is not checked yet.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Call, sender, recipient, serial.
    pub header: Header,
    /// What it says.
    pub body: Body,
    signed: &'a [u8],
    signature: [u8; SIGNATURE],
}

/// A message that lacks only its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned(Vec<u8>);

/// Length of a request's nonce in bytes.
pub const NONCE: usize = 16;

const ENVELOPE: u8 = 1;
const ACK: u8 = 2;
const REQUEST: u8 = 3;

impl CallTag {
    /// The tag of a call.
    pub fn of(call_id: &str) -> Self {
        Self(sha256_16(call_id.as_bytes()))
    }
}

impl<'a> Message<'a> {
    /// Reads a message. Its length must be exactly that of its type.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`] or [`Error::BadMessage`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (&version, _) = bytes.split_first().ok_or(Error::BadMessage)?;
        if version != VERSION {
            return Err(Error::UnsupportedVersion);
        }
        let (signed, signature) = bytes.split_last_chunk().ok_or(Error::BadMessage)?;
        let mut reader = Reader::new(signed);
        let (kind, suite, header) = Header::parse(&mut reader).ok_or(Error::BadMessage)?;
        if suite != SUITE {
            return Err(Error::UnsupportedVersion);
        }
        let body = Body::parse(kind, reader).ok_or(Error::BadMessage)?;
        Ok(Self { header, body, signed, signature: *signature })
    }

    /// Checks who signed it.
    ///
    /// # Errors
    /// [`Error::BadSignature`].
    pub fn verify(&self, sender: &SigningKey) -> Result<(), Error> {
        sender.verify(self.signed, &self.signature)
    }
}

impl Unsigned {
    /// An ack of the envelope with this header and KID: sender and recipient change places.
    pub fn ack(envelope: &Header, kid: DeviceKid) -> Self {
        let (sender, recipient) = (envelope.recipient, envelope.sender);
        let mut bytes = Header { sender, recipient, ..*envelope }.write(ACK);
        bytes.extend(kid.kid().0.to_be_bytes());
        Self(bytes)
    }

    /// A request.
    pub fn request(header: &Header, nonce: [u8; NONCE]) -> Self {
        let mut bytes = header.write(REQUEST);
        bytes.extend(nonce);
        Self(bytes)
    }

    /// An envelope around what HPKE gave.
    pub(super) fn envelope(
        header: &Header,
        kid: DeviceKid,
        enc: &[u8; POINT],
        ciphertext: &[u8],
    ) -> Self {
        Self([&envelope_context(header, kid), enc.as_slice(), ciphertext].concat())
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
    fn parse(reader: &mut Reader<'_>) -> Option<(u8, u8, Self)> {
        let [_version, kind, suite] = reader.array()?;
        let header = Self {
            call: CallTag(reader.array()?),
            sender: DeviceId::new(reader.array()?),
            recipient: DeviceId::new(reader.array()?),
            serial: reader.u64()?,
        };
        Some((kind, suite, header))
    }

    fn write(&self, kind: u8) -> Vec<u8> {
        let mut bytes = vec![VERSION, kind, SUITE];
        bytes.extend(self.call.0);
        bytes.extend(self.sender.as_bytes());
        bytes.extend(self.recipient.as_bytes());
        bytes.extend(self.serial.to_be_bytes());
        bytes
    }
}

impl Body {
    fn parse(kind: u8, mut reader: Reader<'_>) -> Option<Self> {
        let body = match kind {
            ENVELOPE => return Envelope::parse(reader).map(Self::Envelope),
            ACK => Self::Ack { kid: parse_kid(&mut reader)? },
            REQUEST => Self::Request { nonce: reader.array()? },
            _ => return None,
        };
        (reader.left() == 0).then_some(body)
    }
}

impl Envelope {
    fn parse(mut reader: Reader<'_>) -> Option<Self> {
        let kid = parse_kid(&mut reader)?;
        let enc = AgreementKey::parse(&reader.array()?)?;
        let length = reader.left().checked_sub(TAG)?;
        let ciphertext = reader.rest().to_vec();
        KEY_LENGTHS.contains(&length).then_some(Self { kid, enc, ciphertext })
    }
}

/// The part of an envelope in front of `enc`: version, type, suite, call, sender, recipient,
/// serial and KID.
pub(super) fn envelope_context(header: &Header, kid: DeviceKid) -> Vec<u8> {
    let mut bytes = header.write(ENVELOPE);
    bytes.extend(kid.kid().0.to_be_bytes());
    bytes
}

fn parse_kid(reader: &mut Reader<'_>) -> Option<DeviceKid> {
    DeviceKid::parse(Kid(reader.u64()?))
}
