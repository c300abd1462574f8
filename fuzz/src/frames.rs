//! Frames: windows, escaping, headers, and whole frames between two ends.

use crate::common::pair::End;
use crate::seeds;
use sealframe::codec::{Codec, Window, emulation};
use sealframe::sframe::{Header, MAX_HEADER_LEN};

/// Two ends with one application key, which seal and open a track of this codec.
struct Track {
    alice: End,
    bob: End,
    codec: Codec,
}

/// The first byte chooses the codec, and the others are the frame.
pub(crate) fn split(bytes: &[u8]) -> Option<(Codec, &[u8])> {
    let (first, frame) = bytes.split_first()?;
    let (codec, _) = Codec::ALL[usize::from(*first) % Codec::ALL.len()];
    Some((codec, frame))
}

/// Any frame that is sealed opens unchanged.
pub(crate) fn seal(bytes: &[u8]) {
    let Some((codec, frame)) = split(bytes) else { return };
    let mut track = Track::new(codec);
    if let Ok(wire) = track.seal(frame) {
        assert_eq!(track.open(&wire).as_deref(), Ok(frame), "{codec:?}");
    }
}

/// No bytes open except the empty frame, and a genuine frame still opens after them.
pub(crate) fn open(bytes: &[u8]) {
    let Some((codec, wire)) = split(bytes) else { return };
    let mut track = Track::new(codec);
    if let Ok(frame) = track.open(wire) {
        assert!(frame.is_empty() && wire.is_empty(), "{codec:?}");
    }
    track.check();
}

/// A damaged frame is refused, or opens as what it was: servers may change the bytes of a window
/// that no decoder reads. A genuine frame still opens after it.
pub(crate) fn damage(bytes: &[u8]) {
    let Some((codec, [a, b, xor, rest @ ..])) = split(bytes) else { return };
    let mut track = Track::new(codec);
    let frame = seeds::frame(codec);
    let mut wire = track.seal(&frame).expect("a frame of an encoder");
    let at = usize::from(u16::from_be_bytes([*a, *b])) % wire.len();
    wire[at] ^= xor;
    wire.splice(at..at, rest.iter().copied());
    if let Ok(opened) = track.open(&wire) {
        assert_eq!(opened, frame, "{codec:?}");
    } else {
        assert!(*xor != 0 || !rest.is_empty(), "{codec:?}: an unchanged frame is refused");
    }
    track.check();
}

/// The body that any bytes have lies within them, and its window is bounded.
pub(crate) fn window(bytes: &[u8]) {
    let Some((codec, wire)) = split(bytes) else { return };
    let mut window = Window::new();
    if let Ok(body) = codec.parse_window(wire, &mut window) {
        assert!(body.start <= body.end && body.end <= wire.len(), "{codec:?}");
        assert!(window.wire().len() <= wire.len(), "{codec:?}");
    }
}

/// Escaping leaves no start code, and un-escaping undoes it whatever follows. Un-escaping any bytes
/// makes them no longer. The first byte says how many zeros stand before.
pub(crate) fn escaping(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let zeros = usize::from(first % 4);
    let front = vec![0; zeros];
    let mut buf = [&front, body, &vec![0xee; body.len() + 2]].concat();
    let end = emulation::escape_in_place(&mut buf, zeros, zeros + body.len(), zeros);
    let end = end.expect("room for an escape per byte");
    let escaped = &buf[..end];
    assert!(!escaped.windows(3).skip(zeros.saturating_sub(2)).any(is_start_code), "{escaped:?}");
    assert!(end == zeros || buf[end - 1] != 0, "{escaped:?}");
    buf.truncate(end);
    // What a server may put behind the unit: zeros, and another NAL unit.
    buf.extend([0, 0, 0, 1, 0x0c, 0xff, 0x80]);
    let (start, end) = (zeros, buf.len());
    let end = emulation::unescape_in_place(&mut buf, start, end, zeros);
    assert_eq!(&buf[start..end], body);
    let mut any = body.to_vec();
    assert!(emulation::unescape_in_place(&mut any, 0, body.len(), zeros) <= body.len());
}

/// A header has one encoding.
pub(crate) fn header(bytes: &[u8]) {
    if let Ok((header, len)) = Header::parse(bytes) {
        let mut out = [0; MAX_HEADER_LEN];
        let written = header.encode(&mut out);
        assert_eq!(out[..written], bytes[..len]);
    }
}

fn is_start_code(run: &[u8]) -> bool {
    run[..2] == [0, 0] && run[2] < 3
}

impl Track {
    fn new(codec: Codec) -> Self {
        Self::keyed(codec, 7)
    }

    fn keyed(codec: Codec, key: u8) -> Self {
        Self { alice: End::alice(key, 9), bob: End::bob(key), codec }
    }

    pub(crate) fn seal(&mut self, frame: &[u8]) -> Result<Vec<u8>, sealframe::Error> {
        let stream = self.alice.sealing(self.codec.kind(), "");
        self.alice.seal(stream, self.codec, frame)
    }

    fn open(&mut self, wire: &[u8]) -> Result<Vec<u8>, sealframe::Error> {
        let stream = self.bob.opening("alice", self.codec.kind(), "");
        self.bob.open(stream, self.codec, wire)
    }

    /// A genuine frame opens.
    fn check(&mut self) {
        let frame = seeds::frame(self.codec);
        let wire = self.seal(&frame).expect("a frame of an encoder");
        assert_eq!(self.open(&wire), Ok(frame), "{:?}: the stream no longer opens", self.codec);
    }
}

/// A frame of this codec, sealed with a key that no target opens with.
pub(crate) fn sealed(codec: Codec, frame: &[u8]) -> Option<Vec<u8>> {
    Track::keyed(codec, 8).seal(frame).ok()
}
