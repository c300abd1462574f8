//! Frames for property tests, well-formed or not.
#![allow(unreachable_pub, reason = "a test file includes it as a module")]

use proptest::collection::vec;
use proptest::prelude::*;
use sealframe::codec::Codec;

/// Bytes among which those of start codes and emulation prevention are frequent.
pub fn bytes(len: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![6 => Just(0u8), 3 => 1..=3u8, 1 => Just(4u8), 4 => any::<u8>()], len)
}

/// A video codec, or one of the audio codecs.
pub fn codec() -> impl Strategy<Value = Codec> {
    prop::sample::select(Codec::ALL.to_vec()).prop_map(|(codec, _)| codec)
}

/// A frame of that codec as an encoder could make it.
pub fn frame(codec: Codec) -> BoxedStrategy<Vec<u8>> {
    match codec {
        Codec::H264 => annex_b(h264_unit().boxed(), h264_slice().boxed()),
        Codec::H265 => annex_b(h265_unit().boxed(), h265_slice().boxed()),
        Codec::Av1 => obus(),
        Codec::Vp8 => bytes(10..80).boxed(),
        _ => bytes(1..80).boxed(),
    }
}

/// A codec and a frame for it, well-formed or not.
pub fn any_frame() -> impl Strategy<Value = (Codec, Vec<u8>)> {
    codec().prop_flat_map(|codec| {
        (Just(codec), prop_oneof![4 => frame(codec), 1 => bytes(0..120).boxed()])
    })
}

/// A codec and a well-formed frame for it.
pub fn good_frame() -> impl Strategy<Value = (Codec, Vec<u8>)> {
    codec().prop_flat_map(|codec| (Just(codec), frame(codec)))
}

// -- H.264 and H.265 ---------------------------------------------------------------------------

/// Start codes of both lengths, with extra zeros before them and at the end.
fn annex_b(unit: BoxedStrategy<Vec<u8>>, slice: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Vec<u8>> {
    let framed = |unit: BoxedStrategy<Vec<u8>>| {
        (2..5usize, unit).prop_map(|(zeros, unit)| [&vec![0; zeros][..], &[1], &unit].concat())
    };
    let lead = vec(framed(unit.clone()), 0..5).prop_map(|units| units.concat());
    let tail = vec(framed(prop_oneof![unit, slice.clone()].boxed()), 0..3);
    (lead, framed(slice), tail, 0..3usize)
        .prop_map(|(lead, slice, tail, zeros)| {
            [lead, slice, tail.concat(), vec![0; zeros]].concat()
        })
        .boxed()
}

fn h264_unit() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop::sample::select(vec![6u8, 7, 7, 8, 8, 9, 12, 14, 20]);
    (kinds, 0..4u8, bytes(0..20)).prop_map(|(kind, nri, rbsp)| unit(&[nri << 5 | kind], &rbsp))
}

fn h264_slice() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(vec![1u8, 5]);
    let fields = [0..1u32 << 31, 0..10, 0..256].map(ue);
    (kind, 0..4u8, fields, bytes(0..40)).prop_map(|(kind, nri, fields, data)| {
        unit(&[nri << 5 | kind], &[pack(&fields.concat()), data].concat())
    })
}

fn h265_unit() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop::sample::select(vec![32u8, 33, 33, 34, 34, 35, 39, 40, 48, 10, 22]);
    (kinds, 1..8u8, bytes(0..20)).prop_map(|(kind, tid, rbsp)| unit(&[kind << 1, tid], &rbsp))
}

fn h265_slice() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(vec![0u8, 1, 8, 9, 16, 19, 20, 21]);
    let flags = vec(any::<bool>(), 2);
    (kind, 1..8u8, flags, ue(0..64), bytes(0..40)).prop_map(|(kind, tid, mut flags, pps, data)| {
        flags.truncate(if kind >= 16 { 2 } else { 1 });
        unit(&[kind << 1, tid], &[pack(&[flags, pps].concat()), data].concat())
    })
}

/// ue(v), often with small values, so that several fields share a byte.
fn ue(values: core::ops::Range<u32>) -> BoxedStrategy<Vec<bool>> {
    let small = 0..values.end.min(8);
    prop_oneof![small, values]
        .prop_map(|value| {
            let code = u64::from(value) + 1;
            let len = 64 - code.leading_zeros() as usize;
            let bits = (0..len).rev().map(|bit| code >> bit & 1 == 1);
            vec![false; len - 1].into_iter().chain(bits).collect()
        })
        .boxed()
}

/// Packs bits into bytes. The last byte is filled with ones.
fn pack(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| {
        (0..8).fold(0, |byte, at| byte << 1 | u8::from(*bits.get(at).unwrap_or(&true)))
    };
    bits.chunks(8).map(byte).collect()
}

/// A NAL unit as the standards require: escaped, and not ending in 00.
pub fn unit(header: &[u8], rbsp: &[u8]) -> Vec<u8> {
    let mut out = header.to_vec();
    let mut zeros = 0;
    for byte in rbsp.iter().chain(&[0x80]) {
        if zeros >= 2 && *byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

// -- AV1 ---------------------------------------------------------------------------------------

/// OBUs with and without extensions, with minimal and longer sizes, the last one perhaps without.
fn obus() -> BoxedStrategy<Vec<u8>> {
    let lead = vec(obu(vec![1, 1, 2, 5, 15, 8]), 0..4);
    let tail = vec(obu(vec![4, 5, 6, 7, 3, 15]), 0..3);
    (lead, obu(vec![3, 6]), tail, any::<bool>())
        .prop_map(|(lead, frame, tail, sized)| {
            let mut all = [lead, vec![frame], tail].concat();
            let last = all.pop().unwrap();
            let last = if sized { last.sized() } else { last.unsized_() };
            all.iter().map(Obu::sized).chain([last]).collect::<Vec<_>>().concat()
        })
        .boxed()
}

#[derive(Clone, Debug)]
struct Obu {
    kind: u8,
    extension: Option<u8>,
    padding: usize,
    payload: Vec<u8>,
}

impl Obu {
    fn unsized_(&self) -> Vec<u8> {
        let flag = u8::from(self.extension.is_some()) << 2;
        let head = [self.kind << 3 | flag].into_iter().chain(self.extension);
        head.chain(self.payload.iter().copied()).collect()
    }

    fn sized(&self) -> Vec<u8> {
        let mut out = self.unsized_();
        out[0] |= 2;
        let at = 1 + usize::from(self.extension.is_some());
        // The value is below 128, so every byte except the last is padding.
        let mut size = vec![self.payload.len() as u8 | 0x80];
        size.resize(1 + self.padding, 0x80);
        *size.last_mut().unwrap() &= 0x7f;
        out.splice(at..at, size);
        out
    }
}

fn obu(kinds: Vec<u8>) -> impl Strategy<Value = Obu> {
    let extension = proptest::option::of(any::<u8>());
    (prop::sample::select(kinds), extension, 0..3usize, bytes(1..40)).prop_map(
        |(kind, extension, padding, payload)| {
            let payload = if kind == 2 { vec![] } else { payload };
            Obu { kind, extension, padding, payload }
        },
    )
}
