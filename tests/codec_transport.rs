//! Sealed frames survive packetizers and depacketizers.
#![allow(missing_docs)]

#[allow(dead_code)]
#[path = "common/frames.rs"]
mod frames;
#[path = "common/shape.rs"]
mod shape;
#[path = "common/transport.rs"]
mod transport;

use frames::{bytes, good_frame, unit};
use proptest::prelude::*;
use sealframe::codec::Codec;
use transport::{NetworkPath, carry};

fn network_path() -> impl Strategy<Value = NetworkPath> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
    (prop::sample::select(vec![0, 40, 1200]), flags).prop_map(|(mtu, flags)| {
        let (rewrites_sps, puts_in_front, puts_behind, frames_otherwise) = flags;
        NetworkPath { mtu, rewrites_sps, puts_in_front, puts_behind, frames_otherwise }
    })
}

/// Key frames of H.264 and H.265 arrive only with their sets.
fn with_sets(codec: Codec, frame: Vec<u8>) -> Vec<u8> {
    let sets: &[(&[u8], &[u8])] = match codec {
        Codec::H264 => &[(&[0x67], &[0x42, 0, 0, 1]), (&[0x68], &[0xce, 0])],
        Codec::H265 => &[(&[0x40, 1], &[9]), (&[0x42, 1], &[0, 0, 0]), (&[0x44, 1], &[7])],
        _ => &[],
    };
    let sets = sets.iter().flat_map(|(head, rbsp)| [&[0, 0, 1], &unit(head, rbsp)[..]].concat());
    sets.chain(frame).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same frame arrives twice over two network paths: browsers repeat frames, SFUs fan them
    /// out.
    #[test]
    fn sealed_frames_arrive_whole_over_any_network_path(
        (codec, frame) in good_frame(),
        body in bytes(17..200),
        key in any::<bool>(),
        roads in [network_path(), network_path()],
    ) {
        let frame = with_sets(codec, frame);
        let (sealed, expected) = shape::seal(codec, &frame, &body).unwrap();
        for network_path in roads {
            let arrived = carry(codec, &sealed, key, network_path);
            prop_assert!(arrived.is_some(), "{:?} lost on {:?}: {:02x?}", codec, network_path, sealed);
            prop_assert_eq!(shape::open(codec, &arrived.unwrap().bytes), Ok(expected.clone()));
        }
    }
}

/// The model itself, compared with measurements in browsers (Chromium 156, Firefox 153).
#[test]
fn the_transport_model_behaves_like_browsers() {
    let arrived = |codec, frame: &[u8]| carry(codec, frame, true, NetworkPath::default());
    // A 3-byte start code becomes 4 bytes long and swallows a zero before it.
    let frame = [0, 0, 1, 0x41, 0xe0, 7, 0, 0, 0, 1, 0x06, 5, 0, 0, 0, 0, 1, 0x41, 0xe0, 9, 0];
    let expected = [0, 0, 0, 1, 0x41, 0xe0, 7, 0, 0, 0, 1, 6, 5, 0, 0, 0, 0, 1, 0x41, 0xe0, 9, 0];
    assert_eq!(arrived(Codec::H264, &frame).unwrap().bytes, expected);
    // A frame without a start code, with an empty unit, or with a slice without PPS id is lost.
    assert_eq!(arrived(Codec::H264, &[0x41, 0xe0, 7, 7, 7]), None);
    assert_eq!(arrived(Codec::H264, &[0, 0, 1, 0, 0, 1, 0x41, 0xe0, 7]), None);
    assert_eq!(arrived(Codec::H264, &[0, 0, 1, 0x41, 0, 0, 2]), None);
    // The temporal delimiter is dropped and every OBU gets a size. A trailer loses the frame.
    let frame = [0x12, 0, 0x0a, 0x81, 0, 0x55, 0x30, 1, 2, 3];
    let expected = [0x0a, 1, 0x55, 0x32, 3, 1, 2, 3];
    assert_eq!(arrived(Codec::Av1, &frame).unwrap().bytes, expected);
    assert_eq!(arrived(Codec::Av1, &[0x32, 1, 7, 0xff, 0xff, 0xff]), None);
    // A VP8 key frame shorter than its own header is refused.
    assert_eq!(arrived(Codec::Vp8, &[0x10; 9]), None);
}

/// Without escaping a sealed frame is damaged: the model notices it.
#[test]
fn an_unescaped_body_is_damaged_in_transport() {
    let frame = with_sets(Codec::H264, vec![0, 0, 1, 0x65, 0x88, 0x84, 9]);
    let (sealed, expected) = shape::seal(Codec::H264, &frame, &[7, 0, 0, 1, 0x41, 0xe0]).unwrap();
    let start = sealed.len() - 7; // seven bytes contain one mark
    let plain = [&sealed[..start], &expected.body].concat();
    let arrived = carry(Codec::H264, &plain, true, NetworkPath::default()).unwrap();
    assert_ne!(shape::open(Codec::H264, &arrived.bytes), Ok(expected));
}
