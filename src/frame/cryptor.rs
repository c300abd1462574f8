//! The frame path. No step allocates or derives a key per frame.

use super::aad::Aad;
use super::stream::{Direction, Label, Stream, StreamIndex};
use super::streams::Streams;
use crate::Error;
use crate::MediaKind;
use crate::codec::{Codec, MAX_WINDOW_LEN, Window, emulation};
use crate::key::Ring;
use crate::sframe::{Header, MAX_HEADER_LEN, TAG_LEN};
use alloc::boxed::Box;
use alloc::{vec, vec::Vec};
use core::ops::Range;
use zeroize::Zeroize;

/// At most 16 MiB per frame, sealed or not.
pub const MAX_FRAME_LEN: usize = 16 << 20;

/// Bytes in front of a frame: room for the window and the SFrame header.
const HEADROOM: usize = MAX_WINDOW_LEN + MAX_HEADER_LEN;

/// Seals and opens frames of many streams on one scratch buffer.
#[derive(Debug, Default)]
pub struct FrameCryptor {
    scratch: Vec<u8>,
    window: Box<Window>,
    aad: Aad,
    streams: Streams,
}

/// The reason why a frame was not opened, and what was read of it before.
struct Refused {
    error: Error,
    /// The SFrame header and the last eight bytes of the tag, if the frame was parsed that far.
    read: Option<(Header, u64)>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, read: None }
    }
}

impl FrameCryptor {
    /// Makes room for a frame of `len` bytes and returns it. The frame must be copied there.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`] above [`MAX_FRAME_LEN`].
    pub fn scratch(&mut self, len: usize) -> Result<&mut [u8], Error> {
        if len > MAX_FRAME_LEN {
            return Err(Error::FrameTooLarge);
        }
        // Escaping makes at most three bytes of two, and adds one at the end.
        let needed = HEADROOM + len + TAG_LEN + (len + MAX_HEADER_LEN + TAG_LEN) / 2 + 2;
        if self.scratch.len() < needed {
            self.scratch.zeroize();
            self.scratch = vec![0; needed.next_power_of_two()];
        }
        Ok(&mut self.scratch[HEADROOM..HEADROOM + len]) // less than `needed`
    }

    /// The bytes at a place that [`FrameCryptor::seal`] or [`FrameCryptor::open`] returned.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.scratch.get(range).unwrap_or_default()
    }

    /// Attaches a stream for one sender or receiver of the page, see `Streams::attach`.
    ///
    /// # Errors
    /// [`Error::TooManyReceivers`].
    pub fn attach(
        &mut self,
        ring: &mut Ring,
        direction: Direction,
        kind: MediaKind,
        label: Label,
    ) -> Result<StreamIndex, Error> {
        let (index, stream) = self.streams.attach(direction, kind, label)?;
        if let Direction::Open(sender) = direction {
            ring.attach(sender, stream.track, stream.receiver);
        }
        Ok(index)
    }

    /// Releases a stream and its replay windows. An unknown number changes nothing.
    pub fn release(&mut self, ring: &mut Ring, stream: StreamIndex) {
        let Some(Stream { direction, receiver, .. }) = self.streams.release(stream) else { return };
        if let Direction::Open(sender) = direction {
            ring.release(sender, receiver);
        }
    }

    /// Seals the frame of `len` bytes in the scratch buffer and returns the place of the result. An
    /// empty frame stays empty.
    ///
    /// # Errors
    /// The reason why the frame must not be sent.
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
        // `parse` found room in the buffer for frame and tag. HEADROOM has room for the longest
        // header, and `encode` writes at most that.
        let mut header = [0; MAX_HEADER_LEN];
        let header_len = key.next_header().encode(&mut header);
        let frame = HEADROOM..HEADROOM + len;
        let body = frame.start - header_len..frame.end + TAG_LEN;
        codec.write_window(&self.scratch[frame.clone()], body.len(), &mut self.window)?;
        self.aad.fill(&header[..header_len], codec, label, self.window.bound());
        // Receivers refuse a larger frame. `finish` checks again, because escaping lengthens the
        // body.
        if self.window.wire().len() + body.len() > MAX_FRAME_LEN {
            return Err(Error::FrameTooLarge);
        }
        let (frame_key, ctr) = key.spend(len + self.aad.as_bytes().len(), limits)?;
        let tag = frame_key.seal(ctr, self.aad.as_bytes(), &mut self.scratch[frame.clone()])?;
        self.scratch[body.start..frame.start].copy_from_slice(&header[..header_len]);
        self.scratch[frame.end..body.end].copy_from_slice(&tag);
        self.finish(codec, body)
    }

    /// Opens the frame of `len` bytes in the scratch buffer and returns the place of the result.
    ///
    /// # Errors
    /// The reason why the frame must not be rendered. Then nothing is changed.
    pub fn open(
        &mut self,
        ring: &mut Ring,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        let opened = self.try_open(ring, stream, codec, len);
        opened.map_err(|refused| self.judge(ring, stream, refused))
    }

    /// Overwrites the scratch buffer.
    pub fn wipe(&mut self) {
        self.scratch.zeroize();
    }

    /// Escapes the body if the codec needs it, and puts the window in front.
    fn finish(&mut self, codec: Codec, body: Range<usize>) -> Result<Range<usize>, Error> {
        let mut end = body.end;
        if codec.escapes() {
            let seed = self.window.trailing_zeros();
            end = emulation::escape_in_place(&mut self.scratch, body.start, body.end, seed)?;
        }
        let window = self.window.wire();
        let start = body.start - window.len(); // HEADROOM has room for the largest window
        if end - start > MAX_FRAME_LEN {
            return Err(Error::FrameTooLarge);
        }
        self.scratch[start..body.start].copy_from_slice(window);
        Ok(start..end)
    }

    /// Follows the order of docs/protocol.md §1.6: the window's end, un-escaping, header, key,
    /// replay screening, AEAD. Only an authentic frame changes any state.
    fn try_open(
        &mut self,
        ring: &mut Ring,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Refused> {
        let codec = self.parse(stream, codec, len)?;
        if len == 0 {
            return Ok(HEADROOM..HEADROOM);
        }
        let Direction::Open(sender) = self.streams.get(stream)?.direction else {
            return Err(Error::UnknownStream.into());
        };
        let body = self.find_body(codec, len)?;
        // The body lies within the buffer, and the header within the body.
        let (header, header_len) = Header::parse(&self.scratch[body.clone()])?;
        let frame = body.start + header_len..body.end.saturating_sub(TAG_LEN);
        if frame.start > frame.end {
            return Err(Error::FrameTooShort.into());
        }
        let tag_end = self.tag_end(body.end);
        let Stream { label, track, receiver, detector, .. } = self.streams.get_mut(stream)?;
        let header_bytes = &self.scratch[body.start..frame.start];
        self.aad.fill(header_bytes, codec, label, self.window.bound());
        let (frame_bytes, tag) = split_tag(&mut self.scratch[frame.start..body.end])?;
        let opened = ring.open(sender, header.kid, &mut |key| {
            key.screen(*track, *receiver, header.ctr)?;
            let refusal = key.refusal();
            let opened = key.frame_key().open(header.ctr, self.aad.as_bytes(), frame_bytes, &tag);
            opened.map_err(|_| refusal)?;
            key.record(*track, *receiver, header.ctr);
            Ok(())
        });
        opened.map_err(|error| Refused { error, read: Some((header, tag_end)) })?;
        detector.clear();
        Ok(frame)
    }

    /// Finds the body behind the window, and un-escapes it if the codec needs it.
    fn find_body(&mut self, codec: Codec, len: usize) -> Result<Range<usize>, Error> {
        let wire = &self.scratch[HEADROOM..HEADROOM + len]; // `parse` found it in the buffer
        let body = codec.parse_window(wire, &mut self.window)?;
        let (start, mut end) = (HEADROOM + body.start, HEADROOM + body.end);
        if codec.escapes() {
            let seed = self.window.trailing_zeros();
            end = emulation::unescape_in_place(&mut self.scratch, start, end, seed);
        }
        Ok(start..end)
    }

    /// The codec, if the stream exists, codec and stream have the same kind, and the frame is in
    /// the buffer.
    fn parse(&self, stream: StreamIndex, codec: Option<Codec>, len: usize) -> Result<Codec, Error> {
        let kind = self.streams.get(stream)?.kind;
        let codec = codec.filter(|c| c.kind() == kind).ok_or(Error::UnknownCodec)?;
        let here = len <= MAX_FRAME_LEN && HEADROOM + len + TAG_LEN <= self.scratch.len();
        if here { Ok(codec) } else { Err(Error::FrameTooLarge) }
    }

    /// Chooses the error to report after all frames of this stream, see `plaintext_detector.rs`.
    /// Only a peer that seals can have a key that we lack.
    fn judge(&mut self, ring: &mut Ring, stream: StreamIndex, refused: Refused) -> Error {
        let Refused { error, read } = refused;
        let Ok(stream) = self.streams.get_mut(stream) else { return error };
        let keyless = matches!(error, Error::UnknownKey | Error::AuthenticationFailed);
        match (error, read) {
            (_, Some((header, tag_end))) if keyless => {
                stream.detector.header(header, tag_end);
            }
            (Error::BadHeader | Error::FrameTooShort | Error::MalformedFrame, _)
            | (Error::WindowMissing | Error::WindowTooLarge, _) => stream.detector.unreadable(),
            _ => return error,
        }
        if stream.detector.is_plaintext() {
            return Error::NotSealed;
        }
        if let Direction::Open(sender) = stream.direction
            && keyless
        {
            ring.missed(sender);
        }
        error
    }

    /// The last eight bytes of the tag of a frame, as a number. `end` is its end in the buffer.
    fn tag_end(&self, end: usize) -> u64 {
        let last = self.scratch[..end].last_chunk::<8>();
        last.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

fn split_tag(sealed: &mut [u8]) -> Result<(&mut [u8], [u8; TAG_LEN]), Error> {
    let (frame, tag) = sealed.split_last_chunk_mut::<TAG_LEN>().ok_or(Error::FrameTooShort)?;
    Ok((frame, *tag))
}
