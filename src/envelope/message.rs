//! The three key messages, byte for byte.
//!
//! ```text
//! header   = u8 version = 1 ‖ u8 type ‖ u8 suite ‖ call, 16 bytes
//!            ‖ sender, 16 bytes ‖ recipient, 16 bytes ‖ u64 serial              59 bytes
//! envelope = header (type 1) ‖ u64 kid ‖ enc ‖ ct ‖ signature                   211 or 243 and enc
//! ack      = header (type 2) ‖ u64 kid ‖ signature                              131
//! request  = header (type 3) ‖ nonce, 16 bytes ‖ signature                      139
//! enc      = suite 1: point, 65 bytes
//!            suite 2: ML-KEM-768 ciphertext, 1088 bytes ‖ point, 65 bytes
//!            suite 3: RSA-OAEP ciphertext, 256 bytes
//! ```
//! Numbers are big-endian. `suite` is the version of the recipient's bundle, `call` the first half
//! of the call id's SHA-256, `ct` a [`Content`] and its tag. The signature, ECDSA on
//! P-256 with SHA-256 as WebCrypto makes it (`r ‖ s`), covers a label and everything in front of it.

use super::bundle::{DeviceId, RSA};
use super::content::Content;
use super::hpke::TAG;
use super::hybrid::CIPHERTEXT;
use super::kdf::sha256_16;
use super::kem::{POINT, Point};
use super::suite::Suite;
use crate::Error;
use crate::bytes::Reader;
use crate::key::DeviceKid;
use crate::sframe::Kid;
use alloc::{vec, vec::Vec};

/// The only version of the key messages.
const VERSION: u8 = 1;
/// An own key at the start of its generation, or one that the ratchet made.
const KEY_LENGTHS: [usize; 2] = [32, 64];
/// What stands in front of every key message when it is signed, so that a signature made for
/// something else is never one of a key message.
const LABEL: &[u8] = b"sealframe/1 key message";

/// Names a call: the first half of its id's SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTag([u8; 16]);

/// What every message begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// That of the recipient's bundle.
    pub suite: Suite,
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
        /// Drawn once for each time that the recipient comes onto the roster.
        nonce: [u8; NONCE],
    },
}

/// A key, sealed with HPKE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The KID of the key.
    pub kid: DeviceKid,
    /// What the sender encapsulated, of the length and form of the header's suite.
    pub enc: Vec<u8>,
    /// The sealed [`Content`] with its tag.
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

/// Length of a signature in bytes.
pub const SIGNATURE: usize = 64;

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
    /// [`Error::UnsupportedVersion`], also of a suite, or [`Error::BadMessage`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (&version, _) = bytes.split_first().ok_or(Error::BadMessage)?;
        if version != VERSION {
            return Err(Error::UnsupportedVersion);
        }
        let (signed, signature) = bytes.split_last_chunk().ok_or(Error::BadMessage)?;
        let mut reader = Reader::new(signed);
        let [_version, kind, suite] = reader.array().ok_or(Error::BadMessage)?;
        let suite = Suite::from_number(suite).ok_or(Error::UnsupportedVersion)?;
        let header = Header::parse(suite, &mut reader).ok_or(Error::BadMessage)?;
        let body = Body::parse(kind, suite, reader).ok_or(Error::BadMessage)?;
        Ok(Self { header, body, signed, signature: *signature })
    }

    /// What its sender's device must have signed.
    pub fn to_verify(&self) -> Vec<u8> {
        to_sign(self.signed)
    }

    /// The signature that it bears, `r ‖ s`.
    pub const fn signature(&self) -> &[u8; SIGNATURE] {
        &self.signature
    }
}

impl Unsigned {
    /// An ack of the envelope with this header and KID: sender and recipient change places, and
    /// the suite becomes that of the envelope's sender.
    pub fn ack(envelope: &Header, suite: Suite, kid: DeviceKid) -> Self {
        let (sender, recipient) = (envelope.recipient, envelope.sender);
        let mut bytes = Header { suite, sender, recipient, ..*envelope }.write(ACK);
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
    pub(super) fn envelope(header: &Header, kid: DeviceKid, enc: &[u8], ciphertext: &[u8]) -> Self {
        Self([&envelope_context(header, kid), enc, ciphertext].concat())
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
            serial: reader.u64()?,
        })
    }

    fn write(&self, kind: u8) -> Vec<u8> {
        let mut bytes = vec![VERSION, kind, self.suite.number()];
        bytes.extend(self.call.0);
        bytes.extend(self.sender.as_bytes());
        bytes.extend(self.recipient.as_bytes());
        bytes.extend(self.serial.to_be_bytes());
        bytes
    }
}

impl Body {
    fn parse(kind: u8, suite: Suite, mut reader: Reader<'_>) -> Option<Self> {
        let body = match kind {
            ENVELOPE => return Envelope::parse(suite, reader).map(Self::Envelope),
            ACK => Self::Ack { kid: parse_kid(&mut reader)? },
            REQUEST => Self::Request { nonce: reader.array()? },
            _ => return None,
        };
        (reader.left() == 0).then_some(body)
    }
}

impl Envelope {
    /// The part of `enc` that the outside needs, see [`Suite::kem`].
    pub fn outside(&self) -> &[u8] {
        self.enc.get(CIPHERTEXT..).unwrap_or(&self.enc)
    }

    fn parse(suite: Suite, mut reader: Reader<'_>) -> Option<Self> {
        let kid = parse_kid(&mut reader)?;
        let enc = reader.take(enc_len(suite))?.to_vec();
        let length = reader.left().checked_sub(Content::BESIDE + TAG)?;
        let ciphertext = reader.rest().to_vec();
        let envelope = Self { kid, enc, ciphertext };
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
