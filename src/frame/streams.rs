//! The streams of a frame cryptor: one for each attached sender and receiver.

use super::plaintext_detector::PlaintextDetector;
use super::stream::{Direction, Label, Stream, StreamIndex};
use crate::Error;
use crate::MediaKind;
use crate::key::{Receiver, Track};
use alloc::vec::Vec;

/// At most 8 receivers of one track at a time. A reconnection needs two; a page that shows a track
/// in several windows needs a few more. Each costs a replay window per key.
pub(super) const MAX_RECEIVERS: usize = 8;
/// Number of the low bits of a stream's number that are its place. The high bits count how often
/// the place was used.
const PLACE_BITS: u32 = 16;

/// Streams by number. A new stream takes the place of a released one.
#[derive(Debug, Default)]
pub(super) struct Streams {
    places: Vec<Place>,
    /// All labels that were ever used. A label keeps its number, because the marks of keys outlive
    /// streams.
    labels: Vec<Label>,
    receivers: u32,
}

#[derive(Debug, Default)]
struct Place {
    times: u16,
    stream: Option<Stream>,
}

impl Streams {
    /// Attaches a new stream. Two streams with equal properties share a track and nothing else.
    ///
    /// # Errors
    /// [`Error::TooManyReceivers`] if the track has [`MAX_RECEIVERS`].
    pub(super) fn attach(
        &mut self,
        direction: Direction,
        kind: MediaKind,
        label: Label,
    ) -> Result<(StreamIndex, &Stream), Error> {
        let same = |s: &&Stream| s.direction == direction && s.kind == kind && s.label == label;
        let opens = matches!(direction, Direction::Open(_));
        if opens && self.iter().filter(same).count() >= MAX_RECEIVERS {
            return Err(Error::TooManyReceivers);
        }
        let track = Track { kind, label: self.label_number(&label) };
        let receiver = Receiver(self.receivers);
        self.receivers = self.receivers.wrapping_add(1);
        let detector = PlaintextDetector::default();
        let at = self.free_place()?;
        let place = &mut self.places[at]; // free_place() returns an index of `places`
        let index = StreamIndex(u32::from(place.times) << PLACE_BITS | at as u32);
        Ok((
            index,
            place.stream.insert(Stream { direction, kind, label, track, receiver, detector }),
        ))
    }

    /// Removes a stream.
    pub(super) fn release(&mut self, index: StreamIndex) -> Option<Stream> {
        let place = self.place_mut(index)?;
        let stream = place.stream.take();
        place.times = place.times.wrapping_add(u16::from(stream.is_some()));
        stream
    }

    /// # Errors
    /// [`Error::UnknownStream`].
    pub(super) fn get(&self, index: StreamIndex) -> Result<&Stream, Error> {
        let (at, times) = split(index);
        let place = self.places.get(at).filter(|place| place.times == times);
        place.and_then(|place| place.stream.as_ref()).ok_or(Error::UnknownStream)
    }

    /// # Errors
    /// [`Error::UnknownStream`].
    pub(super) fn get_mut(&mut self, index: StreamIndex) -> Result<&mut Stream, Error> {
        self.place_mut(index).and_then(|place| place.stream.as_mut()).ok_or(Error::UnknownStream)
    }

    fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.places.iter().filter_map(|place| place.stream.as_ref())
    }

    fn place_mut(&mut self, index: StreamIndex) -> Option<&mut Place> {
        let (at, times) = split(index);
        self.places.get_mut(at).filter(|place| place.times == times)
    }

    fn free_place(&mut self) -> Result<usize, Error> {
        let free = self.places.iter().position(|place| place.stream.is_none());
        if let Some(at) = free {
            return Ok(at);
        }
        if self.places.len() == 1 << PLACE_BITS {
            return Err(Error::TooManyReceivers);
        }
        self.places.push(Place::default());
        Ok(self.places.len() - 1)
    }

    /// The number of a label. Equal labels of different senders have the same number.
    fn label_number(&mut self, label: &Label) -> u32 {
        let known = self.labels.iter().position(|known| known == label);
        known.unwrap_or_else(|| {
            self.labels.push(label.clone());
            self.labels.len() - 1
        }) as u32
    }
}

const fn split(StreamIndex(index): StreamIndex) -> (usize, u16) {
    ((index & ((1 << PLACE_BITS) - 1)) as usize, (index >> PLACE_BITS) as u16)
}
