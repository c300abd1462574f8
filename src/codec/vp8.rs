//! VP8: a key frame shows its first 10 bytes, any other frame 1.

use super::Window;
use crate::Error;
use core::ops::Range;

// RFC 6386 §9.1, the uncompressed data chunk of every frame:
//
//   frame tag, 3 bytes, little-endian: key_frame is bit 0 of the first byte, 0 = key
//   key frames only: start code 9d 01 2a, then 14 bits width + 2 bits scale, the same for height
//
// RFC 7741 §4.3: the P bit of the VP8 payload header *is* bit 0 of the frame. Depacketizers read
// it. On a key frame they also read the picture's size in bytes 6..9, and they refuse a first
// packet with fewer than 10 payload bytes. An SFU that switches simulcast layers (Janus) looks for
// P = 0 and the start code. Everything else that the transport needs is in the payload descriptor.
const KEY: usize = 10;
const DELTA: usize = 1;

/// Writes the frame's first bytes, sent and bound.
pub(super) fn write_window(frame: &[u8], window: &mut Window) -> Result<(), Error> {
    window.push(prefix(frame).ok_or(Error::FrameTooShort)?)
}

/// Applies the same rule to the sealed frame: its first byte is the original's.
pub(super) fn parse_window(sealed: &[u8], window: &mut Window) -> Result<Range<usize>, Error> {
    let found = prefix(sealed).ok_or(Error::MalformedFrame)?;
    window.push_bound(found)?;
    Ok(found.len()..sealed.len())
}

fn prefix(bytes: &[u8]) -> Option<&[u8]> {
    let delta = bytes.first()? & 1 == 1;
    bytes.get(..if delta { DELTA } else { KEY })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_of_a_key_frame_is_its_first_ten_bytes() {
        let mut window = Window::new();
        let key = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 0xee];
        assert_eq!(write_window(&key, &mut window), Ok(()));
        assert_eq!(window.wire(), &key[..10]);
        assert_eq!(write_window(&key[..9], &mut Window::new()), Err(Error::FrameTooShort));
        assert_eq!(parse_window(&key[..9], &mut Window::new()), Err(Error::MalformedFrame));
    }

    #[test]
    fn the_window_of_a_delta_frame_is_its_first_byte() {
        let mut window = Window::new();
        assert_eq!(write_window(&[0x31, 1, 2], &mut window), Ok(()));
        assert_eq!(window.wire(), [0x31]);
        assert_eq!(parse_window(&[0x31, 9, 9, 9], &mut Window::new()), Ok(1..4));
    }
}
