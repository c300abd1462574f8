//! What H.264 and H.265 share: the walk over an Annex B byte stream and the window's shape.

use super::Window;
use crate::Error;
use core::ops::Range;

// Annex B of both standards: NAL units stand behind 00 00 01; zero bytes before that, and at the
// end of the stream, are padding (zero_byte, trailing_zero_8bits) and no part of a NAL unit.
//
// What the packetizer makes of it: the frame is split at every 00 00 01, one 00 before it is taken
// for a part of the start code, what stands before the first one is lost, a frame without one is
// dropped, and so is a frame with a NAL unit of no bytes. The depacketizer puts 00 00 00 01 before
// each NAL unit, may rewrite parameter sets (an SPS's VUI), and may put in sets it was given in the
// SDP. So start codes are always sent in the 4-byte form, and neither they nor parameter sets are
// bound. The copies are for the transport only: the genuine sets are in the body.
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// A slice prefix never needs more: 3 exp-Golomb codes of 63 bits, emulation bytes, the header.
const SLICE_HEAD: usize = 64;

/// What a NAL unit is to the window: an allow-list. All that is not named here stays sealed.
pub(super) enum Role {
    Parameters,
    Slice,
    Other,
}

/// What tells H.264 and H.265 apart.
pub(super) struct Syntax {
    /// Length of the NAL unit header.
    pub(super) header: usize,
    /// The role of a NAL unit, by the first byte of its header.
    pub(super) role: fn(u8) -> Role,
    /// Reads the slice header's fields that must stay readable; also given that first byte.
    pub(super) fields: fn(&mut Bits<'_>, u8) -> Option<()>,
}

impl Syntax {
    /// The parameter sets before the first slice, then that slice's first bytes.
    pub(super) fn make(&self, frame: &[u8], window: &mut Window) -> Result<(), Error> {
        for unit in Units::of(frame).map(|at| &frame[at..]) {
            match self.role_of(unit) {
                Role::Parameters => self.copy_parameters(unit, window)?,
                Role::Slice => {
                    let prefix = self.slice_prefix(unit).ok_or(Error::WindowMissing)?;
                    window.push_wire(&START_CODE)?;
                    return window.push(prefix);
                }
                Role::Other => {}
            }
        }
        Err(Error::WindowMissing)
    }

    /// The first slice of the sealed frame: the window ends where that slice's prefix does.
    pub(super) fn find(&self, sealed: &[u8], window: &mut Window) -> Result<Range<usize>, Error> {
        let at = Units::of(sealed)
            .find(|at| matches!(self.role_of(&sealed[*at..]), Role::Slice))
            .ok_or(Error::MalformedFrame)?;
        let prefix = self.slice_prefix(&sealed[at..]).ok_or(Error::MalformedFrame)?;
        window.push_bound(prefix)?;
        Ok(at + prefix.len()..sealed.len())
    }

    fn role_of(&self, unit: &[u8]) -> Role {
        unit.first().map_or(Role::Other, |byte| (self.role)(*byte))
    }

    /// A set that is all header is left out: packetizers and depacketizers choke on it.
    fn copy_parameters(&self, unit: &[u8], window: &mut Window) -> Result<(), Error> {
        let set = trim_zeros(cut(unit));
        if set.len() > self.header {
            window.push_wire(&START_CODE)?;
            window.push_wire(set)?;
        }
        Ok(())
    }

    /// The header and the whole bytes that hold the fields, emulation bytes counted in.
    fn slice_prefix<'a>(&self, unit: &'a [u8]) -> Option<&'a [u8]> {
        let unit = cut(&unit[..unit.len().min(SLICE_HEAD)]);
        let mut bits = Bits::new(unit.get(self.header..)?);
        (self.fields)(&mut bits, unit[0])?;
        unit.get(..self.header + bits.used())
    }
}

/// The offsets of a byte stream's NAL units, each right behind its start code.
struct Units<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Units<'a> {
    const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Iterator for Units<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.at += start_code(&self.bytes[self.at..])? + 3;
        Some(self.at)
    }
}

/// Where the next 00 00 01 stands. A byte above 1 is no part of one: three steps at once.
fn start_code(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match *bytes.get(at)? {
            0 => at += 1,
            1 if bytes[at - 1] == 0 && bytes[at - 2] == 0 => return Some(at - 2),
            _ => at += 3,
        }
    }
}

fn cut(unit: &[u8]) -> &[u8] {
    start_code(unit).map_or(unit, |end| &unit[..end])
}

fn trim_zeros(unit: &[u8]) -> &[u8] {
    let len = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &unit[..len]
}

/// Bits of a NAL unit's payload, its emulation prevention bytes passed over.
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

    /// u(1).
    pub(super) fn bit(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.load()?;
        }
        self.left -= 1;
        Some(self.byte >> self.left & 1 == 1)
    }

    /// ue(v), its value not needed: as many bits behind the first 1 as zeros before it.
    pub(super) fn skip_ue(&mut self) -> Option<()> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
        }
        (zeros < 32).then_some(())?;
        (0..zeros).try_for_each(|_| self.bit().map(drop))
    }

    /// The whole bytes read so far, emulation prevention bytes among them.
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
    fn units_begin_behind_every_start_code() {
        let stream = [9, 0, 0, 1, 7, 0, 0, 0, 1, 0, 0, 1, 5, 0, 0, 1];
        assert_eq!(Units::of(&stream).collect::<Vec<_>>(), [4, 9, 12, 16]);
        assert_eq!(Units::of(&[0, 0, 0, 0, 2, 0, 1]).count(), 0);
    }

    #[test]
    fn a_unit_ends_before_the_padding_of_the_next_start_code() {
        assert_eq!(trim_zeros(cut(&[7, 5, 0, 0, 0, 0, 1, 9])), [7, 5]);
        assert_eq!(trim_zeros(cut(&[7, 5, 0])), [7, 5]);
        assert_eq!(trim_zeros(&[0, 0]), []);
    }

    #[test]
    fn bits_pass_over_emulation_prevention_and_count_it() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0xff]);
        let read: Vec<bool> = (0..24).map_while(|_| bits.bit()).collect();
        assert!(read[23] && !read[..23].contains(&true));
        assert_eq!(bits.used(), 4);
    }

    #[test]
    fn a_code_cut_short_or_too_long_is_refused() {
        assert_eq!(Bits::new(&[0x08]).skip_ue(), None);
        assert_eq!(Bits::new(&[0x08, 0]).skip_ue(), Some(()));
        assert_eq!(Bits::new(&[4, 0, 4, 0, 4]).skip_ue(), Some(()));
        let long = [0x40, 0, 0, 3, 0, 0, 3, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(Bits::new(&long[1..]).skip_ue(), None);
    }
}
