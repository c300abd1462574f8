//! A stream: one direction of one track, with its counters.

use super::suspicion::Suspicion;
use crate::Error;
use crate::codec::Kind;
use crate::key::{SenderIndex, Track};
use alloc::boxed::Box;

/// Where a stream is found in its engine.
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

/// What has happened on a stream so far.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Frames sealed or opened.
    pub frames: u64,
    /// Bytes of original frames.
    pub bytes: u64,
    /// Bytes that sealing added (sealing) or that opening took away (opening).
    pub overhead: u64,
    /// Frames of no bytes, which pass as nothing.
    pub empty: u64,
    dropped: [u64; Error::ALL.len()],
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) direction: Direction,
    pub(super) kind: Kind,
    pub(super) label: Label,
    pub(super) track: Track,
    pub(super) stats: Stats,
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
    /// [`Error::BadArgument`] beyond 255 bytes.
    fn try_from(label: &str) -> Result<Self, Error> {
        if label.len() > Self::MAX {
            return Err(Error::BadArgument);
        }
        Ok(Self(label.into()))
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self { frames: 0, bytes: 0, overhead: 0, empty: 0, dropped: [0; Error::ALL.len()] }
    }
}

impl Stats {
    /// How many frames were dropped, by reason, for reasons that occurred.
    pub fn dropped(&self) -> impl Iterator<Item = (Error, u64)> + '_ {
        let counts = Error::ALL.iter().copied().zip(self.dropped);
        counts.filter(|(_, count)| *count > 0)
    }

    /// Counts the outcome of one frame: wire and original length, or why it was dropped.
    pub(super) fn count(&mut self, outcome: Result<(usize, usize), Error>) {
        match outcome {
            Ok((0, 0)) => self.empty += 1,
            Ok((wire, original)) => {
                self.frames += 1;
                self.bytes += original as u64;
                self.overhead += wire.saturating_sub(original) as u64;
            }
            Err(error) => self.dropped[usize::from(error.number()) - 1] += 1,
        }
    }
}
