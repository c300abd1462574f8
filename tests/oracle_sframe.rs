//! The `sframe` crate, an independent implementation, opens our frames, and we open its frames.
//! (Its ratchet is not that of RFC 9605 and is not used here.)

mod common;

use common::pair::{End, shared};
use proptest::prelude::*;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sframe::CipherSuite::AesGcm256Sha512;
use sframe::frame::{EncryptedFrameView, MediaFrameView, MonotonicCounter};
use sframe::key::{DecryptionKey, EncryptionKey};

/// docs/protocol.md §1: version ‖ kind ‖ codec ‖ length ‖ label, and no window for Opus.
fn opus_metadata(label: &str) -> Vec<u8> {
    [b"sealframe/1", &[1, 1, label.len() as u8][..], label.as_bytes()].concat()
}

proptest! {
    #[test]
    fn the_sframe_crate_opens_our_frames(
        frame in prop::collection::vec(any::<u8>(), 1..500),
        label in "[a-z]{0,20}",
        kid in 0u64..1 << 56,
    ) {
        let mut alice = End::alice(7, kid);
        let seal = alice.sealing(MediaKind::Audio, &label);
        let wire = alice.seal(seal, Codec::Opus, &frame).unwrap();
        let theirs =
            DecryptionKey::derive_from(AesGcm256Sha512, kid, shared("alice", 7).base_key().as_bytes()).unwrap();
        let metadata = opus_metadata(&label);
        let view = EncryptedFrameView::try_with_meta_data(&wire, &metadata).unwrap();
        let opened = view.decrypt(&theirs).unwrap();
        prop_assert_eq!(opened.payload(), &frame[..]);
    }

    #[test]
    fn we_open_frames_of_the_sframe_crate(
        frame in prop::collection::vec(any::<u8>(), 1..500),
        label in "[a-z]{0,20}",
        kid in 0u64..1 << 56,
        ctr in 0u64..1 << 40,
    ) {
        let theirs =
            EncryptionKey::derive_from(AesGcm256Sha512, kid, shared("alice", 7).base_key().as_bytes()).unwrap();
        let mut counter = MonotonicCounter::with_start_value(ctr, u64::MAX);
        let metadata = opus_metadata(&label);
        let view =
            MediaFrameView::try_with_meta_data(&mut counter, &frame, &metadata).unwrap();
        let sealed = view.encrypt(&theirs).unwrap();
        let mut bob = End::bob(7);
        let open = bob.opening("alice", MediaKind::Audio, &label);
        let opened = bob.open(open, Codec::Opus, sealed.sframe_cipher_text()).unwrap();
        prop_assert_eq!(opened, frame);
    }
}
