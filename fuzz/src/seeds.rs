//! Inputs to start from: frames of real encoders, and messages of real devices.

use crate::common::device::{Curve, Device};
use crate::common::world::World;
use crate::{frames, messages};
use sealframe::codec::Codec;
use sealframe::envelope::Suite;
use sealframe::sframe::{Header, Kid, MAX_HEADER_LEN};
use sealframe_argon2::{Cost, recovery};
use sealframe_mls::identity::CallId;
use sealframe_mls::wire;
use std::sync::OnceLock;

#[path = "../../tests/common/bitstream.rs"]
mod bitstream;

/// Files of tests/fixtures, and their codecs.
const FIXTURES: [(&str, Codec); 11] = [
    ("x264-slices.264", Codec::H264),
    ("x264-pps31.264", Codec::H264),
    ("x265-slices.265", Codec::H265),
    ("aom-realtime.obu", Codec::Av1),
    ("chromium-av1-l3t3.ivf", Codec::Av1),
    ("chromium-vp8.ivf", Codec::Vp8),
    ("chromium-vp9.ivf", Codec::Vp9),
    ("chromium-h264.ivf", Codec::H264),
    ("chromium-opus.ivf", Codec::Opus),
    ("chromium-red.ivf", Codec::Red),
    ("chromium-cn.ivf", Codec::Cn),
];
/// Frames of a file. More of them have the same form.
const FRAMES: usize = 3;
/// Longer frames, in bytes, make a fuzzer slow and say nothing new.
const LONGEST: usize = 2_000;

/// The codecs' frames of real encoders.
fn encoded() -> &'static [(Codec, Vec<u8>)] {
    static ENCODED: OnceLock<Vec<(Codec, Vec<u8>)>> = OnceLock::new();
    ENCODED.get_or_init(|| {
        let of = |(name, codec): (&str, Codec)| {
            let path = [env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/", name].concat();
            let file = std::fs::read(path).expect("a fixture");
            let frames = bitstream::frames(name, &file);
            let short = frames.into_iter().filter(|frame| frame.len() <= LONGEST);
            short.take(FRAMES).map(move |frame| (codec, frame)).collect::<Vec<_>>()
        };
        FIXTURES.into_iter().flat_map(of).collect()
    })
}

/// A frame of this codec.
pub(crate) fn frame(codec: Codec) -> Vec<u8> {
    let known = encoded().iter().find(|(of, _)| *of == codec);
    known.map_or_else(|| b"a frame of sound".to_vec(), |(_, frame)| frame.clone())
}

/// Input of a target that reads a codec and bytes.
fn input(codec: Codec, bytes: &[u8]) -> Vec<u8> {
    let number = Codec::ALL.iter().position(|(of, _)| *of == codec).expect("a codec");
    [&[number as u8], bytes].concat()
}

pub(crate) fn frames() -> Vec<Vec<u8>> {
    encoded().iter().map(|(codec, frame)| input(*codec, frame)).collect()
}

pub(crate) fn sealed_frames() -> Vec<Vec<u8>> {
    let sealed = |(codec, frame): &(Codec, Vec<u8>)| {
        frames::sealed(*codec, frame).map(|wire| input(*codec, &wire))
    };
    encoded().iter().filter_map(sealed).collect()
}

pub(crate) fn damages() -> Vec<Vec<u8>> {
    let damage = |(codec, _): (Codec, _)| {
        [[0, 0, 1], [0, 9, 0x80], [0, 40, 0xff]].map(|damage| input(codec, &damage))
    };
    Codec::ALL.iter().copied().flat_map(damage).collect()
}

pub(crate) fn bodies() -> Vec<Vec<u8>> {
    let bodies: [&[u8]; 4] = [&[0, 0, 0, 1, 0, 0, 3], &[2, 0, 3, 3], &[3, 0, 0, 0], b"\x01body"];
    bodies.map(<[u8]>::to_vec).to_vec()
}

pub(crate) fn headers() -> Vec<Vec<u8>> {
    let numbers = [0, 7, 8, 255, 256, 1 << 40, u64::MAX];
    let header = |(kid, ctr): (u64, u64)| {
        let mut out = [0; MAX_HEADER_LEN];
        let len = Header { kid: Kid(kid), ctr }.encode(&mut out);
        out[..len].to_vec()
    };
    numbers.into_iter().flat_map(|kid| numbers.map(|ctr| (kid, ctr))).map(header).collect()
}

pub(crate) fn messages() -> Vec<Vec<u8>> {
    let devices = [Suite::P256, Suite::Rsa].into_iter().zip(0..);
    let world = World::of(1, devices.map(|(suite, n)| Device::of(n, suite, Curve::FakeCurve)));
    world.met().seen.into_iter().map(|packet| packet.bytes).collect()
}

pub(crate) fn bundles() -> Vec<Vec<u8>> {
    let suites = [Suite::P256, Suite::MlKem768P256, Suite::Rsa];
    suites.map(|suite| Device::of(1, suite, Curve::Real).bundle.as_bytes().to_vec()).to_vec()
}

pub(crate) fn containers() -> Vec<Vec<u8>> {
    let sealed = recovery::seal("password", b"private keys", Cost::LEAST, [5; 16]);
    vec![sealed.expect("a container")]
}

pub(crate) fn group_messages() -> Vec<Vec<u8>> {
    let call = CallId::new(messages::CALL);
    let header = |kind: u8| [&[1, kind], call.as_bytes().as_slice()].concat();
    let note = |kind: u8, len: usize| [header(kind), vec![kind; len]].concat();
    let mut seeds = vec![wire::commit(call, [3; 8], b"an MLSMessage")];
    seeds.extend((2..8).flat_map(|kind| [300, 600, 1_400].map(|len| note(kind, len))));
    seeds
}

/// Events of the target `session`: messages that are changed and sent again, reloads, rosters.
pub(crate) fn courses() -> Vec<Vec<u8>> {
    let courses: [&[u8]; 6] = [
        &[8, 1, 0, 0, 3, 232, 7, 0, 0, 0, 7, 208],
        &[6, 0, 3, 6, 1, 3, 0, 0, 15, 160, 7, 0],
        &[4, 0, 100, 8, 2, 0, 0, 15, 160, 9, 0],
        &[2, 1, 0, 4, 0, 90, 1, 2, 0, 0, 5, 0, 100, 255, 3, 2, 0, 1, 0, 0, 0],
        &[5, 0, 100, 7, 0, 7, 1, 7, 2, 0, 0, 15, 160],
        &[1, 0, 0, 40, 2, 1, 9, 9, 9, 9, 6, 2, 1, 0, 0, 15, 160],
    ];
    courses.map(<[u8]>::to_vec).to_vec()
}
