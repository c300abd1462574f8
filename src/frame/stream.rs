//! A stream: one direction of one track.

use super::suspicion::Suspicion;
use crate::Error;
use crate::codec::Kind;
use crate::key::{Receiver, SenderIndex, Track};
use alloc::boxed::Box;

/// Names a stream of its engine. The number of a stream that was released names no other stream until
/// 65,536 more have taken its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamIndex(pub u32);

/// A track's name as both ends know it: up to 255 bytes that enter the metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label(Box<str>);

/// Which way frames go.
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
    pub(super) kind: Kind,
    pub(super) label: Label,
    pub(super) track: Track,
    pub(super) receiver: Receiver,
    pub(super) suspicion: Suspicion,
}

impl Label {
    /// Longest label in bytes.
    pub const MAX: usize = 255;

    /// The label itself.
    pub const fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) const fn len(&self) -> u8 {
        self.0.len() as u8 // at most MAX
    }
}

impl TryFrom<&str> for Label {
    type Error = Error;

    /// # Errors
    /// [`Error::BadArgument`] beyond 255 bytes, or with a control character in it.
    fn try_from(label: &str) -> Result<Self, Error> {
        if label.len() > Self::MAX || label.contains(char::is_control) {
            return Err(Error::BadArgument);
        }
        Ok(Self(label.into()))
    }
}
