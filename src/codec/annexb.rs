//! The parts that H.264 and H.265 share: the walk over an Annex B byte stream, and the window.

use super::Window;
use crate::Error;
use core::ops::Range;

// Annex B of both standards: NAL units stand behind 00 00 01. Zero bytes before a start code, and
// at the end of the stream, are padding (zero_byte, trailing_zero_8bits) and belong to no NAL unit.
//
// The packetizer splits the frame at every 00 00 01 and takes one 00 before it as part of the start
// code. It loses the bytes before the first start code. It drops a frame without a start code, and
// a frame with an empty NAL unit. The depacketizer puts 00 00 00 01 before each NAL unit. It may
// rewrite parameter sets (the VUI of an SPS) and may insert sets from the SDP. So start codes are
// always sent in the 4-byte form, and neither start codes nor parameter sets are bound. The copies
// of the sets are for the transport only: the genuine sets are in the body.
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// At most 64 bytes of a slice are read: 3 exp-Golomb codes of 63 bits, emulation bytes, the
/// header.
const MAX_SLICE_PREFIX_LEN: usize = 64;

/// The role of a NAL unit for the window: an allow-list. Every type not named here stays sealed.
pub(super) enum NalRole {
    Parameters,
    Slice,
    Other,
}

/// The differences between H.264 and H.265.
pub(super) struct NalSyntax {
    /// Length of the NAL unit header in bytes.
    pub(super) header: usize,
    /// Finds the role of a NAL unit by the first byte of its header.
    pub(super) role: fn(u8) -> NalRole,
    /// Reads the slice header's fields that must stay readable. Its second argument is that byte.
    pub(super) fields: fn(&mut Bits<'_>, u8) -> Option<()>,
}

impl NalSyntax {
    /// Writes the parameter sets before the first slice, then the first bytes of that slice.
    pub(super) fn write_window(&self, frame: &[u8], window: &mut Window) -> Result<(), Error> {
        // The offsets of NAL units lie within the frame.
        for unit in NalUnits::of(frame).map(|at| &frame[at..]) {
            match self.role_of(unit) {
                NalRole::Parameters => self.copy_parameters(unit, window)?,
                NalRole::Slice => {
                    let prefix = self.slice_prefix(unit).ok_or(Error::WindowMissing)?;
                    window.push_wire(&START_CODE)?;
                    return window.push(prefix);
                }
                NalRole::Other => {}
            }
        }
        Err(Error::WindowMissing)
    }

    /// Finds the first slice of the sealed frame: the window ends with the prefix of that slice.
    pub(super) fn parse_window(
        &self,
        sealed: &[u8],
        window: &mut Window,
    ) -> Result<Range<usize>, Error> {
        // The offsets of NAL units lie within the frame.
        let at = NalUnits::of(sealed)
            .find(|at| matches!(self.role_of(&sealed[*at..]), NalRole::Slice))
            .ok_or(Error::MalformedFrame)?;
        let prefix = self.slice_prefix(&sealed[at..]).ok_or(Error::MalformedFrame)?;
        window.push_bound(prefix)?;
        Ok(at + prefix.len()..sealed.len())
    }

    fn role_of(&self, unit: &[u8]) -> NalRole {
        unit.first().map_or(NalRole::Other, |byte| (self.role)(*byte))
    }

    /// Leaves out a set that consists of a header only: packetizers and depacketizers fail on it.
    fn copy_parameters(&self, unit: &[u8], window: &mut Window) -> Result<(), Error> {
        let set = trim_zeros(until_start_code(unit));
        if set.len() > self.header {
            window.push_wire(&START_CODE)?;
            window.push_wire(set)?;
        }
        Ok(())
    }

    /// The header and all bytes that hold the fields, emulation prevention bytes included.
    fn slice_prefix<'a>(&self, unit: &'a [u8]) -> Option<&'a [u8]> {
        let unit = until_start_code(&unit[..unit.len().min(MAX_SLICE_PREFIX_LEN)]);
        let mut bits = Bits::new(unit.get(self.header..)?);
        (self.fields)(&mut bits, *unit.first()?)?;
        unit.get(..self.header + bits.used())
    }
}

/// Iterates over the NAL units of a byte stream by the offset behind each start code, which is at
/// most the length of the stream.
struct NalUnits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> NalUnits<'a> {
    const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Iterator for NalUnits<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.at += start_code(&self.bytes[self.at..])? + 3;
        Some(self.at)
    }
}

/// The offset of the next 00 00 01, three bytes or more before the end. A byte above 1 is not part
/// of a start code: three steps at once.
fn start_code(bytes: &[u8]) -> Option<usize> {
    let mut at = 2; // and never less, so two bytes stand before it
    loop {
        match *bytes.get(at)? {
            0 => at += 1,
            1 if bytes[at - 1] == 0 && bytes[at - 2] == 0 => return Some(at - 2),
            _ => at += 3,
        }
    }
}

fn until_start_code(unit: &[u8]) -> &[u8] {
    start_code(unit).map_or(unit, |end| &unit[..end])
}

fn trim_zeros(unit: &[u8]) -> &[u8] {
    // One more than an index of `unit`, or 0.
    let len = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &unit[..len]
}

/// Reads the bits of a NAL unit's payload without its emulation prevention bytes.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    used: usize,
    zeros: usize,
    byte: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, used: 0, zeros: 0, byte: 0, left: 0 }
    }

    /// Reads u(1).
    pub(super) fn bit(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.load()?;
        }
        self.left -= 1;
        Some(self.byte >> self.left & 1 == 1)
    }

    /// Skips ue(v): as many bits follow the first 1 as zeros stand before it.
    pub(super) fn skip_ue(&mut self) -> Option<()> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
        }
        (zeros < 32).then_some(())?;
        (0..zeros).try_for_each(|_| self.bit().map(drop))
    }

    /// The number of bytes read so far, emulation prevention bytes included.
    const fn used(&self) -> usize {
        self.used
    }

    fn load(&mut self) -> Option<()> {
        let mut byte = *self.bytes.get(self.used)?;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            self.used += 1;
            byte = *self.bytes.get(self.used)?;
        }
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        self.used += 1;
        (self.byte, self.left) = (byte, 8);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_begin_behind_every_start_code() {
        let stream = [9, 0, 0, 1, 7, 0, 0, 0, 1, 0, 0, 1, 5, 0, 0, 1];
        assert_eq!(NalUnits::of(&stream).collect::<Vec<_>>(), [4, 9, 12, 16]);
        assert_eq!(NalUnits::of(&[0, 0, 0, 0, 2, 0, 1]).count(), 0);
    }

    #[test]
    fn a_nal_unit_ends_before_the_padding_of_the_next_start_code() {
        assert_eq!(trim_zeros(until_start_code(&[7, 5, 0, 0, 0, 0, 1, 9])), [7, 5]);
        assert_eq!(trim_zeros(until_start_code(&[7, 5, 0])), [7, 5]);
        assert_eq!(trim_zeros(&[0, 0]), []);
    }

    #[test]
    fn bits_skip_emulation_prevention_bytes_but_count_them() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0xff]);
        let read: Vec<bool> = (0..24).map_while(|_| bits.bit()).collect();
        assert!(read[23] && !read[..23].contains(&true));
        assert_eq!(bits.used(), 4);
    }

    #[test]
    fn exp_golomb_codes_cut_short_or_too_long_are_refused() {
        assert_eq!(Bits::new(&[0x08]).skip_ue(), None);
        assert_eq!(Bits::new(&[0x08, 0]).skip_ue(), Some(()));
        assert_eq!(Bits::new(&[4, 0, 4, 0, 4]).skip_ue(), Some(()));
        let long = [0x40, 0, 0, 3, 0, 0, 3, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(Bits::new(&long[1..]).skip_ue(), None);
    }
}
