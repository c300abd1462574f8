//! Emulation prevention is linear, works in place, and loses nothing in either direction.
#![allow(missing_docs)]

#[allow(dead_code)]
#[path = "common/frames.rs"]
mod frames;

use proptest::prelude::*;
use sealframe::Error;
use sealframe::codec::emulation::{count_escapes, escape_in_place, unescape_in_place};

const FRONT: usize = 3;
/// Bytes that a server may put behind a body: zeros, and NAL units of filler data.
const BEHIND: [&[u8]; 5] = [
    &[0],
    &[0, 0],
    &[0, 0, 0, 0],
    &[0, 0, 1, 0x0c, 0xff, 0x80],
    &[0, 0, 0, 1, 0x4c, 1, 0xff, 0, 0, 3, 0x80, 0, 0, 3],
];

/// Escapes in the middle of a larger buffer, and checks that the bytes around the body stay.
fn escape(body: &[u8], seed: usize) -> Vec<u8> {
    let room = body.len() / 2 + 2;
    let mut buf = [&[0xaa; FRONT][..], body, &vec![0xbb; room]].concat();
    let end = escape_in_place(&mut buf, FRONT, FRONT + body.len(), seed).unwrap();
    assert_eq!(buf[..FRONT], [0xaa; FRONT]);
    assert!(buf[end..].iter().all(|byte| *byte == 0xbb) || count_escapes(body, seed) > 0);
    buf[FRONT..end].to_vec()
}

fn unescape(escaped: &[u8], seed: usize) -> Vec<u8> {
    let mut buf = [&[0xaa; FRONT][..], escaped, &[0xbb]].concat();
    let end = unescape_in_place(&mut buf, FRONT, FRONT + escaped.len(), seed);
    assert_eq!((&buf[..FRONT], buf.last()), (&[0xaa; FRONT][..], Some(&0xbb)));
    buf[FRONT..end].to_vec()
}

/// H.264 §7.4.1 byte by byte, then the end rule as it is specified.
fn plainly(body: &[u8], seed: usize) -> Vec<u8> {
    let (mut out, mut zeros) = (vec![0; seed], seed);
    for byte in body {
        if zeros >= 2 && *byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    if out.iter().rev().find(|byte| **byte != 3) == Some(&0) {
        out.push(3);
    }
    out.split_off(seed)
}

fn check(body: &[u8], seed: usize) {
    let escaped = escape(body, seed);
    let seen = [&[0, 0][2 - seed..], &escaped].concat();
    assert!(
        !seen.windows(3).any(|w| w[..2] == [0, 0] && w[2] < 3),
        "{body:?} after {seed} zeros gives {escaped:?}"
    );
    assert_ne!(escaped.last(), Some(&0), "{body:?} after {seed} zeros");
    assert_eq!(escaped, plainly(body, seed), "{body:?} after {seed} zeros");
    assert_eq!(unescape(&escaped, seed), body, "{body:?} after {seed} zeros");
    for behind in BEHIND {
        let sent = [&escaped[..], behind].concat();
        assert_eq!(unescape(&sent, seed), body, "{body:?} after {seed} zeros, before {behind:?}");
    }
}

#[test]
fn every_short_body_of_zeros_and_marks_survives_escaping() {
    for len in 0..8u32 {
        for number in 0..5usize.pow(len) {
            let digit = |place| (number / 5usize.pow(place) % 5) as u8;
            let body: Vec<u8> = (0..len).map(digit).collect();
            (0..3).for_each(|seed| check(&body, seed));
        }
    }
}

#[test]
fn runs_of_zeros_at_any_position_survive_escaping() {
    for (run, after) in (0..9).flat_map(|run| (0..5u8).map(move |after| (run, after))) {
        let run = [vec![0; run], vec![after]].concat();
        for at in 0..20 {
            let mut body = vec![0x55; 20];
            body.splice(at..(at + run.len()).min(20), run.iter().copied());
            (0..3).for_each(|seed| check(&body, seed));
            // The same run at the very end of the body.
            (0..3).for_each(|seed| check(&body[..at + run.len()], seed));
        }
    }
}

/// Moving the tail once per escape would take minutes.
#[test]
fn the_worst_bodies_are_escaped_in_linear_time() {
    for pattern in [&[0][..], &[0, 0, 1], &[0, 0, 3], &[3], &[0, 3]] {
        let body: Vec<u8> = pattern.iter().copied().cycle().take(1 << 20).collect();
        let escaped = escape(&body, 2);
        assert!(escaped.len() <= body.len() + body.len() / 2 + 2);
        assert_eq!(unescape(&escaped, 2), body);
    }
}

#[test]
fn escaping_needs_room_for_exactly_the_inserted_bytes() {
    for (body, extra) in [(&[0, 0, 1, 9][..], 1), (&[0, 0, 0], 2), (&[9, 9], 0), (&[9, 0], 1)] {
        let mut exact = [body, &vec![0xee; extra]].concat();
        assert_eq!(escape_in_place(&mut exact, 0, body.len(), 0), Ok(body.len() + extra));
        if extra > 0 {
            let mut short = [body, &vec![0xee; extra - 1]].concat();
            let before = short.clone();
            let refused = escape_in_place(&mut short, 0, body.len(), 0);
            assert_eq!((refused, short), (Err(Error::FrameTooLarge), before));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_survives_escaping(
        body in frames::bytes(0..300),
        seed in 0..3usize,
    ) {
        check(&body, seed);
    }

    /// For any input the result is not longer than the input.
    #[test]
    fn unescaping_any_bytes_never_panics(
        bytes in frames::bytes(0..100),
        seed in 0..3usize,
    ) {
        prop_assert!(unescape(&bytes, seed).len() <= bytes.len());
    }
}
