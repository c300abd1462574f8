//! The WebAssembly face: the only file that names `wasm_bindgen`.
//!
//! The frame path speaks in numbers. Control calls throw an `Error` with a stable `code`.

use crate::codec::{Codec, Kind};
use crate::frame::StreamIndex;
use crate::key::{Limits, SenderId};
use crate::{Call as Core, Error, Millis};
use core::ops::Range;
use getrandom::SysRng;
use js_sys::{Reflect, Uint8Array};
use rand_core::UnwrapErr;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;
use zeroize::{Zeroize, Zeroizing};

/// The browser's random numbers. A browser without them traps here: no key is better than a
/// guessable one.
const RNG: UnwrapErr<SysRng> = UnwrapErr(SysRng);

/// Stack that cryptography may have left secrets on.
const STACK: usize = 64 << 10;

/// The code of each error number; number 0 is no error.
#[wasm_bindgen]
pub fn error_codes() -> Vec<String> {
    let codes = Error::ALL.iter().map(|error| error.code().to_owned());
    core::iter::once(String::new()).chain(codes).collect()
}

/// The number of a media type such as `video/VP8`; 0 for one without a layout.
#[wasm_bindgen]
pub fn codec_number(mime: &str) -> u8 {
    Codec::from_mime(mime).map_or(0, Codec::number)
}

/// One call: keys and frames.
#[wasm_bindgen]
pub struct Call {
    core: Core,
    result: usize,
}

#[wasm_bindgen]
impl Call {
    /// A call without keys, in which we are called `own`.
    #[wasm_bindgen(constructor)]
    pub fn new(own: &str, now: f64) -> Result<Call, JsValue> {
        let own = SenderId::try_from(own).map_err(throw)?;
        Ok(Call { core: Core::new(own, Limits::default(), millis(now)), result: 0 })
    }

    /// Keys that the application gives: sender names and, in the same order, their keys.
    pub fn set_keys(&mut self, senders: Vec<String>, keys: Vec<Uint8Array>) -> Result<(), JsValue> {
        let keys: Vec<_> = keys.iter().map(|key| Zeroizing::new(key.to_vec())).collect();
        if senders.len() != keys.len() {
            return Err(throw(Error::BadArgument));
        }
        let pairs = senders.iter().map(String::as_str).zip(keys.iter().map(|key| key.as_slice()));
        let result = self.core.set_keys(pairs, &mut { RNG });
        clear_stack();
        result.map_err(throw)
    }

    /// Moves the clock; to be called about once a second.
    pub fn tick(&mut self, now: f64) {
        self.core.tick(millis(now));
        clear_stack();
    }

    /// The number of the stream that seals a track; kind is 1 for audio, 2 for video.
    pub fn seal_stream(&mut self, kind: u8, track: &str) -> Result<u32, JsValue> {
        let stream = parse_kind(kind).and_then(|kind| self.core.seal_stream(kind, track));
        stream.map(|stream| stream.0).map_err(throw)
    }

    /// The number of the stream that opens a sender's track.
    pub fn open_stream(&mut self, kind: u8, sender: &str, track: &str) -> Result<u32, JsValue> {
        let stream = parse_kind(kind).and_then(|kind| self.core.open_stream(kind, sender, track));
        stream.map(|stream| stream.0).map_err(throw)
    }

    /// Makes room for a frame of `len` bytes and returns the offset in memory to copy it to.
    pub fn scratch(&mut self, len: usize) -> Result<usize, JsValue> {
        self.core.scratch(len).map(|room| room.as_ptr() as usize).map_err(throw)
    }

    /// Seals the frame in the scratch buffer: the length of the result, or minus an error number.
    pub fn seal(&mut self, stream: u32, codec: u8, len: usize) -> i32 {
        #[cfg(feature = "test-trap")]
        self.trap(stream);
        let codec = Codec::from_number(codec);
        let result = self.core.seal(StreamIndex(stream), codec, len);
        self.report(result)
    }

    /// Opens the frame in the scratch buffer: the length of the result, or minus an error number.
    pub fn open(&mut self, stream: u32, codec: u8, len: usize) -> i32 {
        let codec = Codec::from_number(codec);
        let result = self.core.open(StreamIndex(stream), codec, len);
        self.report(result)
    }

    /// The offset in memory of the last result.
    pub fn start(&self) -> usize {
        self.result
    }

    /// Counters of every stream.
    pub fn stats(&self) -> Result<JsValue, JsValue> {
        let streams: Vec<_> = self.core.streams().map(StreamStats::from).collect();
        // Counts stay below 2^53, where a number is exact.
        streams.serialize(&Serializer::json_compatible()).map_err(|_| throw(Error::BadArgument))
    }

    /// Wipes every key. Later calls give `call-closed`.
    pub fn close(&mut self) {
        self.core.close();
        clear_stack();
    }

    /// Tests build a core that traps: at every 60th frame of a track called `trap`.
    #[cfg(feature = "test-trap")]
    fn trap(&self, stream: u32) {
        let report = self.core.streams().nth(stream as usize);
        let due = |r: crate::StreamReport<'_>| r.track == "trap" && r.stats.frames % 60 == 59;
        assert!(!report.is_some_and(due), "trap asked for");
    }

    fn report(&mut self, result: Result<Range<usize>, Error>) -> i32 {
        match result {
            Ok(range) => {
                let bytes = self.core.bytes(range);
                self.result = bytes.as_ptr() as usize;
                bytes.len() as i32 // a frame has at most 16 MiB
            }
            Err(error) => -i32::from(error.number()),
        }
    }
}

#[derive(Serialize)]
struct StreamStats {
    direction: &'static str,
    kind: &'static str,
    sender: Option<String>,
    track: String,
    frames: u64,
    bytes: u64,
    overhead: u64,
    empty: u64,
    dropped: BTreeMap<&'static str, u64>,
}

impl From<crate::StreamReport<'_>> for StreamStats {
    fn from(report: crate::StreamReport<'_>) -> Self {
        Self {
            direction: if report.sender.is_some() { "open" } else { "seal" },
            kind: if report.kind == Kind::Audio { "audio" } else { "video" },
            sender: report.sender.map(ToString::to_string),
            track: report.track.to_owned(),
            frames: report.stats.frames,
            bytes: report.stats.bytes,
            overhead: report.stats.overhead,
            empty: report.stats.empty,
            dropped: report.stats.dropped().map(|(error, n)| (error.code(), n)).collect(),
        }
    }
}

fn parse_kind(kind: u8) -> Result<Kind, Error> {
    match kind {
        1 => Ok(Kind::Audio),
        2 => Ok(Kind::Video),
        _ => Err(Error::BadArgument),
    }
}

/// A time of the page in milliseconds; what is no time counts as 0.
fn millis(now: f64) -> Millis {
    Millis(now as u64) // a float cast saturates
}

/// `Error { message, code }`.
fn throw(error: Error) -> JsValue {
    let value = js_sys::Error::new(error.code());
    // Setting a property of an object just made cannot fail.
    let _ = Reflect::set(&value, &"code".into(), &error.code().into());
    value.into()
}

/// Overwrites the part of the stack that derivations used.
#[inline(never)]
fn clear_stack() {
    let mut stack = [0u8; STACK];
    stack.zeroize();
    core::hint::black_box(&stack);
}
