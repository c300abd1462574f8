//! The frame path. Nothing here allocates per frame or derives a key per frame.

use super::aad::Aad;
use super::stream::{Direction, Label, Stream, StreamIndex};
use super::streams::Streams;
use crate::Error;
use crate::codec::{Codec, Kind, MAX_WINDOW, Window, nal};
use crate::key::Ring;
use crate::sframe::{Header, MAX_HEADER, TAG};
use alloc::boxed::Box;
use alloc::{vec, vec::Vec};
use core::ops::Range;
use zeroize::Zeroize;

/// Largest frame in bytes, on the wire or not.
pub const MAX_FRAME: usize = 16 << 20;

/// In front of a frame there is room for the window and the SFrame header.
const HEADROOM: usize = MAX_WINDOW + MAX_HEADER;

/// Seals and opens frames of many streams on one scratch buffer.
#[derive(Debug, Default)]
pub struct Engine {
    scratch: Vec<u8>,
    window: Box<Window>,
    aad: Aad,
    streams: Streams,
    /// The header of the frame that is being opened, and a mark made of its end.
    read: Option<(Header, u64)>,
}

impl Engine {
    /// Makes room for a frame of `len` bytes and returns where it has to be copied.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`] above [`MAX_FRAME`].
    pub fn scratch(&mut self, len: usize) -> Result<&mut [u8], Error> {
        if len > MAX_FRAME {
            return Err(Error::FrameTooLarge);
        }
        // Escaping makes three bytes of two at the worst, and adds one at the end.
        let needed = HEADROOM + len + TAG + (len + MAX_HEADER + TAG) / 2 + 2;
        if self.scratch.len() < needed {
            self.scratch.zeroize();
            self.scratch = vec![0; needed.next_power_of_two()];
        }
        Ok(&mut self.scratch[HEADROOM..HEADROOM + len])
    }

    /// The bytes that [`Engine::seal`] or [`Engine::open`] returned the place of.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.scratch.get(range).unwrap_or_default()
    }

    /// A stream for one sender or receiver of the page, see `Streams::attach`.
    ///
    /// # Errors
    /// [`Error::TooManyReceivers`].
    pub fn attach(
        &mut self,
        ring: &mut Ring,
        direction: Direction,
        kind: Kind,
        label: Label,
    ) -> Result<StreamIndex, Error> {
        let (index, stream) = self.streams.attach(direction, kind, label)?;
        if let Direction::Open(sender) = direction {
            ring.attach(sender, stream.track, stream.receiver);
        }
        Ok(index)
    }

    /// Lets a stream go, with its replay windows; a number that names none changes nothing.
    pub fn release(&mut self, ring: &mut Ring, stream: StreamIndex) {
        let Some(Stream { direction, receiver, .. }) = self.streams.release(stream) else { return };
        if let Direction::Open(sender) = direction {
            ring.release(sender, receiver);
        }
    }

    /// Seals the frame of `len` bytes in the scratch buffer and returns where the result lies.
    /// A frame of no bytes stays one.
    ///
    /// # Errors
    /// Why the frame must not be sent.
    pub fn seal(
        &mut self,
        ring: &mut Ring,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        let codec = self.parse(stream, codec, len)?;
        if len == 0 {
            return Ok(HEADROOM..HEADROOM);
        }
        let Stream { direction, label, .. } = self.streams.get(stream)?;
        if *direction != Direction::Seal {
            return Err(Error::UnknownStream);
        }
        let (key, limits) = ring.sealing()?;
        let mut header = [0; MAX_HEADER];
        let header_len = key.next_header().encode(&mut header);
        let frame = HEADROOM..HEADROOM + len;
        let body = frame.start - header_len..frame.end + TAG;
        codec.make_window(&self.scratch[frame.clone()], body.len(), &mut self.window)?;
        self.aad.fill(&header[..header_len], codec, label, self.window.bound());
        // What no receiver takes is not sent. Escaping makes it longer still: see `finish`.
        if self.window.wire().len() + body.len() > MAX_FRAME {
            return Err(Error::FrameTooLarge);
        }
        let (frame_key, ctr) = key.spend(len + self.aad.as_bytes().len(), limits)?;
        let tag = frame_key.seal(ctr, self.aad.as_bytes(), &mut self.scratch[frame.clone()])?;
        self.scratch[body.start..frame.start].copy_from_slice(&header[..header_len]);
        self.scratch[frame.end..body.end].copy_from_slice(&tag);
        self.finish(codec, body)
    }

    /// Opens the frame of `len` bytes in the scratch buffer and returns where the result lies.
    ///
    /// # Errors
    /// Why the frame must not be rendered; nothing has changed then.
    pub fn open(
        &mut self,
        ring: &mut Ring,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        self.read = None;
        let result = self.try_open(ring, stream, codec, len);
        result.map_err(|error| self.suspect(ring, stream, error))
    }

    /// Overwrites the scratch buffer.
    pub fn wipe(&mut self) {
        self.scratch.zeroize();
    }

    /// Escapes the body where the codec asks for it, and puts the window in front.
    fn finish(&mut self, codec: Codec, body: Range<usize>) -> Result<Range<usize>, Error> {
        let mut end = body.end;
        if codec.escapes() {
            let seed = self.window.trailing_zeros();
            end = nal::escape_in_place(&mut self.scratch, body.start, body.end, seed)?;
        }
        let window = self.window.wire();
        let start = body.start - window.len(); // HEADROOM has room for the largest window
        if end - start > MAX_FRAME {
            return Err(Error::FrameTooLarge);
        }
        self.scratch[start..body.start].copy_from_slice(window);
        Ok(start..end)
    }

    /// In the order of docs/protocol.md §1.6: the window's end, un-escaping, header, key, replay
    /// screening, AEAD; only a frame that is authentic moves any state.
    fn try_open(
        &mut self,
        ring: &mut Ring,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        let codec = self.parse(stream, codec, len)?;
        if len == 0 {
            return Ok(HEADROOM..HEADROOM);
        }
        let Direction::Open(sender) = self.streams.get(stream)?.direction else {
            return Err(Error::UnknownStream);
        };
        let body = self.find_body(codec, len)?;
        let (header, header_len) = Header::parse(&self.scratch[body.clone()])?;
        let frame = body.start + header_len..body.end.saturating_sub(TAG);
        if frame.start > frame.end {
            return Err(Error::FrameTooShort);
        }
        self.read = Some((header, self.mark(body.end)));
        let key = ring.opening(sender, header.kid)?;
        let Stream { label, track, receiver, suspicion, .. } = self.streams.get_mut(stream)?;
        key.screen(*track, *receiver, header.ctr)?;
        let header_bytes = &self.scratch[body.start..frame.start];
        self.aad.fill(header_bytes, codec, label, self.window.bound());
        let (frame_bytes, tag) = split_tag(&mut self.scratch[frame.start..body.end])?;
        let refusal = key.refusal();
        let opened = key.frame_key().open(header.ctr, self.aad.as_bytes(), frame_bytes, &tag);
        opened.map_err(|_| refusal)?;
        if key.record(*track, *receiver, header.ctr) {
            ring.proven(sender, header.kid);
        }
        suspicion.clear();
        Ok(frame)
    }

    /// Finds the body behind the window, and un-escapes it where the codec asks for it.
    fn find_body(&mut self, codec: Codec, len: usize) -> Result<Range<usize>, Error> {
        let wire = &self.scratch[HEADROOM..HEADROOM + len];
        let body = codec.find_window(wire, &mut self.window)?;
        let (start, mut end) = (HEADROOM + body.start, HEADROOM + body.end);
        if codec.escapes() {
            let seed = self.window.trailing_zeros();
            end = nal::unescape_in_place(&mut self.scratch, start, end, seed);
        }
        Ok(start..end)
    }

    /// The codec, if the stream exists, both are of one kind, and the frame is here.
    fn parse(&self, stream: StreamIndex, codec: Option<Codec>, len: usize) -> Result<Codec, Error> {
        let kind = self.streams.get(stream)?.kind;
        let codec = codec.filter(|c| c.kind() == kind).ok_or(Error::UnknownCodec)?;
        let here = len <= MAX_FRAME && HEADROOM + len + TAG <= self.scratch.len();
        if here { Ok(codec) } else { Err(Error::FrameTooLarge) }
    }

    /// What to call an error after all that this stream has shown: see `suspicion.rs`. Only a peer that
    /// seals can have a key that we miss.
    fn suspect(&mut self, ring: &mut Ring, stream: StreamIndex, error: Error) -> Error {
        let Ok(stream) = self.streams.get_mut(stream) else { return error };
        match (error, self.read) {
            (Error::UnknownKey | Error::AuthenticationFailed, Some((header, mark))) => {
                stream.suspicion.header(header, mark)
            }
            (Error::BadHeader | Error::FrameTooShort, _)
            | (Error::MalformedFrame | Error::WindowMissing | Error::WindowTooLarge, _) => {
                stream.suspicion.unreadable()
            }
            _ => return error,
        }
        match (error, stream.direction) {
            _ if stream.suspicion.is_sure() => return Error::NotSealed,
            (Error::UnknownKey | Error::AuthenticationFailed, Direction::Open(sender)) => {
                ring.missed(sender);
            }
            _ => {}
        }
        error
    }

    /// Eight bytes of the tag, in a frame that has one.
    fn mark(&self, end: usize) -> u64 {
        let last = self.scratch[..end].last_chunk::<8>();
        last.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

fn split_tag(sealed: &mut [u8]) -> Result<(&mut [u8], [u8; TAG]), Error> {
    let (frame, tag) = sealed.split_last_chunk_mut::<TAG>().ok_or(Error::FrameTooShort)?;
    Ok((frame, *tag))
}
