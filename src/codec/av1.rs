//! AV1: a copy of the sequence header, then one frame OBU that holds the body.

use super::Window;
use crate::Error;
use crate::bytes::{Reader, leb128};
use core::ops::Range;

// AV1 specification §5.3, an OBU (low-overhead format, §5.2):
//
//   forbidden(1) obu_type(4) obu_extension_flag(1) obu_has_size_field(1) reserved(1)
//   [temporal_id(3) spatial_id(2) reserved(3)]   [obu_size leb128]   payload
//
// AV1 RTP payload specification §4, §5, and the behaviour of packetizers: they walk the frame OBU
// by OBU and lose all of it if that fails. They drop temporal delimiters, tile lists and padding.
// They remove size fields, and the depacketizer writes minimal ones for every OBU. A packet begins
// a coded video sequence (N bit: a key frame) only if its first remaining OBU is a sequence header.
// SFUs (LiveKit, Galene) read show_existing_frame and frame_type in the first byte of a frame
// header's payload, and the layer ids of the extension byte.
//
//   window = [sequence header OBU]  frame OBU header (extension kept)  obu_size  1 payload byte
//   body   = the rest of that OBU's payload; nothing follows it
//
// Sizes are minimal, so that they arrive as they were sent. The frame OBU's size depends on the
// body and is not bound. It needs no binding: the body is all that remains of the frame.
const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

const EXTENSION: u8 = 4;
const HAS_SIZE: u8 = 2;

/// Writes the first sequence header before the first frame (header) OBU, then that OBU's wrapper.
pub(super) fn write_window(
    frame: &[u8],
    body_len: usize,
    window: &mut Window,
) -> Result<(), Error> {
    let mut reader = Reader::new(frame);
    loop {
        let obu = Obu::read(&mut reader).ok_or(Error::WindowMissing)?;
        match obu.kind() {
            SEQUENCE_HEADER if window.wire().is_empty() => push_whole(obu, window)?,
            FRAME | FRAME_HEADER => return push_frame(obu, body_len, window),
            _ => {}
        }
    }
}

/// Finds the frame OBU, which must be the last OBU of the sealed frame.
pub(super) fn parse_window(sealed: &[u8], window: &mut Window) -> Result<Range<usize>, Error> {
    let mut reader = Reader::new(sealed);
    loop {
        let obu = Obu::read(&mut reader).ok_or(Error::MalformedFrame)?;
        match obu.kind() {
            TEMPORAL_DELIMITER | TILE_LIST | PADDING => {}
            SEQUENCE_HEADER if window.bound().is_empty() => bind_whole(obu, window)?,
            FRAME if reader.left() == 0 => return bind_frame(obu, sealed.len(), window),
            _ => return Err(Error::MalformedFrame),
        }
    }
}

fn push_whole(obu: Obu<'_>, window: &mut Window) -> Result<(), Error> {
    let (size, len) = minimal_size(obu.payload.len())?;
    window.push(obu.clean(SEQUENCE_HEADER).header())?;
    window.push(&size[..len])?;
    window.push(obu.payload)
}

fn push_frame(obu: Obu<'_>, body_len: usize, window: &mut Window) -> Result<(), Error> {
    let first = obu.payload.get(..1).ok_or(Error::WindowMissing)?;
    let (size, len) = minimal_size(body_len.saturating_add(1))?;
    window.push(obu.clean(FRAME).header())?;
    window.push_wire(&size[..len])?;
    window.push(first)
}

fn bind_whole(obu: Obu<'_>, window: &mut Window) -> Result<(), Error> {
    let (size, len) = minimal_size(obu.payload.len())?;
    window.push_bound(obu.header())?;
    window.push_bound(&size[..len])?;
    window.push_bound(obu.payload)
}

fn bind_frame(obu: Obu<'_>, end: usize, window: &mut Window) -> Result<Range<usize>, Error> {
    let (first, body) = obu.payload.split_at_checked(1).ok_or(Error::MalformedFrame)?;
    window.push_bound(obu.header())?;
    window.push_bound(first)?;
    Ok(end - body.len()..end)
}

/// A minimal size field in a buffer, and the number of bytes that it takes there: 1 to 5.
fn minimal_size(len: usize) -> Result<([u8; 5], usize), Error> {
    u32::try_from(len).map(leb128).map_err(|_| Error::FrameTooLarge)
}

/// A parsed OBU. Its header is in the form with a size field.
#[derive(Clone, Copy)]
struct Obu<'a> {
    head: [u8; 2],
    payload: &'a [u8],
}

impl<'a> Obu<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let header = reader.u8()?;
        let extension = if header & EXTENSION != 0 { reader.u8()? } else { 0 };
        let size = if header & HAS_SIZE != 0 { reader.leb128()? } else { reader.left() };
        Some(Self { head: [header | HAS_SIZE, extension], payload: reader.take(size)? })
    }

    const fn kind(&self) -> u8 {
        self.head[0] >> 3 & 0xf
    }

    /// The same OBU with another type, and without forbidden and reserved bits.
    const fn clean(self, kind: u8) -> Self {
        Self { head: [kind << 3 | self.head[0] & EXTENSION | HAS_SIZE, self.head[1]], ..self }
    }

    fn header(&self) -> &[u8] {
        &self.head[..if self.head[0] & EXTENSION != 0 { 2 } else { 1 }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQUENCE: [u8; 5] = [0x0a, 3, 0, 0, 0x24];

    fn made(frame: &[u8], body_len: usize) -> Result<Window, Error> {
        let mut window = Window::new();
        write_window(frame, body_len, &mut window).map(|()| window)
    }

    #[test]
    fn the_window_of_a_key_frame_is_sequence_header_and_wrapper() {
        let frame = [&[0x12, 0][..], &SEQUENCE, &[0x32, 4, 0x10, 1, 2, 3]].concat();
        let window = made(&frame, 199).unwrap();
        assert_eq!(window.wire(), [&SEQUENCE[..], &[0x32, 0xc8, 1, 0x10]].concat());
        assert_eq!(window.bound(), [&SEQUENCE[..], &[0x32, 0x10]].concat());
    }

    #[test]
    fn extensions_are_kept_and_sizes_become_minimal() {
        let frame = [0x0e, 0x08, 0x81, 0, 0x55, 0x35, 0x48, 0x30, 9, 9];
        let window = made(&frame[..], 2).unwrap();
        assert_eq!(window.wire(), [0x0e, 0x08, 1, 0x55, 0x36, 0x48, 3, 0x30]);
        // Without size fields a frame header OBU is the last OBU. Its wrapper is a frame OBU.
        assert_eq!(made(&[0x1c, 0x48, 0x30, 9], 2).unwrap().wire(), [0x36, 0x48, 3, 0x30]);
    }

    #[test]
    fn obus_that_the_transport_may_add_before_the_frame_are_skipped() {
        let sealed = [0x12, 0x80, 0, 0x7a, 1, 0, 0x32, 0x83, 0, 0x30, 7, 8];
        let mut window = Window::new();
        assert_eq!(parse_window(&sealed, &mut window), Ok(10..12));
        assert_eq!(window.bound(), [0x32, 0x30]);
        let mut bare = Window::new();
        assert_eq!(parse_window(&[0x30, 0x30, 7, 8], &mut bare), Ok(2..4));
        assert_eq!(bare.bound(), window.bound());
    }

    #[test]
    fn frames_without_a_frame_obu_are_refused() {
        let cut = [0x32, 9, 1];
        let unending = [0x32, 0x80, 0x80];
        for frame in [&[][..], &SEQUENCE, &[0x12, 0], &cut, &unending, &[0x32, 0], &[0x36]] {
            assert_eq!(made(frame, 9).unwrap_err(), Error::WindowMissing);
            assert_eq!(parse_window(frame, &mut Window::new()), Err(Error::MalformedFrame));
        }
    }

    #[test]
    fn sealed_frames_with_an_obu_behind_or_between_are_refused() {
        let frame = [0x32, 2, 0x30, 7];
        for sealed in [
            [&frame[..], &[0x12, 0]].concat(),
            [&frame[..], &[0]].concat(),
            [&[0x2a, 1, 0][..], &frame].concat(),
            [&SEQUENCE[..], &SEQUENCE, &frame].concat(),
            [&[0x1a, 2, 0x30, 7][..]].concat(),
        ] {
            assert_eq!(parse_window(&sealed, &mut Window::new()), Err(Error::MalformedFrame));
        }
    }

    #[test]
    fn too_large_headers_and_bodies_are_refused() {
        let large = [&[0x0a, 0x80, 0x08][..], &[0; 1024], &[0x32, 1, 0x10]].concat();
        assert_eq!(made(&large, 9).unwrap_err(), Error::WindowTooLarge);
        assert_eq!(made(&[0x32, 1, 0x10], usize::MAX).unwrap_err(), Error::FrameTooLarge);
    }
}
