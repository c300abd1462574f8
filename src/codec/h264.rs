//! H.264: parameter sets, then the first slice's header byte and the fields a depacketizer reads.

use super::annexb::{Bits, NalRole, NalSyntax};

// Rec. ITU-T H.264 §7.3.1, Table 7-1, the NAL unit header: F(1) nal_ref_idc(2) nal_unit_type(5).
// RFC 6184 §5.3, §5.8: packetizers copy that byte into their own headers. Depacketizers restore it.
//
// Readable NAL units: slices (1, IDR 5) by their prefix, SPS (7) and PPS (8) by a copy. A receiver
// recognises a key frame by type 5 or 7, and assembles an IDR picture only if it has SPS and PPS.
// SFUs look for type 7. No SFU or depacketizer needs SEI, AUD, filler, or the partitions and
// extensions (2-4, 14, 19-21) that a deny-list would forget. They are in the body.
const SLICE: u8 = 1;
const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;

pub(super) const SYNTAX: NalSyntax = NalSyntax { header: 1, role, fields };

fn role(header: u8) -> NalRole {
    match header & 0x1f {
        SPS | PPS => NalRole::Parameters,
        SLICE | IDR => NalRole::Slice,
        _ => NalRole::Other,
    }
}

// §7.3.3, slice_header(): first_mb_in_slice ue(v), slice_type ue(v), pic_parameter_set_id ue(v),
// ... The depacketizer reads these three fields in a single NAL unit, in an aggregate and in the
// first fragment. It drops a slice without a readable PPS id. In the first slice of a picture with
// PPS 0 they take 3 to 9 bits: one or two bytes.
fn fields(bits: &mut Bits<'_>, _header: u8) -> Option<()> {
    (0..3).try_for_each(|_| bits.skip_ue())
}

#[cfg(test)]
mod tests {
    use super::super::Window;
    use super::*;
    use crate::Error;

    const KEY: [u8; 29] = [
        0, 0, 0, 1, 0x09, 0x10, 0, 0, 1, 0x67, 0x42, 0, 0x1f, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1,
        0x65, 0x88, 0x84, 0, 0x10, 0xff, 0xfe,
    ];

    #[test]
    fn the_window_of_a_key_frame_is_its_sets_and_three_bytes_of_slice() {
        let mut window = Window::new();
        SYNTAX.write_window(&KEY, &mut window).unwrap();
        let wire = [
            &[0, 0, 0, 1, 0x67, 0x42, 0, 0x1f][..],
            &[0, 0, 0, 1, 0x68, 0xce],
            &[0, 0, 0, 1, 0x65, 0x88, 0x84],
        ];
        assert_eq!(window.wire(), wire.concat());
        assert_eq!(window.bound(), [0x65, 0x88, 0x84]);
        let sealed = [window.wire(), &[0xaa; 30]].concat();
        let mut found = Window::new();
        assert_eq!(SYNTAX.parse_window(&sealed, &mut found), Ok(21..51));
        assert_eq!(found.bound(), window.bound());
    }

    #[test]
    fn a_slice_prefix_includes_its_emulation_prevention_bytes() {
        // first_mb_in_slice = 2^27 - 1: 27 zeros, a one, 27 zeros; then slice_type 0, PPS 0.
        let frame = [0, 0, 1, 0x41, 0, 0, 3, 0, 0x10, 0, 0, 3, 0x01, 0x80, 0x07];
        let mut window = Window::new();
        SYNTAX.write_window(&frame, &mut window).unwrap();
        assert_eq!(window.bound(), &frame[3..14]);
    }

    #[test]
    fn frames_without_a_whole_slice_header_are_refused() {
        let cut = [0, 0, 0, 1, 0x65, 0x88];
        let sets = &KEY[6..18];
        for frame in [&[][..], &[1, 2, 3], &[0, 0, 1], &[0, 0, 1, 0x06, 5], &cut, sets] {
            assert_eq!(SYNTAX.write_window(frame, &mut Window::new()), Err(Error::WindowMissing));
            assert_eq!(SYNTAX.parse_window(frame, &mut Window::new()), Err(Error::MalformedFrame));
        }
    }

    #[test]
    fn a_slice_prefix_never_reaches_into_the_next_nal_unit() {
        let frame = [0, 0, 0, 1, 0x41, 0, 0, 1, 0x41, 0x9a, 0xff];
        assert_eq!(SYNTAX.write_window(&frame, &mut Window::new()), Err(Error::WindowMissing));
    }

    #[test]
    fn parameter_sets_beyond_the_window_limit_are_refused() {
        let sps = [&[0, 0, 1, 0x67][..], &[0xff; 1100], &KEY[18..]].concat();
        assert_eq!(SYNTAX.write_window(&sps, &mut Window::new()), Err(Error::WindowTooLarge));
    }
}
