//! A window is found again by the rule that made it, for any frame and body.
#![allow(missing_docs)]

#[path = "common/frames.rs"]
mod frames;
#[path = "common/shape.rs"]
mod shape;

use frames::{any_frame, bytes, codec, good_frame};
use proptest::prelude::*;
use sealframe::Error;
use sealframe::codec::{Codec, MAX_WINDOW_LEN, Window};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_written_window_is_parsed_back((codec, frame) in any_frame(), body in bytes(0..60)) {
        if let Ok((sealed, expected)) = shape::seal(codec, &frame, &body) {
            prop_assert_eq!(shape::open(codec, &sealed), Ok(expected));
        }
    }

    #[test]
    fn every_well_formed_frame_has_a_window((codec, frame) in good_frame(), body in bytes(0..60)) {
        let (_, expected) = shape::seal(codec, &frame, &body).unwrap();
        let kept = expected.bound.len();
        prop_assert!(kept <= MAX_WINDOW_LEN && (kept == 0) == frame_shows_nothing(codec));
    }

    #[test]
    fn frames_without_a_window_are_refused_with_a_reason((codec, frame) in any_frame()) {
        let reasons = [Error::FrameTooShort, Error::WindowMissing, Error::WindowTooLarge];
        if let Err(error) = codec.write_window(&frame, 99, &mut Window::new()) {
            prop_assert!(reasons.contains(&error));
        }
    }

    #[test]
    fn parsing_any_bytes_never_panics(codec in codec(), sealed in bytes(0..200)) {
        match shape::open(codec, &sealed) {
            Ok(found) => prop_assert!(found.bound.len() + found.body.len() <= sealed.len()),
            Err(error) => prop_assert_eq!(error, Error::MalformedFrame),
        }
    }

    /// Parameter sets and start codes may change on the way. Nothing else of a window may.
    #[test]
    fn a_flipped_bit_changes_window_or_body(
        (codec, frame) in good_frame(),
        body in bytes(20..60),
        at in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let (mut sealed, expected) = shape::seal(codec, &frame, &body).unwrap();
        let mut window = Window::new();
        codec.write_window(&frame, body.len(), &mut window).unwrap();
        let end = window.wire().len();
        let free = if codec.escapes() { end - expected.bound.len() } else { 0 };
        if free == end {
            return Ok(()); // audio has no window
        }
        sealed[free + at.index(end - free)] ^= 1 << bit;
        prop_assert_ne!(shape::open(codec, &sealed), Ok(expected));
    }
}

fn frame_shows_nothing(codec: Codec) -> bool {
    codec.kind() == sealframe::MediaKind::Audio
}

#[test]
fn parsing_a_truncated_sealed_frame_never_panics() {
    let body: Vec<u8> = (0..40).collect();
    let frames: [(Codec, &[u8]); 4] = [
        (Codec::Vp8, &[0x10, 2, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0, 1]),
        (Codec::H264, &[0, 0, 1, 0x67, 0x42, 0, 0x1f, 0, 0, 1, 0x65, 0x88, 0x84, 0x21]),
        (Codec::H265, &[0, 0, 1, 0x42, 1, 1, 0, 0, 1, 0x26, 1, 0xaf, 0x21]),
        (Codec::Av1, &[0x0a, 2, 0, 0x24, 0x32, 2, 0x10, 0]),
    ];
    for (codec, frame) in frames {
        let (sealed, expected) = shape::seal(codec, frame, &body).unwrap();
        for len in 0..sealed.len() {
            assert_ne!(shape::open(codec, &sealed[..len]), Ok(expected.clone()), "{codec:?} {len}");
        }
    }
}
