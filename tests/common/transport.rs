//! A model of packetizer and depacketizer in libwebrtc, without the network.
//!
//! It follows the RTP payload formats (RFC 6184, 7741, 7798, 9628, AV1's) and the behaviour of
//! libwebrtc beyond them. It shares no code with the code under test.
#![allow(unreachable_pub, reason = "a test file includes it as a module")]

use sealframe::codec::Codec;

/// The optional behaviour of a network path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkPath {
    /// Largest RTP payload in bytes; larger units are fragmented. 0: everything fits one packet.
    pub mtu: usize,
    /// The receiver rewrites an SPS (its VUI) to another length.
    pub rewrites_sps: bool,
    /// Parameter sets from the SDP, or delimiters, are put in front of the frame.
    pub puts_in_front: bool,
    /// Filler data and zeros are put behind the frame.
    pub puts_behind: bool,
    /// The receiver is not libwebrtc: 3-byte start codes, and OBU sizes of other lengths.
    pub frames_otherwise: bool,
}

/// A frame as the receiver's transform gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub bytes: Vec<u8>,
    pub key: bool,
}

/// Sends `frame`. `key` says whether the encoder called it a key frame. `None` if it never arrives.
pub fn carry(codec: Codec, frame: &[u8], key: bool, network_path: NetworkPath) -> Option<Arrived> {
    match codec {
        Codec::H264 => h26x(frame, network_path, &AVC),
        Codec::H265 => h26x(frame, network_path, &HEVC),
        Codec::Av1 => av1(frame, key, network_path),
        Codec::Vp8 => vp8(frame),
        Codec::Vp9 => Some(Arrived { bytes: frame.to_vec(), key }), // the descriptor holds the rest
        _ => Some(Arrived { bytes: frame.to_vec(), key: false }),
    }
}

// -- VP8 ---------------------------------------------------------------------------------------

/// Splits at any byte. The first packet of a key frame must hold the size of the picture.
fn vp8(frame: &[u8]) -> Option<Arrived> {
    let key = frame.first()? & 1 == 0;
    (!key || frame.len() >= 10).then(|| Arrived { bytes: frame.to_vec(), key })
}

// -- H.264 and H.265 ---------------------------------------------------------------------------

struct Nals {
    header: usize,
    kind: fn(&[u8]) -> u8,
    is_key: fn(u8) -> bool,
    /// The first packet of a fragment carries the type apart from the other header bits.
    rebuilt: fn(&[u8]) -> Vec<u8>,
    /// Whether the depacketizer can read the fields of a unit that it needs.
    readable: fn(&[u8]) -> bool,
    sets: &'static [u8],
    sps: u8,
    in_front: &'static [u8],
    behind: &'static [u8],
}

const AVC: Nals = Nals {
    header: 1,
    kind: |unit| unit[0] & 0x1f,
    is_key: |kind| kind == 5,
    rebuilt: |unit| vec![unit[0] & 0xe0 | unit[0] & 0x1f],
    readable: |unit| match unit[0] & 0x1f {
        1 | 5 => third_golomb(&unit[1..]).is_some(),
        7 | 8 => unit.len() > 1,
        24 | 28 => false,
        _ => true,
    },
    sets: &[7, 8],
    sps: 7,
    in_front: &[0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x67, 0x42, 0, 0x0a, 0, 0, 0, 1, 0x68, 0xce],
    behind: &[0, 0, 0, 1, 0x0c, 0xff, 0xff, 0x80, 0, 0],
};

const HEVC: Nals = Nals {
    header: 2,
    kind: |unit| unit[0] >> 1 & 0x3f,
    is_key: |kind| (16..=23).contains(&kind),
    rebuilt: |unit| vec![unit[0] & 0x81 | unit[0] & 0x7e, unit[1]],
    readable: |unit| match unit[0] >> 1 & 0x3f {
        0..=31 => unit.len() > 2, // first_slice_segment_in_pic_flag
        48..=50 => false,
        _ => unit.len() >= 2,
    },
    sets: &[32, 33, 34],
    sps: 33,
    in_front: &[0, 0, 0, 1, 0x46, 1, 0x50],
    behind: &[0, 0, 0, 1, 0x4c, 1, 0xff, 0x80, 0],
};

fn h26x(frame: &[u8], network_path: NetworkPath, nals: &Nals) -> Option<Arrived> {
    let units = split(frame);
    let sound = |unit: &&[u8]| unit.len() >= nals.header && (nals.readable)(unit);
    if units.is_empty() || !units.iter().all(sound) {
        return None;
    }
    let has = |kind: &u8| units.iter().any(|unit| (nals.kind)(unit) == *kind);
    let key = units.iter().any(|unit| (nals.is_key)((nals.kind)(unit)));
    if key && !nals.sets.iter().all(has) {
        return None; // an IRAP picture without its sets is not assembled
    }
    let mut bytes = if network_path.puts_in_front { nals.in_front.to_vec() } else { vec![] };
    for unit in units {
        bytes.extend(start_code(network_path));
        bytes.extend(deliver(unit, network_path, nals)?);
    }
    if network_path.puts_behind {
        bytes.extend(nals.behind);
    }
    Some(Arrived { bytes, key })
}

fn start_code(network_path: NetworkPath) -> &'static [u8] {
    if network_path.frames_otherwise { &[0, 0, 1] } else { &[0, 0, 0, 1] }
}

/// One NAL unit: rewritten, in fragments, or unchanged.
fn deliver(unit: &[u8], network_path: NetworkPath, nals: &Nals) -> Option<Vec<u8>> {
    if (nals.kind)(unit) == nals.sps && network_path.rewrites_sps {
        // As the rewriter leaves it: with another VUI, and escaped.
        return Some([unit, &[0, 0, 3, 0, 0x9a, 0x21]].concat());
    }
    if network_path.mtu == 0 || unit.len() <= network_path.mtu {
        return Some(unit.to_vec());
    }
    // The first fragment must contain the fields that the depacketizer reads.
    (nals.readable)(&unit[..network_path.mtu]).then(|| {
        let (_, payload) = unit.split_at(nals.header);
        let fragments: Vec<&[u8]> = payload.chunks(network_path.mtu).collect();
        [(nals.rebuilt)(unit), fragments.concat()].concat()
    })
}

/// libwebrtc's split: it ignores a start code in the last three bytes, and drops one zero before.
fn split(frame: &[u8]) -> Vec<&[u8]> {
    let code = |at: &usize| frame[*at..].starts_with(&[0, 0, 1]);
    let starts: Vec<usize> = (0..frame.len().saturating_sub(3)).filter(code).collect();
    let ends = starts[1.min(starts.len())..].iter().copied().map(|at| before_code(frame, at));
    let ends = ends.chain([frame.len()]);
    starts.iter().zip(ends).map(|(start, end)| &frame[start + 3..end.max(start + 3)]).collect()
}

fn before_code(frame: &[u8], at: usize) -> usize {
    if at > 0 && frame[at - 1] == 0 { at - 1 } else { at }
}

/// The third exp-Golomb number of a payload: a slice's PPS id.
fn third_golomb(payload: &[u8]) -> Option<u64> {
    let rbsp = without_emulation(payload);
    let bit = |at: usize| rbsp.get(at / 8).map(|byte| byte >> (7 - at % 8) & 1);
    let (mut at, mut value) = (0, 0);
    for _ in 0..3 {
        let zeros = (0..32).take_while(|zeros| bit(at + zeros) == Some(0)).count();
        let code =
            (0..=zeros).try_fold(0, |code, n| Some(code << 1 | u64::from(bit(at + zeros + n)?)));
        (at, value) = (at + 2 * zeros + 1, code?);
    }
    Some(value - 1)
}

fn without_emulation(payload: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (vec![], 0);
    while at < payload.len() {
        let mark = payload[at..].starts_with(&[0, 0, 3]);
        let len = if mark { 2 } else { 1 };
        out.extend(&payload[at..at + len]);
        at += if mark { 3 } else { 1 };
    }
    out
}

// -- AV1 ---------------------------------------------------------------------------------------

const NOT_SENT: [u8; 3] = [2, 8, 15];

fn av1(frame: &[u8], key: bool, network_path: NetworkPath) -> Option<Arrived> {
    let elements = elements(frame)?;
    // The N bit: the frame is a key frame and its first OBU is a sequence header.
    let key = key && elements.first()?[0] >> 3 & 0xf == 1;
    let mut bytes = if network_path.puts_in_front { vec![0x12, 0, 0x7a, 1, 0x80] } else { vec![] };
    let last = elements.len() - 1;
    for (at, element) in elements.iter().enumerate() {
        bytes.extend(if network_path.frames_otherwise {
            odd(element, at == last)
        } else {
            usual(element)
        });
    }
    Some(Arrived { bytes, key })
}

/// The frame's OBUs as RTP carries them, without size fields. `None` if they cannot be parsed.
fn elements(frame: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut rest, mut out) = (frame, vec![]);
    while !rest.is_empty() {
        let head = header_len(rest);
        let header = rest.get(..head)?;
        let (size, payload) = match header[0] & 2 {
            0 => (rest.len() - head, &rest[head..]),
            _ => leb128(&rest[head..])?,
        };
        let mut element = [header, payload.get(..size)?].concat();
        element[0] &= !2;
        rest = &payload[size..];
        if !NOT_SENT.contains(&(element[0] >> 3 & 0xf)) {
            out.push(element);
        }
    }
    Some(out)
}

fn header_len(obu: &[u8]) -> usize {
    if obu[0] & 4 == 0 { 1 } else { 2 }
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let len = bytes.iter().take(8).position(|byte| byte & 0x80 == 0)? + 1;
    let size = bytes[..len].iter().rev().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
    Some((size, &bytes[len..]))
}

/// The depacketizer's output: a minimal size field on every OBU.
fn usual(element: &[u8]) -> Vec<u8> {
    with_size(element, 1)
}

/// Another form that the format allows: a padded size, and no size on the last OBU.
fn odd(element: &[u8], last: bool) -> Vec<u8> {
    if last { element.to_vec() } else { with_size(element, 4) }
}

fn with_size(element: &[u8], at_least: usize) -> Vec<u8> {
    let (header, payload) = element.split_at(header_len(element));
    let (mut size, mut rest) = (vec![], payload.len());
    while rest > 0 || size.len() < at_least {
        size.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    *size.last_mut().unwrap() &= 0x7f;
    let mut out = [header, &size, payload].concat();
    out[0] |= 2;
    out
}
