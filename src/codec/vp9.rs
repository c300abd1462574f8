//! VP9: every frame shows its first byte.

use super::Window;
use crate::Error;
use core::ops::Range;

// VP9 bitstream specification §6.2, uncompressed_header(), the first byte of every frame:
//
//   frame_marker(2) profile(2, one more bit in profile 3) show_existing_frame(1)
//   frame_type(1), 0 = key     show_frame(1)     error_resilient_mode(1)
//
// RFC 9628 §4.2: the payload descriptor carries key frame or not, layers and references. No
// packetizer reads the frame, but some SFUs (LiveKit, Galene) read the frame type in this byte.
// With SVC the frame of each spatial layer is a frame of its own here and in the descriptor. So
// each layer has its own window, and an SFU may drop any of them.

/// Writes the frame's first byte, sent and bound.
pub(super) fn write_window(frame: &[u8], window: &mut Window) -> Result<(), Error> {
    window.push(frame.get(..1).ok_or(Error::FrameTooShort)?)
}

/// Finds the same byte of the sealed frame.
pub(super) fn parse_window(sealed: &[u8], window: &mut Window) -> Result<Range<usize>, Error> {
    window.push_bound(sealed.get(..1).ok_or(Error::MalformedFrame)?)?;
    Ok(1..sealed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_of_any_frame_is_its_first_byte() {
        let mut window = Window::new();
        assert_eq!(write_window(&[0x82, 0x49, 0x83], &mut window), Ok(()));
        assert_eq!((window.wire(), window.bound()), (&[0x82][..], &[0x82][..]));
        assert_eq!(write_window(&[], &mut Window::new()), Err(Error::FrameTooShort));
        assert_eq!(parse_window(&[], &mut Window::new()), Err(Error::MalformedFrame));
    }
}
