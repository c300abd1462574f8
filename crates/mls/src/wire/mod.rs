//! Messages between devices.
//!
//! ```text
//! header  = u8 version = 1 ‖ u8 type ‖ call (16)                                            18 bytes
//! commit  = header (type 1) ‖ branch (8) of the epoch that it ends ‖ MLSMessage
//! note    = header (type 2 to 4) ‖ device id (16) ‖ leaf key (65) ‖ certificate's signature (64)
//!           ‖ u64 counter ‖ body ‖ u8 length ‖ signature
//! beacon  = u64 epoch ‖ branch (8) ‖ u32 leaf                                        body of type 2
//! ask     = nonce (16) ‖ u8 flags ‖ branch (8), or zeros ‖ vector HPKE key           body of type 3
//! info    = device id (16) ‖ nonce (16) ‖ branch (8) ‖ u32 leaf ‖ device id (16) ‖ u32 leaf
//!           ‖ vector enc ‖ vector ct                                                 body of type 4
//! vector  = u32 length ‖ bytes
//!
//! signature = by the leaf key, as the suite signs, over "sealframe/1 mls note" ‖ everything before
//!             the length
//! flags     = 1: the sender has no group; 2: it wants a GroupInfo
//! enc, ct   = HPKE base mode of the suite, to the HPKE key of the ask, of a GroupInfo (an MLSMessage),
//!             with info = "sealframe/1 mls info" ‖ call ‖ device id ‖ nonce
//! ```
//! An info names the device that it is for, the nonce of its ask, the branch, the branch's lowest live
//! leaf with its device, and the leaf that the device has in it (or 2^32 - 1).

mod note;
mod reader;

pub use note::{Ask, Beacon, Body, Info, Note, Unsigned};

use crate::Error;
use crate::identity::CallId;
use reader::Reader;

/// Names an epoch of a branch: see [`crate::group`].
pub type Branch = [u8; 8];

/// A longer message, in bytes, is refused: a hybrid GroupInfo of 200 members has 556 KB.
pub const LONGEST: usize = 1 << 20;

const VERSION: u8 = 1;
const COMMIT: u8 = 1;

/// A message that can be read. Nothing of it is verified.
#[derive(Debug)]
pub enum Message<'a> {
    /// A commit, and the branch of the epoch that it ends.
    Commit(Branch, &'a [u8]),
    /// Anything else.
    Note(Box<Note<'a>>),
}

impl<'a> Message<'a> {
    /// Reads a message of `call`.
    ///
    /// # Errors
    /// [`Error::BadMessage`], [`Error::UnsupportedVersion`], [`Error::WrongCall`].
    pub fn parse(bytes: &'a [u8], call: CallId) -> Result<Self, Error> {
        if bytes.len() > LONGEST {
            return Err(Error::BadMessage);
        }
        let mut reader = Reader::new(bytes);
        let version = reader.u8().ok_or(Error::BadMessage)?;
        if version != VERSION {
            return Err(Error::UnsupportedVersion);
        }
        let kind = reader.u8().ok_or(Error::BadMessage)?;
        let of = CallId::new(reader.array().ok_or(Error::BadMessage)?);
        if of != call {
            return Err(Error::WrongCall);
        }
        let message = match kind {
            COMMIT => reader.array().map(|branch| Self::Commit(branch, reader.rest())),
            _ => Note::read(kind, call, bytes, reader).map(Box::new).map(Self::Note),
        };
        message.ok_or(Error::BadMessage)
    }
}

/// A commit for the epoch of `branch`.
pub fn commit(call: CallId, branch: Branch, message: &[u8]) -> Vec<u8> {
    [&header(COMMIT, call)[..], &branch, message].concat()
}

fn header(kind: u8, call: CallId) -> Vec<u8> {
    [&[VERSION, kind], call.as_bytes().as_slice()].concat()
}
