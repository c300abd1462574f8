//! Messages that a leaf key signs.

use super::{Branch, Reader, header};
use crate::identity::{CallId, Certificate, DeviceId, Draft, Point, SIGNATURE};

/// A signed message. Its certificate and its signature are not verified.
#[derive(Debug)]
pub struct Note<'a> {
    certificate: Certificate,
    counter: u64,
    body: Body<'a>,
    to_sign: Vec<u8>,
    signature: &'a [u8],
}

/// What a note says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Where the sender's branch is.
    Beacon(Beacon),
    /// The sender asks for the way into a branch, or for commits that it missed.
    Ask(Ask<'a>),
    /// The way into a branch.
    Info(Info<'a>),
}

/// Where a branch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// The number of its epoch.
    pub epoch: u64,
    /// The epoch's name.
    pub branch: Branch,
    /// The leaf of the sender.
    pub leaf: u32,
}

/// A question of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask<'a> {
    /// Comes back with the answer.
    pub nonce: [u8; 16],
    /// Whether the sender has no group.
    pub is_out: bool,
    /// Whether it wants a GroupInfo; otherwise only the commits that it missed.
    pub wants_info: bool,
    /// The epoch that it has; zeros if it has none.
    pub branch: Branch,
    /// What the GroupInfo is sealed to.
    pub key: &'a [u8],
}

/// The answer to an [`Ask`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info<'a> {
    /// The device that asked.
    pub to: DeviceId,
    /// The nonce of its question.
    pub nonce: [u8; 16],
    /// The epoch of the GroupInfo.
    pub branch: Branch,
    /// The branch's lowest live leaf, and its device.
    pub lead: (u32, DeviceId),
    /// The leaf that the device has there.
    pub leaf: Option<u32>,
    /// HPKE's encapsulation.
    pub enc: &'a [u8],
    /// The sealed GroupInfo.
    pub ciphertext: &'a [u8],
}

/// A note that waits for its signature.
#[derive(Debug)]
pub struct Unsigned(Vec<u8>);

const LABEL: &[u8] = b"sealframe/1 mls note";
const OUT: u8 = 1;
const WANTS_INFO: u8 = 2;
const NO_LEAF: u32 = u32::MAX;

impl Unsigned {
    /// What `certificate`'s leaf says.
    pub fn new(certificate: &Certificate, counter: u64, body: &Body<'_>) -> Self {
        let mut bytes = header(body.kind(), certificate.call());
        bytes.extend_from_slice(certificate.device().as_bytes());
        bytes.extend_from_slice(certificate.leaf().as_bytes());
        bytes.extend_from_slice(certificate.signature());
        bytes.extend_from_slice(&counter.to_be_bytes());
        body.write(&mut bytes);
        Self(bytes)
    }

    /// What the leaf key signs.
    pub fn to_sign(&self) -> Vec<u8> {
        [LABEL, &self.0].concat()
    }

    /// The message; `None` for a signature of more than 255 bytes.
    pub fn signed(self, signature: &[u8]) -> Option<Vec<u8>> {
        let length = u8::try_from(signature.len()).ok()?;
        let mut bytes = self.0;
        bytes.push(length);
        bytes.extend_from_slice(signature);
        Some(bytes)
    }
}

impl<'a> Note<'a> {
    pub(super) fn read(
        kind: u8,
        call: CallId,
        bytes: &'a [u8],
        mut reader: Reader<'a>,
    ) -> Option<Self> {
        let device = DeviceId::new(reader.array()?);
        let leaf = Point::parse(reader.take(Point::LEN)?)?;
        let certified = reader.array::<SIGNATURE>()?;
        let certificate = Certificate::from_parts(Draft::new(device, call, leaf), certified);
        let counter = reader.u64()?;
        let body = Body::read(kind, &mut reader)?;
        let to_sign = [LABEL, &bytes[..bytes.len() - reader.rest().len()]].concat();
        let length = reader.u8()?;
        let signature = reader.rest();
        let note = Self { certificate, counter, body, to_sign, signature };
        (signature.len() == usize::from(length)).then_some(note)
    }

    /// The leaf that signed it, by its own account.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Grows with each note of a leaf.
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// What it says.
    pub const fn body(&self) -> &Body<'a> {
        &self.body
    }

    /// What the leaf has signed.
    pub fn to_sign(&self) -> &[u8] {
        &self.to_sign
    }

    /// The signature.
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }
}

impl<'a> Body<'a> {
    const fn kind(&self) -> u8 {
        match self {
            Self::Beacon(_) => 2,
            Self::Ask(_) => 3,
            Self::Info(_) => 4,
        }
    }

    fn read(kind: u8, reader: &mut Reader<'a>) -> Option<Self> {
        match kind {
            2 => Beacon::read(reader).map(Self::Beacon),
            3 => Ask::read(reader).map(Self::Ask),
            4 => Info::read(reader).map(Self::Info),
            _ => None,
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Beacon(beacon) => beacon.write(bytes),
            Self::Ask(ask) => ask.write(bytes),
            Self::Info(info) => info.write(bytes),
        }
    }
}

impl Beacon {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { epoch: reader.u64()?, branch: reader.array()?, leaf: reader.u32()? })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.branch);
        bytes.extend_from_slice(&self.leaf.to_be_bytes());
    }
}

impl<'a> Ask<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let nonce = reader.array()?;
        let flags = reader.u8().filter(|flags| *flags <= OUT | WANTS_INFO)?;
        let (is_out, wants_info) = (flags & OUT != 0, flags & WANTS_INFO != 0);
        let (branch, key) = (reader.array()?, reader.vector()?);
        Some(Self { nonce, is_out, wants_info, branch, key })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let flags = (u8::from(self.is_out) * OUT) | (u8::from(self.wants_info) * WANTS_INFO);
        bytes.extend_from_slice(&self.nonce);
        bytes.push(flags);
        bytes.extend_from_slice(&self.branch);
        write_vector(self.key, bytes);
    }
}

impl<'a> Info<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            to: DeviceId::new(reader.array()?),
            nonce: reader.array()?,
            branch: reader.array()?,
            lead: (reader.u32()?, DeviceId::new(reader.array()?)),
            leaf: Some(reader.u32()?).filter(|leaf| *leaf != NO_LEAF),
            enc: reader.vector()?,
            ciphertext: reader.vector()?,
        })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.to.as_bytes());
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.branch);
        bytes.extend_from_slice(&self.lead.0.to_be_bytes());
        bytes.extend_from_slice(self.lead.1.as_bytes());
        bytes.extend_from_slice(&self.leaf.unwrap_or(NO_LEAF).to_be_bytes());
        write_vector(self.enc, bytes);
        write_vector(self.ciphertext, bytes);
    }
}

fn write_vector(of: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&(of.len() as u32).to_be_bytes()); // below 2^20: see LONGEST
    bytes.extend_from_slice(of);
}
