//! Frames of real encoders: each has a window, survives the transport, and opens unchanged.
#![allow(missing_docs)]

#[path = "common/bitstream.rs"]
mod bitstream;
mod common;
#[path = "common/shape.rs"]
mod shape;
#[path = "common/transport.rs"]
mod transport;

use common::pair::End;
use sealframe::codec::{Codec, Window};
use transport::{NetworkPath, carry};

struct Fixture {
    name: &'static str,
    codec: Codec,
    frames: usize,
    keys: usize,
    /// Lengths of the longest and of the shortest window in bytes.
    windows: (usize, usize),
}

macro_rules! fixtures {
    ($($name:literal $codec:ident $frames:literal $keys:literal $longest:literal $shortest:literal;)+) => {
        &[$(Fixture {
            name: $name,
            codec: Codec::$codec,
            frames: $frames,
            keys: $keys,
            windows: ($longest, $shortest),
        },)+]
    };
}

const FIXTURES: &[Fixture] = fixtures! {
    "x264-slices.264"       H264 6 2   55 6;
    "x264-pps31.264"        H264 6 2   47 8;
    "x264-refresh.264"      H264 6 1   46 6;
    "x265-slices.265"       H265 6 2   100 7;
    "x265-lowdelay.265"     H265 6 2   90 7;
    "x265-opengop.265"      H265 6 2   91 7;
    "aom-realtime.obu"      Av1 6 2    15 3;
    "aom-altref.obu"        Av1 20 1   15 3;
    "aom-resilient.ivf"     Av1 6 1    16 3;
    "svt-av1.ivf"           Av1 6 2    15 3;
    "vpx-vp8.ivf"           Vp8 6 2    10 1;
    "vpx-vp8-altref.ivf"    Vp8 20 1   10 1;
    "vpx-vp9.ivf"           Vp9 6 2    1 1;
    "vpx-vp9-altref.ivf"    Vp9 20 1   1 1;
    "chromium-vp8.ivf"      Vp8 12 1   10 1;
    "chromium-vp9.ivf"      Vp9 12 1   1 1;
    "chromium-vp9-l3t3.ivf" Vp9 12 1   1 1;
    "chromium-h264.ivf"     H264 12 1  35 6;
    "chromium-av1.ivf"      Av1 12 1   15 3;
    "chromium-av1-l3t3.ivf" Av1 12 1   20 4;
    "chromium-opus.ivf"     Opus 12 0  0 0;
    "chromium-red.ivf"      Red 12 0   0 0;
    "chromium-cn.ivf"       Cn 12 0    0 0;
    "chromium-multiopus.ivf" MultiOpus 12 0 0 0;
    "chromium-l16.ivf"      L16 12 0   0 0;
    "firefox-vp8.ivf"       Vp8 12 1   10 1;
    "firefox-vp9.ivf"       Vp9 12 1   1 1;
    "firefox-av1.ivf"       Av1 12 1   15 3;
    "firefox-opus.ivf"      Opus 12 0  0 0;
};

const DIRECT: NetworkPath = NetworkPath {
    mtu: 0,
    rewrites_sps: false,
    puts_in_front: false,
    puts_behind: false,
    frames_otherwise: false,
};

const NETWORK_PATHS: [NetworkPath; 5] = [
    DIRECT,
    NetworkPath { mtu: 1200, rewrites_sps: true, ..DIRECT },
    NetworkPath { mtu: 100, rewrites_sps: true, puts_in_front: true, ..DIRECT },
    NetworkPath { mtu: 1200, puts_behind: true, frames_otherwise: true, ..DIRECT },
    NetworkPath {
        mtu: 100,
        rewrites_sps: true,
        puts_in_front: true,
        puts_behind: true,
        frames_otherwise: true,
    },
];

impl Fixture {
    fn frames(&self) -> Vec<Vec<u8>> {
        let path = [env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/", self.name].concat();
        bitstream::frames(self.name, &std::fs::read(path).unwrap())
    }

    /// Whether the encoder would have called this a key frame.
    fn is_key(&self, frame: &[u8]) -> bool {
        match self.codec {
            Codec::Vp8 => frame[0] & 1 == 0,
            Codec::Vp9 => frame[0] & 0b1100 == 0,
            Codec::Av1 => frame[..3] == [0x12, 0, 0x0a],
            codec => carry(codec, frame, false, NetworkPath::default()).unwrap().key,
        }
    }

    fn window_len(&self, frame: &[u8]) -> usize {
        let mut window = Window::new();
        self.codec.write_window(frame, 100, &mut window).unwrap();
        window.wire().len()
    }
}

#[test]
fn the_fixtures_have_the_described_frames() {
    for fixture in FIXTURES {
        let frames = fixture.frames();
        let keys = frames.iter().filter(|frame| fixture.is_key(frame)).count();
        assert_eq!((frames.len(), keys), (fixture.frames, fixture.keys), "{}", fixture.name);
    }
}

#[test]
fn windows_are_as_small_as_the_protocol_says() {
    for fixture in FIXTURES {
        let lens = fixture.frames().into_iter().map(|frame| fixture.window_len(&frame));
        let (longest, shortest) = lens.fold((0, usize::MAX), |(l, s), n| (l.max(n), s.min(n)));
        assert_eq!((longest, shortest), fixture.windows, "{}", fixture.name);
    }
}

/// The frame itself, with its start codes, is the hardest body.
#[test]
fn sealed_fixtures_arrive_over_every_network_path() {
    for (fixture, network_path) in
        FIXTURES.iter().flat_map(|f| NETWORK_PATHS.map(|network_path| (f, network_path)))
    {
        for (n, frame) in fixture.frames().iter().enumerate() {
            let (sealed, expected) = shape::seal(fixture.codec, frame, frame).unwrap();
            let key = fixture.is_key(frame);
            let arrived = carry(fixture.codec, &sealed, key, network_path).unwrap();
            assert_eq!(arrived.key, key, "{} frame {n}", fixture.name);
            assert_eq!(
                shape::open(fixture.codec, &arrived.bytes),
                Ok(expected),
                "{} frame {n}, {network_path:?}",
                fixture.name
            );
        }
    }
}

/// With the real cipher: the opened frame is the encoder's, byte for byte, and opens once.
#[test]
fn opened_fixtures_are_identical() {
    for fixture in FIXTURES {
        let (mut alice, mut bob) = (End::alice(7, 99), End::bob(7));
        let kind = fixture.codec.kind();
        let (seal, open) = (alice.sealing(kind, "t"), bob.opening("alice", kind, "t"));
        for (n, frame) in fixture.frames().iter().enumerate() {
            let sealed = alice.seal(seal, fixture.codec, frame).unwrap();
            let network_path = NETWORK_PATHS[n % NETWORK_PATHS.len()];
            let key = fixture.is_key(frame);
            let arrived = carry(fixture.codec, &sealed, key, network_path).unwrap().bytes;
            let opened = bob.open(open, fixture.codec, &arrived);
            assert_eq!(opened.as_ref(), Ok(frame), "{} frame {n}", fixture.name);
            assert!(bob.open(open, fixture.codec, &arrived).is_err(), "a repeat");
        }
    }
}
