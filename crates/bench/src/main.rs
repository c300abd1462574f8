//! Seals and opens a number of frames: `sealframe-bench CODEC BYTES TIMES`.
//!
//! `bench/gate.mjs` runs it under callgrind with two values of TIMES. The difference is the cost of
//! the frames, without the rest of the program.

use anyhow::{Context, Result, bail, ensure};
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::{Direction, FrameCryptor, Label, StreamIndex};
use sealframe::key::{ApplicationKey, Limits, Ring, SenderId};
use sealframe::sframe::Kid;
use sealframe::{Error, Millis};

/// Parameter sets and the start of a slice, as `bench/web/frames.js` describes them.
const H264_KEY: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x1e, 0xd0, 0x0f, 0x12, 0x26, 0xa0,
    0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 0, 1, 0x65, 0x88, 0x84,
];

/// One end of a call.
struct End {
    ring: Ring,
    cryptor: FrameCryptor,
    stream: StreamIndex,
}

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [codec, bytes, times] = args.as_slice() else {
        bail!("usage: sealframe-bench opus|vp8|h264 BYTES TIMES");
    };
    let (codec, head) = parse_codec(codec)?;
    let frame = make_frame(head, bytes.parse()?);
    pass_all(codec, &frame, times.parse()?).context("a frame did not open")
}

fn pass_all(codec: Codec, frame: &[u8], times: usize) -> Result<()> {
    let mut alice = End::new("alice", Direction::Seal, codec.kind())?;
    let mut bob = End::opening("bob", "alice", codec.kind())?;
    for _ in 0..times {
        let wire = alice.seal(codec, frame)?;
        ensure!(bob.open(codec, wire)? == frame, "the opened frame differs");
    }
    Ok(())
}

fn parse_codec(name: &str) -> Result<(Codec, &'static [u8])> {
    match name {
        "opus" => Ok((Codec::Opus, &[0x78])),
        "vp8" => Ok((Codec::Vp8, &[0x31, 2, 0])),
        "h264" => Ok((Codec::H264, H264_KEY)),
        _ => bail!("unknown codec {name}"),
    }
}

/// The head, followed by bytes that never look like a start code.
fn make_frame(head: &[u8], len: usize) -> Vec<u8> {
    let mut frame = vec![0x5a; len.max(head.len())];
    frame[..head.len()].copy_from_slice(head);
    frame
}

impl End {
    fn new(own: &str, direction: Direction, kind: MediaKind) -> Result<Self, Error> {
        let (mut ring, mut cryptor) = (make_ring(own)?, FrameCryptor::default());
        let stream = cryptor.attach(&mut ring, direction, kind, Label::try_from("camera")?)?;
        Ok(Self { ring, cryptor, stream })
    }

    fn opening(own: &str, sender: &str, kind: MediaKind) -> Result<Self, Error> {
        let mut end = Self::new(own, Direction::Seal, kind)?;
        let sender = end.ring.intern(&SenderId::try_from(sender)?);
        let label = Label::try_from("camera")?;
        end.stream = end.cryptor.attach(&mut end.ring, Direction::Open(sender), kind, label)?;
        Ok(end)
    }

    fn seal(&mut self, codec: Codec, frame: &[u8]) -> Result<&[u8], Error> {
        self.cryptor.scratch(frame.len())?.copy_from_slice(frame);
        let range = self.cryptor.seal(&mut self.ring, self.stream, Some(codec), frame.len())?;
        Ok(self.cryptor.bytes(range))
    }

    fn open(&mut self, codec: Codec, wire: &[u8]) -> Result<&[u8], Error> {
        self.cryptor.scratch(wire.len())?.copy_from_slice(wire);
        let range = self.cryptor.open(&mut self.ring, self.stream, Some(codec), wire.len())?;
        Ok(self.cryptor.bytes(range))
    }
}

/// A ring with Alice's key. Both ends have this key.
fn make_ring(own: &str) -> Result<Ring, Error> {
    let mut ring = Ring::new(Limits::default(), Millis(0));
    let key = ApplicationKey::try_from(&[7; 32][..])?;
    let keys = vec![key.for_sender(&SenderId::try_from("alice")?)];
    ring.set_shared_keys(&SenderId::try_from(own)?, Kid(1), keys)?;
    Ok(ring)
}
