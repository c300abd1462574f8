//! The shape of a sealed frame without its cryptography: window ‖ (escaped) body.
#![allow(unreachable_pub, reason = "a test file includes it as a module")]

use sealframe::Error;
use sealframe::codec::{Codec, Window, emulation};

/// The receiver's values when it reaches the cipher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub bound: Vec<u8>,
    pub body: Vec<u8>,
}

/// The sealed shape of `frame` with `body` as its ciphertext, and the values that opening must
/// find.
pub fn seal(codec: Codec, frame: &[u8], body: &[u8]) -> Result<(Vec<u8>, Opened), Error> {
    let mut window = Window::new();
    codec.write_window(frame, body.len(), &mut window)?;
    let sealed = [window.wire(), &escape(codec, body, window.trailing_zeros())].concat();
    Ok((sealed, Opened { bound: window.bound().to_vec(), body: body.to_vec() }))
}

/// The values found in a sealed shape.
pub fn open(codec: Codec, sealed: &[u8]) -> Result<Opened, Error> {
    let mut window = Window::new();
    let found = codec.parse_window(sealed, &mut window)?;
    let mut body = sealed[found].to_vec();
    if codec.escapes() {
        let end = body.len();
        let end = emulation::unescape_in_place(&mut body, 0, end, window.trailing_zeros());
        body.truncate(end);
    }
    Ok(Opened { bound: window.bound().to_vec(), body })
}

fn escape(codec: Codec, body: &[u8], seed: usize) -> Vec<u8> {
    let mut buf = body.to_vec();
    if codec.escapes() {
        buf.resize(body.len() * 2 + 2, 0xee);
        let end = emulation::escape_in_place(&mut buf, 0, body.len(), seed).unwrap();
        buf.truncate(end);
    }
    buf
}
