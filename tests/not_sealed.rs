//! The plaintext detector distinguishes a peer that does not seal from one whose key is missing.

#[path = "common/bitstream.rs"]
mod bitstream;
mod common;

use common::pair::{End, id, key};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sealframe::Error;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::StreamIndex;
use sealframe::key::{DeviceKid, Limits};

/// Frames of real encoders.
const FIXTURES: &[(Codec, &[&str])] = &[
    (Codec::Opus, &["chromium-opus.ivf", "firefox-opus.ivf"]),
    (Codec::Red, &["chromium-red.ivf"]),
    (Codec::MultiOpus, &["chromium-multiopus.ivf"]),
    (Codec::Cn, &["chromium-cn.ivf"]),
    (Codec::L16, &["chromium-l16.ivf"]),
    (Codec::Vp8, &["chromium-vp8.ivf", "firefox-vp8.ivf", "vpx-vp8.ivf", "vpx-vp8-altref.ivf"]),
    (
        Codec::Vp9,
        &[
            "chromium-vp9.ivf",
            "firefox-vp9.ivf",
            "chromium-vp9-l3t3.ivf",
            "vpx-vp9.ivf",
            "vpx-vp9-altref.ivf",
        ],
    ),
    (Codec::H264, &["chromium-h264.ivf", "x264-slices.264", "x264-pps31.264", "x264-refresh.264"]),
    (Codec::H265, &["x265-slices.265", "x265-lowdelay.265", "x265-opengop.265"]),
    (
        Codec::Av1,
        &[
            "chromium-av1.ivf",
            "firefox-av1.ivf",
            "chromium-av1-l3t3.ivf",
            "aom-realtime.obu",
            "aom-altref.obu",
            "aom-resilient.ivf",
            "svt-av1.ivf",
        ],
    ),
];

/// The detector must decide within this number of frames.
const WITHIN: usize = 16;
/// After an authentic frame this number of frames counts for nothing.
const TRUSTED: usize = 60;

/// The frames of each file. If it is too short, the files after it in the list follow.
#[test]
fn plaintext_of_every_encoder_is_reported_as_not_sealed() {
    for (codec, names) in FIXTURES {
        for first in 0..names.len() {
            let run = names[first..].iter().chain(*names).flat_map(|name| frames(name));
            let mut bob = End::new(Limits::default());
            let open = bob.opening("alice", codec.kind(), "");
            let mut codes = run.take(WITHIN + 4).map(|frame| bob.open(open, *codec, &frame));
            let found = codes.position(|code| code == Err(Error::NotSealed));
            assert!(found.is_some_and(|at| at < WITHIN), "{codec:?} {}: {found:?}", names[first]);
            assert!(codes.all(|code| code == Err(Error::NotSealed)), "and all later frames");
        }
    }
}

/// The key is known, so every frame is tried, and an authentic frame counts at once. After it the
/// detector takes longer: a server can forge frames in the name of a peer that seals.
#[test]
fn plaintext_of_a_peer_that_sealed_before_is_reported_as_not_sealed() {
    for (codec, names) in FIXTURES {
        let (mut alice, mut bob) = (End::alice(7, 99), End::bob(7));
        let seal = alice.sealing(codec.kind(), "");
        let open = bob.opening("alice", codec.kind(), "");
        let plain: Vec<_> = names.iter().chain(*names).flat_map(|name| frames(name)).collect();
        for _ in 0..3 {
            let sealed = alice.seal(seal, *codec, &plain[0]).unwrap();
            assert_eq!(bob.open(open, *codec, &sealed).as_ref(), Ok(&plain[0]));
            let last = plain
                .iter()
                .cycle()
                .take(TRUSTED + WITHIN)
                .map(|frame| bob.open(open, *codec, frame))
                .last();
            assert_eq!(last, Some(Err(Error::NotSealed)), "{codec:?}");
        }
    }
}

/// Lost, late, early and repeated frames of several tracks, and keys that change.
#[test]
fn sealed_frames_without_a_key_are_never_reported_as_not_sealed() {
    for seed in 0..40 {
        let mut bob = End::new(Limits::default());
        let codes = hear(&mut bob, &network_path(seed, sealed(seed)));
        assert!(codes.iter().all(|code| *code == Some(Error::UnknownKey)), "seed {seed}");
    }
}

#[test]
fn sealed_frames_under_a_wrong_key_are_never_reported_as_not_sealed() {
    for seed in 0..10 {
        let mut bob = End::new(Limits::default());
        for kid in kids() {
            bob.ring.install_device(&id("alice"), kid, key(200));
        }
        let codes = hear(&mut bob, &network_path(seed, sealed(seed)));
        let expected = [Some(Error::UnknownKey), Some(Error::AuthenticationFailed)];
        assert!(codes.iter().all(|code| expected.contains(code)), "seed {seed}");
        assert!(codes.contains(&expected[1]));
    }
}

/// A peer that begins to seal is soon reported as one whose key is missing.
#[test]
fn not_sealed_is_no_longer_reported_once_the_peer_seals() {
    let mut bob = End::new(Limits::default());
    let open = bob.opening("alice", MediaKind::Video, "camera");
    let plain = frames("chromium-vp8.ivf");
    let last = plain.iter().map(|frame| bob.open(open, Codec::Vp8, frame)).last();
    assert_eq!(last, Some(Err(Error::NotSealed)));
    let codes = hear(&mut bob, &sealed(1)[..100]);
    assert!(codes[WITHIN..].iter().all(|code| *code == Some(Error::UnknownKey)));
}

/// A few unreadable frames between authentic ones change nothing.
#[test]
fn authentic_frames_clear_the_suspicion_of_plaintext() {
    let (mut alice, mut bob) = (End::alice(7, 99), End::bob(7));
    let seal = alice.sealing(MediaKind::Video, "");
    let open = bob.opening("alice", MediaKind::Video, "");
    for frame in frames("chromium-vp8.ivf").iter().cycle().take(200) {
        let code = bob.open(open, Codec::Vp8, frame).unwrap_err();
        assert_ne!(code, Error::NotSealed);
        let sealed = alice.seal(seal, Codec::Vp8, frame).unwrap();
        assert_eq!(bob.open(open, Codec::Vp8, &sealed).as_ref(), Ok(frame));
    }
}

proptest! {
    /// Any bytes are refused with some code, and nothing panics.
    #[test]
    fn no_frame_passes_without_a_key(wires in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..60), 1..80)) {
        let mut bob = End::new(Limits::default());
        let open = bob.opening("alice", MediaKind::Video, "");
        for wire in &wires {
            prop_assert!(bob.open(open, Codec::Vp8, wire).is_err());
        }
    }
}

type Wire = (&'static str, Vec<u8>);

/// Alice's key, its next steps, and then a random one.
fn kids() -> [DeviceKid; 4] {
    let first = DeviceKid::first(0x7a1);
    let second = first.next_step().unwrap();
    [first, second, second.next_step().unwrap(), DeviceKid::first(0x7a2)]
}

/// Two tracks under four keys, one after the other.
fn sealed(seed: u64) -> Vec<Wire> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut alice = End::new(Limits::default());
    let camera = alice.sealing(MediaKind::Video, "camera");
    let screen = alice.sealing(MediaKind::Video, "screen");
    let mut wires = vec![];
    for (n, kid) in kids().into_iter().enumerate() {
        alice.ring.install_own(kid.kid(), &key(n as u8)).unwrap();
        for _ in 0..500 {
            let (track, stream) =
                if rng.next_u32() % 4 == 0 { ("screen", screen) } else { ("camera", camera) };
            let mut frame = vec![0x11; 20 + rng.next_u32() as usize % 60];
            rng.fill_bytes(&mut frame[1..]);
            wires.push((track, alice.seal(stream, Codec::Vp8, &frame).unwrap()));
        }
    }
    wires
}

/// One in five frames is lost, one in five arrives up to a dozen later, the first up to nine times.
fn network_path(seed: u64, wires: Vec<Wire>) -> Vec<Wire> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xf00d);
    let mut arriving = vec![];
    for (n, wire) in wires.into_iter().enumerate() {
        if rng.next_u32() % 5 == 0 {
            continue;
        }
        let late = if rng.next_u32() % 5 == 0 { 1 + rng.next_u32() as usize % 12 } else { 0 };
        let times = if n < 20 { 1 + rng.next_u32() % 9 } else { 1 };
        arriving.extend((0..times).map(|_| (n + late, wire.clone())));
    }
    arriving.sort_by_key(|(at, _)| *at);
    arriving.into_iter().map(|(_, wire)| wire).collect()
}

fn hear(bob: &mut End, wires: &[Wire]) -> Vec<Option<Error>> {
    let open = |bob: &mut End, (track, wire): &Wire| {
        let stream: StreamIndex = bob.opening("alice", MediaKind::Video, track);
        bob.open(stream, Codec::Vp8, wire).err()
    };
    wires.iter().map(|wire| open(bob, wire)).collect()
}

fn frames(name: &str) -> Vec<Vec<u8>> {
    let path = [env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/", name].concat();
    bitstream::frames(name, &std::fs::read(path).unwrap())
}

/// LiveKit sends 50 frames of silence in the name of a peer that mutes.
#[test]
fn silence_that_a_server_makes_up_at_a_mute_is_not_reported_as_not_sealed() {
    let (mut alice, mut bob) = (End::alice(7, 99), End::bob(7));
    let seal = alice.sealing(MediaKind::Audio, "");
    let open = bob.opening("alice", MediaKind::Audio, "");
    let sealed = alice.seal(seal, Codec::Opus, b"a frame").unwrap();
    assert!(bob.open(open, Codec::Opus, &sealed).is_ok());
    for _ in 0..50 {
        let made_up = bob.open(open, Codec::Opus, &[0xf8, 0xff, 0xfe]);
        assert!(made_up.is_err_and(|error| error != Error::NotSealed));
    }
}
