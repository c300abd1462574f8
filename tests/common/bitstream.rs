//! Splits fixture files into the frames that a WebRTC sender would pass to its transform.
#![allow(unreachable_pub, reason = "a test file includes it as a module")]

/// The frames of a file, by its extension.
pub fn frames(name: &str, file: &[u8]) -> Vec<Vec<u8>> {
    match name.rsplit('.').next() {
        Some("264") => access_units(file, 1, |header| AVC.of(header & 0x1f)),
        Some("265") => access_units(file, 2, |header| HEVC.of(header >> 1 & 0x3f)),
        Some("obu") => temporal_units(file),
        _ => ivf(file),
    }
}

/// IVF: a header that contains its own length, then records of u32 size, u64 time, bytes.
fn ivf(file: &[u8]) -> Vec<Vec<u8>> {
    assert_eq!(&file[..4], b"DKIF");
    let mut rest = &file[usize::from(file[6])..];
    let mut frames = vec![];
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let (frame, next) = after[8..].split_at(u32::from_le_bytes(*size) as usize);
        frames.push(frame.to_vec());
        rest = next;
    }
    frames
}

/// AV1 specification §7.5: a temporal unit begins with a temporal delimiter, which is 12 00.
fn temporal_units(file: &[u8]) -> Vec<Vec<u8>> {
    let (mut at, mut units) = (0, Vec::<Vec<u8>>::new());
    while at < file.len() {
        let (header, mut size, mut len) = (file[at], 0usize, 1);
        assert_eq!(header & 0b110, 0b010, "a size field and no extension");
        while file[at + len] & 0x80 != 0 {
            size |= usize::from(file[at + len] & 0x7f) << (7 * (len - 1));
            len += 1;
        }
        size |= usize::from(file[at + len]) << (7 * (len - 1));
        if header >> 3 & 0xf == 2 {
            units.push(vec![]);
        }
        units.last_mut().unwrap().extend(&file[at..at + len + 1 + size]);
        at += len + 1 + size;
    }
    units
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Whether the NAL unit may only stand before the first slice of a picture.
    Before,
    Slice,
    After,
}

struct Types {
    slices: &'static [u8],
    before: &'static [u8],
}

const AVC: Types = Types { slices: &[1, 5], before: &[6, 7, 8, 9] };
const HEVC: Types = Types { slices: &[0, 1, 8, 9, 19, 20, 21], before: &[32, 33, 34, 35, 39] };

impl Types {
    fn of(&self, kind: u8) -> Place {
        match kind {
            kind if self.slices.contains(&kind) => Place::Slice,
            kind if self.before.contains(&kind) => Place::Before,
            _ => Place::After,
        }
    }
}

/// H.264 §7.4.1.2.3, H.265 §7.4.2.4.4: after a slice, the next access unit begins with a NAL unit
/// that may only stand before a slice, or with the first slice of a picture (the top bit of its
/// header in both codecs).
fn access_units(file: &[u8], header: usize, place: impl Fn(u8) -> Place) -> Vec<Vec<u8>> {
    let mut units = vec![vec![]];
    let mut slice_seen = false;
    for (nal, at) in nals(file) {
        let place = place(nal[at]);
        let first = place == Place::Slice && nal[at + header] & 0x80 != 0;
        if slice_seen && (first || place == Place::Before) {
            units.push(vec![]);
            slice_seen = false;
        }
        slice_seen |= place == Place::Slice;
        units.last_mut().unwrap().extend(nal);
    }
    units
}

/// Every NAL unit with its start code, and the offset of its header in that.
fn nals(file: &[u8]) -> Vec<(&[u8], usize)> {
    let code = |at: &usize| file[*at..].starts_with(&[0, 0, 1]);
    let begin = |at: usize| if at > 0 && file[at - 1] == 0 { at - 1 } else { at };
    let codes: Vec<usize> = (0..file.len()).filter(code).collect();
    let ends = codes[1..].iter().map(|at| begin(*at)).chain([file.len()]);
    codes.iter().zip(ends).map(|(at, end)| (&file[begin(*at)..end], at + 3 - begin(*at))).collect()
}
