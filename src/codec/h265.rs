//! H.265: parameter sets, then the first slice segment's header and its first fields.

use super::annexb::{Bits, NalRole, NalSyntax};

// Rec. ITU-T H.265 §7.3.1.2: F(1) nal_unit_type(6) nuh_layer_id(6) nuh_temporal_id_plus1(3).
// RFC 7798 §4.4: aggregates and fragments carry the two bytes in headers of their own.
//
// Readable NAL units (Table 7-1): the slice segments 0-9 and the IRAP pictures 16-21 by their
// prefix, VPS (32), SPS (33) and PPS (34) by a copy. A receiver recognises a key frame by an IRAP
// type, and does not assemble one without all three sets. No decoder reads the reserved types as
// slices. AUD, SEI and the other types stay in the body.
const IRAP: core::ops::RangeInclusive<u8> = 16..=21;

pub(super) const SYNTAX: NalSyntax = NalSyntax { header: 2, role, fields };

const fn unit_type(header: u8) -> u8 {
    header >> 1 & 0x3f
}

fn role(header: u8) -> NalRole {
    match unit_type(header) {
        0..=9 | 16..=21 => NalRole::Slice,
        32..=34 => NalRole::Parameters,
        _ => NalRole::Other,
    }
}

// §7.3.6.1, slice_segment_header():
//
//   first_slice_segment_in_pic_flag        u(1)   the depacketizer's "first packet of a frame"
//   if (IRAP) no_output_of_prior_pics_flag u(1)
//   slice_pic_parameter_set_id             ue(v)  for trackers of parameter sets
//
// One byte for PPS 0 to 6.
fn fields(bits: &mut Bits<'_>, header: u8) -> Option<()> {
    bits.bit()?;
    if IRAP.contains(&unit_type(header)) {
        bits.bit()?;
    }
    bits.skip_ue()
}

#[cfg(test)]
mod tests {
    use super::super::Window;
    use super::*;
    use crate::Error;

    #[test]
    fn the_window_of_a_key_frame_is_its_sets_and_one_byte_of_slice() {
        let mut window = Window::new();
        let (vps, sps, pps) = ([0x40, 1, 0x0c], [0x42, 1, 1], [0x44, 1, 0xc1]);
        let slice = [0x26, 1, 0xaf, 0x0f, 0xff];
        let units: [&[u8]; 6] = [&[0x46, 1, 0x50], &vps, &sps, &pps, &[0x4e, 1, 5], &slice];
        let frame: Vec<u8> = units.iter().flat_map(|unit| [&[0, 0, 1], *unit].concat()).collect();
        SYNTAX.write_window(&frame, &mut window).unwrap();
        let shown: [&[u8]; 4] = [&vps, &sps, &pps, &slice[..3]];
        let wire: Vec<u8> = shown.iter().flat_map(|u| [&[0, 0, 0, 1], *u].concat()).collect();
        assert_eq!(window.wire(), wire);
        assert_eq!(window.bound(), &slice[..3]);
    }

    #[test]
    fn a_nal_unit_header_may_begin_with_a_zero_byte() {
        // TRAIL_N of layer 0: 00 01.
        let mut window = Window::new();
        SYNTAX.write_window(&[0, 0, 0, 1, 0, 1, 0xd0, 0x22], &mut window).unwrap();
        assert_eq!(window.bound(), [0, 1, 0xd0]);
        let sealed = [window.wire(), &[7; 20]].concat();
        window.clear();
        assert_eq!(SYNTAX.parse_window(&sealed, &mut window), Ok(7..27));
    }

    #[test]
    fn sets_that_are_only_a_header_are_left_out() {
        let mut window = Window::new();
        SYNTAX.write_window(&[0, 0, 1, 0x40, 1, 0, 0, 1, 0x02, 1, 0xd0], &mut window).unwrap();
        assert_eq!(window.wire(), [0, 0, 0, 1, 0x02, 1, 0xd0]);
    }

    #[test]
    fn a_frame_without_slices_is_refused() {
        let frame = [0, 0, 1, 0x40, 1, 9, 0, 0, 1, 0x2c, 1, 0xff];
        assert_eq!(SYNTAX.write_window(&frame, &mut Window::new()), Err(Error::WindowMissing));
    }
}
