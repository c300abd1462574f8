//! Emulation prevention over a sealed body: linear, in place, without allocation.

use crate::Error;

// H.264 §7.4.1 and H.265 §7.4.2: a NAL unit must not contain 00 00 00, 00 00 01 or 00 00 02. It may
// contain 00 00 03 only as the mark of this mechanism. It must not end in 00.
//
//   escape:    00 00 {00,01,02,03}  ->  00 00 03 {00,01,02,03}
//   unescape:  00 00 03             ->  00 00
//
// Ciphertext holds any bytes. Packetizers split a frame at every 00 00 01 and swallow a 00 before
// it. The body follows the window inside one NAL unit, so the zeros at the end of the window
// (`seed`) count as if they stood before the body.
//
// End rule. The standards append 03 to a NAL unit that would end in 00 (cabac_zero_words). Then
// "ends in 00" and "ends in 00 03" look the same. Here both remain distinct:
//
//   escape:    if the result ends in 00 03^k, k >= 0:  append one 03
//   unescape:  if the input ends in 00 03^k, k >= 1:  drop one 03, then unescape
//
// Servers and encoders with a constant bitrate append zeros (trailing_zero_8bits) or NAL units,
// such as filler data, to a frame. An escaped body has no 00 00 {00,01,02} and does not end in 00,
// so its end is known.

/// The number of bytes that escaping inserts into `body`, without the byte of the end rule.
pub fn count_escapes(body: &[u8], seed: usize) -> usize {
    let (mut rest, mut zeros, mut count) = (body, seed, 0);
    while let Some(at) = find_after_zeros(rest, zeros, |byte| byte <= 3) {
        // `at` is an index of `rest`.
        (rest, zeros, count) = (&rest[at..], 0, count + 1);
    }
    count
}

/// Escapes `buf[start..end]` in place and returns the new end.
///
/// `seed` is the number of zero bytes right before the body, `start <= end <= buf.len()`.
///
/// # Errors
/// `FrameTooLarge` if `buf` has no room behind `end`. Then nothing is changed.
pub fn escape_in_place(
    buf: &mut [u8],
    start: usize,
    end: usize,
    seed: usize,
) -> Result<usize, Error> {
    let escapes = count_escapes(&buf[start..end], seed);
    let mark = ends_like_mark(&buf[start..end], seed);
    let escaped = end + escapes;
    if buf.len() < escaped + usize::from(mark) {
        return Err(Error::FrameTooLarge);
    }
    if escapes > 0 {
        insert_marks(buf, start, end, seed, escapes);
    }
    if mark {
        buf[escaped] = 3; // the check above found room for it
    }
    Ok(escaped + usize::from(mark))
}

/// Undoes [`escape_in_place`] on the body at the start of `buf[start..end]`, in place, and returns
/// the body's new end. Zeros and NAL units behind the body are dropped.
///
/// `seed` and the bounds are those of [`escape_in_place`].
///
/// If the bytes were not made by escaping, the result does not authenticate.
pub fn unescape_in_place(buf: &mut [u8], start: usize, end: usize, seed: usize) -> usize {
    let (mut read, mut write, mut zeros) = (start, start, seed);
    let mut end = end;
    // Each mark moves `read` one byte further than `write`: start <= write <= read <= end.
    while let Some(at) = find_after_zeros(&buf[read..end], zeros, |byte| byte <= 3) {
        if buf[read + at] < 3 {
            end = read + at;
            break;
        }
        buf.copy_within(read..read + at, write);
        (read, write, zeros) = (read + at + 1, write + at, 0);
    }
    let rest = without_end(&buf[read..end], if read > start { 1 } else { seed });
    let end = read + rest.len();
    buf.copy_within(read..end, write);
    write + (end - read)
}

/// The `rest` of a body without the zeros behind it and the byte of the end rule. `zeros` stood
/// before it, also if a mark followed them.
fn without_end(rest: &[u8], zeros: usize) -> &[u8] {
    // One more than an index of `rest`, or 0.
    let len = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    match rest[..len].split_last() {
        Some((3, before)) if ends_like_mark(&rest[..len], zeros) => before,
        _ => &rest[..len],
    }
}

/// Moves the body to the end of its room, then back in pieces, with a mark before each piece. The
/// distance between reading and writing shrinks with each mark, so no unread byte is overwritten.
/// The caller has checked that `buf` has room for `escapes` more bytes.
fn insert_marks(buf: &mut [u8], start: usize, end: usize, seed: usize, escapes: usize) {
    let end = end + escapes;
    buf.copy_within(start..end - escapes, start + escapes);
    let (mut read, mut write, mut zeros) = (start + escapes, start, seed);
    while let Some(at) = find_after_zeros(&buf[read..end], zeros, |byte| byte <= 3) {
        buf.copy_within(read..read + at, write);
        buf[write + at] = 3;
        (read, write, zeros) = (read + at, write + at + 1, 0);
    }
    // All marks are inserted, so the remaining bytes are at their final place.
    debug_assert_eq!(read, write);
}

/// The index of the first byte after two zeros for which `hit` holds. `zeros` stood before
/// `bytes`.
fn find_after_zeros(bytes: &[u8], zeros: usize, hit: impl Fn(u8) -> bool) -> Option<usize> {
    match (zeros, bytes) {
        (2.., [byte, ..]) if hit(*byte) => return Some(0),
        (1.., [0, byte, ..]) if hit(*byte) => return Some(1),
        _ => {}
    }
    let mut from = 0; // at most the length: a step of 8 is taken only if 11 bytes are left
    loop {
        from += skip_without_zero(&bytes[from..]);
        let near = bytes[from..].windows(3).take(8);
        let found = near.enumerate().find(|(_, run)| run[..2] == [0, 0] && hit(run[2]));
        match found {
            Some((at, _)) => return Some(from + at + 2),
            None if bytes.len() - from < 11 => return None,
            None => from += 8,
        }
    }
}

/// The number of leading bytes without a zero, in steps of eight. Nearly all of a ciphertext.
fn skip_without_zero(bytes: &[u8]) -> usize {
    let (eights, _) = bytes.as_chunks::<8>();
    let whole = eights.iter().take_while(|eight| !has_zero(u64::from_le_bytes(**eight)));
    whole.count() * 8
}

/// Whether one of the eight bytes is 0: only then a borrow reaches a top bit that was clear.
const fn has_zero(eight: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    eight.wrapping_sub(ONES) & !eight & (ONES << 7) != 0
}

/// Whether `body`, with the zeros before it, ends in 00 03^k, k >= 0. Escaping does not change the
/// answer: it puts 03 before an 03, or before a 00 that remains the last one.
fn ends_like_mark(body: &[u8], seed: usize) -> bool {
    match body.iter().rfind(|byte| **byte != 3) {
        Some(byte) => *byte == 0,
        None => seed > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(body: &[u8], seed: usize) -> Vec<u8> {
        let mut buf = [body, &vec![0xee; body.len() + 1]].concat();
        let end = escape_in_place(&mut buf, 0, body.len(), seed).unwrap();
        buf.truncate(end);
        buf
    }

    #[test]
    fn escaping_inserts_marks_at_the_places_of_the_standards() {
        for (body, seed, expected) in [
            (&[0, 0, 1][..], 0, &[0, 0, 3, 1][..]),
            (&[0, 0, 3], 0, &[0, 0, 3, 3, 3]),
            (&[0, 0, 4], 0, &[0, 0, 4]),
            (&[0, 0, 0, 0, 0, 9], 0, &[0, 0, 3, 0, 0, 3, 0, 9]),
            (&[1, 9], 2, &[3, 1, 9]),
            (&[1, 9], 1, &[1, 9]),
            (&[0, 1, 9], 1, &[0, 3, 1, 9]),
            (&[0, 1, 9], 2, &[3, 0, 1, 9]),
        ] {
            assert_eq!(escaped(body, seed), expected, "{body:?} after {seed} zeros");
        }
    }

    #[test]
    fn bodies_that_end_in_zeros_or_marks_stay_distinct() {
        for (body, seed, expected) in [
            (&[9, 0][..], 0, &[9, 0, 3][..]),
            (&[9, 0, 3], 0, &[9, 0, 3, 3]),
            (&[9, 0, 0], 0, &[9, 0, 0, 3]),
            (&[9, 0, 0, 3], 0, &[9, 0, 0, 3, 3, 3]),
            (&[3], 0, &[3]),
            (&[3], 1, &[3, 3]),
            (&[3], 2, &[3, 3, 3]),
            (&[], 0, &[]),
            (&[], 1, &[3]),
        ] {
            assert_eq!(escaped(body, seed), expected, "{body:?} after {seed} zeros");
        }
    }

    #[test]
    fn escaping_without_room_fails_and_changes_nothing() {
        let mut buf = [7, 0, 0, 1, 0];
        assert_eq!(escape_in_place(&mut buf, 1, 5, 0), Err(Error::FrameTooLarge));
        assert_eq!(escape_in_place(&mut buf, 0, 4, 0), Ok(5));
        assert_eq!(buf, [7, 0, 0, 3, 1]);
    }
}
