//! Media servers read a few bytes of each frame. They read the same from a sealed frame.
//!
//! Each rule restates what one server's source reads (docs/sfus.md has the versions). No code is
//! theirs. RTP headers, payload descriptors and header extensions lie outside of frames.

#[path = "common/bitstream.rs"]
mod bitstream;
mod common;

use common::pair::End;
use sealframe::codec::Codec;

/// What a server learns from a frame, as numbers.
type Learnt = Vec<u32>;

struct Rule {
    server: &'static str,
    codec: Codec,
    read: fn(&[u8]) -> Learnt,
}

const fn rule(server: &'static str, codec: Codec, read: fn(&[u8]) -> Learnt) -> Rule {
    Rule { server, codec, read }
}

const RULES: &[Rule] = &[
    rule("mediasoup", Codec::Vp8, vp8_key),
    rule("Janus", Codec::Vp8, vp8_start_code),
    rule("LiveKit", Codec::Vp8, vp8_size),
    rule("Galene", Codec::Vp8, vp8_size),
    rule("Jitsi", Codec::Vp8, vp8_height),
    rule("ion-sfu", Codec::Vp8, vp8_key),
    rule("str0m", Codec::Vp8, vp8_key),
    rule("OvenMediaEngine", Codec::Vp8, vp8_first_partition),
    rule("LiveKit", Codec::Vp9, vp9_type),
    rule("Galene", Codec::Vp9, vp9_type),
    rule("str0m", Codec::Vp9, vp9_first_byte),
    rule("mediasoup", Codec::H264, avc_sps_is_there),
    rule("Janus", Codec::H264, avc_types),
    rule("LiveKit", Codec::H264, avc_sps),
    rule("Galene", Codec::H264, avc_sps_is_there),
    rule("ion-sfu", Codec::H264, avc_types),
    rule("str0m", Codec::H264, avc_types),
    rule("OvenMediaEngine", Codec::H264, avc_sets),
    rule("Janus", Codec::H265, hevc_types),
    rule("LiveKit", Codec::H265, hevc_sps_and_layer),
    rule("LiveKit", Codec::Av1, av1_frame_type),
    rule("Galene", Codec::Av1, av1_frame_type),
    rule("Janus", Codec::Av1, av1_begins_with_sequence),
    rule("str0m", Codec::Av1, av1_begins_with_sequence),
    rule("mediasoup", Codec::Opus, opus_is_dtx),
];

const FIXTURES: &[(Codec, &[&str])] = &[
    (Codec::Vp8, &["vpx-vp8.ivf", "vpx-vp8-altref.ivf", "chromium-vp8.ivf", "firefox-vp8.ivf"]),
    (Codec::Vp9, &["vpx-vp9.ivf", "chromium-vp9.ivf", "chromium-vp9-l3t3.ivf"]),
    (Codec::H264, &["x264-slices.264", "x264-pps31.264", "x264-refresh.264", "chromium-h264.ivf"]),
    (Codec::H265, &["x265-slices.265", "x265-lowdelay.265", "x265-opengop.265"]),
    (Codec::Av1, &["aom-realtime.obu", "svt-av1.ivf", "chromium-av1.ivf", "firefox-av1.ivf"]),
    (Codec::Opus, &["chromium-opus.ivf", "firefox-opus.ivf"]),
];

#[test]
fn each_server_reads_the_same_from_a_sealed_frame() {
    for Rule { server, codec, read } in RULES {
        for (at, (frame, sealed)) in sealed(*codec).enumerate() {
            assert_eq!(read(&sealed), read(&frame), "{server}, {codec:?}, frame {at}");
        }
    }
}

/// Each rule learns something that differs between frames, except that sound is never DTX here.
#[test]
fn a_server_that_reads_a_body_learns_something_else() {
    for Rule { server, codec, read } in RULES.iter().filter(|rule| rule.codec != Codec::Opus) {
        let wrong =
            |(frame, sealed): (Vec<u8>, Vec<u8>)| read(&frame) != read(&sealed[sealed.len() / 2..]);
        assert!(sealed(*codec).any(wrong), "{server}, {codec:?}");
    }
}

#[test]
fn the_page_of_servers_names_each_server_whose_rule_is_tested() {
    let page = include_str!("../docs/sfus.md");
    for Rule { server, .. } in RULES {
        assert!(page.contains(&format!("| **{server}** |")), "{server}");
    }
}

/// The fixtures' frames of a codec, before and after sealing.
fn sealed(codec: Codec) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let (_, names) = FIXTURES.iter().find(|(of, _)| *of == codec).expect("fixtures");
    let mut alice = End::alice(7, 99);
    let stream = alice.sealing(codec.kind(), "");
    names.iter().flat_map(|name| frames(name)).map(move |frame| {
        let sealed = alice.seal(stream, codec, &frame).expect("sealed");
        (frame, sealed)
    })
}

fn frames(name: &str) -> Vec<Vec<u8>> {
    let path = [env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/", name].concat();
    bitstream::frames(name, &std::fs::read(path).expect("a fixture"))
}

// -- VP8 (RFC 6386 §9.1) -------------------------------------------------------------------------

fn vp8_key(frame: &[u8]) -> Learnt {
    vec![u32::from(frame[0] & 1 == 0)]
}

/// A key frame has at least 16 bytes and the start code.
fn vp8_start_code(frame: &[u8]) -> Learnt {
    if frame.len() < 16 || frame[0] & 1 == 1 || frame[3..6] != [0x9d, 1, 0x2a] {
        return vec![0];
    }
    vp8_size(frame)
}

fn vp8_size(frame: &[u8]) -> Learnt {
    match frame[0] & 1 {
        0 => vec![1, half(frame, 6) & 0x3fff, half(frame, 8) & 0x3fff],
        _ => vec![0],
    }
}

fn vp8_height(frame: &[u8]) -> Learnt {
    match frame[0] & 1 {
        0 => vec![1, half(frame, 8) & 0x3fff],
        _ => vec![0],
    }
}

/// Of a key frame: the size, and whether the frame is longer than its first partition.
fn vp8_first_partition(frame: &[u8]) -> Learnt {
    if frame.len() < 10 || frame[0] & 1 == 1 {
        return vec![0];
    }
    let tag = half(frame, 0) | u32::from(frame[2]) << 16;
    let is_longer = frame.len() > (tag >> 5) as usize + 10;
    [vp8_start_code(frame), vec![u32::from(is_longer)]].concat()
}

fn half(bytes: &[u8], at: usize) -> u32 {
    u32::from(bytes[at]) | u32::from(bytes[at + 1]) << 8
}

// -- VP9 (bitstream specification §6.2) ----------------------------------------------------------

/// Frame marker, profile, show_existing_frame and frame_type.
fn vp9_type(frame: &[u8]) -> Learnt {
    [6, 4, 3, 2].map(|shift| u32::from(frame[0] >> shift)).to_vec()
}

fn vp9_first_byte(frame: &[u8]) -> Learnt {
    vec![u32::from(frame[0])]
}

// -- H.264 and H.265 (Annex B of both) -----------------------------------------------------------

fn avc_sps_is_there(frame: &[u8]) -> Learnt {
    vec![u32::from(units(frame).any(|unit| unit[0] & 0x1f == 7))]
}

/// Whether there are an IDR slice, another slice, and an SPS.
fn avc_types(frame: &[u8]) -> Learnt {
    [5, 1, 7].map(|kind| u32::from(units(frame).any(|unit| unit[0] & 0x1f == kind))).to_vec()
}

fn avc_sps(frame: &[u8]) -> Learnt {
    whole(frame, |unit| unit[0] & 0x1f == 7)
}

fn avc_sets(frame: &[u8]) -> Learnt {
    whole(frame, |unit| matches!(unit[0] & 0x1f, 7 | 8))
}

/// Whether there are an IRAP slice, and parameter sets.
fn hevc_types(frame: &[u8]) -> Learnt {
    let has = |wanted: &[u8]| units(frame).any(|unit| wanted.contains(&(unit[0] >> 1 & 0x3f)));
    vec![u32::from(has(&[16, 17, 18, 19, 20, 21])), u32::from(has(&[32, 33, 34]))]
}

/// The SPS, and the temporal id of the first slice.
fn hevc_sps_and_layer(frame: &[u8]) -> Learnt {
    let sps = whole(frame, |unit| unit[0] >> 1 & 0x3f == 33);
    let slice = units(frame).find(|unit| unit[0] >> 1 & 0x3f < 32).map(|unit| unit[1] & 7);
    [sps, vec![slice.map_or(u32::MAX, u32::from)]].concat()
}

/// All bytes of the chosen NAL units.
fn whole(frame: &[u8], chosen: impl Fn(&[u8]) -> bool) -> Learnt {
    units(frame).filter(|unit| chosen(unit)).flatten().map(|byte| u32::from(*byte)).collect()
}

/// The NAL units with at least two bytes, without the zeros behind them.
fn units(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_start = |at: &usize| frame[*at..].starts_with(&[0, 0, 1]);
    let starts: Vec<_> = (0..frame.len()).filter(is_start).collect();
    let ends = starts.clone().into_iter().skip(1).chain([frame.len()]);
    let unit = |(start, end): (usize, usize)| {
        let unit = &frame[start + 3..end];
        let len = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        &unit[..len]
    };
    starts.into_iter().zip(ends).map(unit).filter(|unit| unit.len() >= 2)
}

// -- AV1 (bitstream specification §5.3) ----------------------------------------------------------

fn av1_begins_with_sequence(frame: &[u8]) -> Learnt {
    vec![u32::from(obus(frame).first().is_some_and(|(kind, _)| *kind == 1))]
}

/// The first OBU's type; show_existing_frame and frame_type of the first frame (header) OBU.
fn av1_frame_type(frame: &[u8]) -> Learnt {
    let obus = obus(frame);
    let first =
        obus.iter().find(|(kind, _)| matches!(kind, 3 | 6)).and_then(|(_, payload)| *payload);
    let sequence = obus.first().is_some_and(|(kind, _)| *kind == 1);
    vec![u32::from(sequence), first.map_or(u32::MAX, |byte| u32::from(byte >> 5))]
}

/// The type and the first payload byte of each OBU that packetizers send.
fn obus(frame: &[u8]) -> Vec<(u8, Option<u8>)> {
    let (mut at, mut obus) = (0, vec![]);
    while at < frame.len() {
        let header = frame[at];
        at += 1 + usize::from(header >> 2 & 1);
        let (mut size, mut shift) = (0, 0);
        while let Some(byte) = frame.get(at).filter(|_| header & 2 != 0) {
            size |= usize::from(byte & 0x7f) << shift;
            (at, shift) = (at + 1, shift + 7);
            if byte & 0x80 == 0 || shift > 28 {
                break;
            }
        }
        let kind = header >> 3 & 0xf;
        if !matches!(kind, 2 | 8 | 15) {
            obus.push((kind, frame.get(at).copied()));
        }
        at += if header & 2 == 0 { frame.len() } else { size };
    }
    obus
}

// -- Opus ----------------------------------------------------------------------------------------

/// Frames of one or two bytes are silence that need not be sent.
fn opus_is_dtx(frame: &[u8]) -> Learnt {
    vec![u32::from(frame.len() <= 2)]
}
