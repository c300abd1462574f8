//! VP9: every frame shows its first byte.

use super::Window;
use crate::Error;
use core::ops::Range;

// VP9 bitstream specification §6.2, uncompressed_header(), the first byte of every frame:
//
//   frame_marker(2) profile(2, one more bit in profile 3) show_existing_frame(1)
//   frame_type(1), 0 = key     show_frame(1)     error_resilient_mode(1)
//
// RFC 9628 §4.2: key frame or not, layers and references are in the payload descriptor, and no
// packetizer looks into the frame. Some SFUs do look, for the frame type in this byte (LiveKit,
// Galene). With SVC every spatial layer's frame is a frame of its own here, also in the
// descriptor, so that each layer has its own window and any of them may be left out on the way.

/// The frame's own first byte, sent and bound.
pub(super) fn make(frame: &[u8], window: &mut Window) -> Result<(), Error> {
    window.push(frame.get(..1).ok_or(Error::FrameTooShort)?)
}

/// The same byte of the sealed frame.
pub(super) fn find(sealed: &[u8], window: &mut Window) -> Result<Range<usize>, Error> {
    window.push_bound(sealed.get(..1).ok_or(Error::MalformedFrame)?)?;
    Ok(1..sealed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_one_byte_of_any_frame() {
        let mut window = Window::new();
        assert_eq!(make(&[0x82, 0x49, 0x83], &mut window), Ok(()));
        assert_eq!((window.wire(), window.bound()), (&[0x82][..], &[0x82][..]));
        assert_eq!(make(&[], &mut Window::new()), Err(Error::FrameTooShort));
        assert_eq!(find(&[], &mut Window::new()), Err(Error::MalformedFrame));
    }
}
