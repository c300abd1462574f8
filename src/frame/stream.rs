//! A stream: one direction of one track.

use super::plaintext_detector::PlaintextDetector;
use crate::Error;
use crate::MediaKind;
use crate::key::{Receiver, SenderIndex, Track};
use alloc::boxed::Box;

/// The number of a stream in its cryptor. The number of a released stream is not used again before
/// 65,536 other streams took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamIndex(pub u32);

/// A track's name at both ends: at most 255 bytes. They enter the metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label(Box<str>);

/// The direction of a stream's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From our encoder to the network, under our own key.
    Seal,
    /// From the network to our decoder, under a key of this sender.
    Open(SenderIndex),
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) direction: Direction,
    pub(super) kind: MediaKind,
    pub(super) label: Label,
    pub(super) track: Track,
    pub(super) receiver: Receiver,
    pub(super) detector: PlaintextDetector,
}

impl Label {
    /// Longest label in bytes.
    pub const MAX_LEN: usize = 255;

    /// The label itself.
    pub const fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) const fn len(&self) -> u8 {
        self.0.len() as u8 // at most MAX_LEN
    }
}

impl TryFrom<&str> for Label {
    type Error = Error;

    /// # Errors
    /// [`Error::BadArgument`] above 255 bytes, or if it contains a control character.
    fn try_from(label: &str) -> Result<Self, Error> {
        if label.len() > Self::MAX_LEN || label.contains(char::is_control) {
            return Err(Error::BadArgument);
        }
        Ok(Self(label.into()))
    }
}
