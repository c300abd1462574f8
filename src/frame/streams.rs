//! The streams of an engine: one for each sender and receiver that is attached.

use super::stream::{Direction, Label, Stream, StreamIndex};
use super::suspicion::Suspicion;
use crate::Error;
use crate::codec::Kind;
use crate::key::{Receiver, Track};
use alloc::vec::Vec;

/// How many receivers of one track may be attached at a time: a reconnection needs two, a page that
/// shows a track in several windows a few more. Each costs a replay window for each key.
pub(super) const MAX_RECEIVERS: usize = 8;
/// Bits of a stream's number that name its place; the others count how often the place was taken.
const PLACE_BITS: u32 = 16;

/// Streams by number. The place of one that was released is taken again.
#[derive(Debug, Default)]
pub(super) struct Streams {
    places: Vec<Place>,
    /// Labels that were ever used. A label keeps its number, because marks of keys outlive streams.
    labels: Vec<Label>,
    receivers: u32,
}

#[derive(Debug, Default)]
struct Place {
    times: u16,
    stream: Option<Stream>,
}

impl Streams {
    /// A new stream. Two streams of equal properties share a track and nothing else.
    ///
    /// # Errors
    /// [`Error::TooManyReceivers`] if the track has as many as it may have.
    pub(super) fn attach(
        &mut self,
        direction: Direction,
        kind: Kind,
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
        let suspicion = Suspicion::default();
        let at = self.free_place()?;
        let place = &mut self.places[at]; // a free place is one that is there
        let index = StreamIndex(u32::from(place.times) << PLACE_BITS | at as u32);
        Ok((
            index,
            place.stream.insert(Stream { direction, kind, label, track, receiver, suspicion }),
        ))
    }

    /// Takes a stream out.
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

    /// Equal labels get equal numbers, of whatever sender.
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
