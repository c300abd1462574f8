//! The frame path allocates nothing once its stream, its key and its buffer exist.

mod common;

use allocation_counter::measure;
use common::pair::End;
use sealframe::codec::Codec;
use sealframe::frame::StreamIndex;

const FRAMES: usize = 200;

#[test]
fn sealing_and_opening_allocate_nothing() {
    for (codec, frame) in [
        (Codec::Opus, vec![5; 120]),
        (Codec::Vp8, [&[0x10, 2, 0, 0x9d, 1, 0x2a][..], &[9; 5000]].concat()),
        (Codec::Vp9, vec![0x82; 1200]),
        // A body full of zeros, so that it must be escaped.
        (Codec::H264, [&[0, 0, 0, 1, 0x41, 0x9a, 0x21, 0x6c][..], &[0; 9000]].concat()),
        (Codec::H265, [&[0, 0, 0, 1, 0x02, 0x01, 0xd0, 0x09][..], &[0; 9000]].concat()),
        (Codec::Av1, [&[0x12, 0, 0x32, 100][..], &[0x30; 100]].concat()),
    ] {
        let (mut alice, mut bob) = (End::alice(7, 9), End::bob(7));
        let seal = alice.sealing(codec.kind(), "t");
        let open = bob.opening("alice", codec.kind(), "t");
        pass(&mut alice, &mut bob, (seal, open), codec, &frame);
        let counted = measure(|| {
            for _ in 0..FRAMES {
                pass(&mut alice, &mut bob, (seal, open), codec, &frame);
            }
        });
        assert_eq!(counted.count_total, 0, "{codec:?}");
    }
}

/// Passes one frame from Alice's scratch buffer to Bob's without another copy.
fn pass(a: &mut End, b: &mut End, s: (StreamIndex, StreamIndex), codec: Codec, frame: &[u8]) {
    a.cryptor.scratch(frame.len()).unwrap().copy_from_slice(frame);
    let wire = a.cryptor.seal(&mut a.ring, s.0, Some(codec), frame.len()).unwrap();
    let wire = a.cryptor.bytes(wire);
    b.cryptor.scratch(wire.len()).unwrap().copy_from_slice(wire);
    let opened = b.cryptor.open(&mut b.ring, s.1, Some(codec), wire.len()).unwrap();
    assert_eq!(b.cryptor.bytes(opened), frame);
}
