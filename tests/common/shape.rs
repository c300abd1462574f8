//! A sealed frame's shape without its cryptography: window ‖ (escaped) body.

use sealframe::Error;
use sealframe::codec::{Codec, Window, nal};

/// What the receiving side has in hand when it comes to the cipher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub bound: Vec<u8>,
    pub body: Vec<u8>,
}

/// The sealed shape of `frame` with `body` in place of its ciphertext, and what opening must find.
pub fn seal(codec: Codec, frame: &[u8], body: &[u8]) -> Result<(Vec<u8>, Opened), Error> {
    let mut window = Window::new();
    codec.make_window(frame, body.len(), &mut window)?;
    let sealed = [window.wire(), &escape(codec, body, window.trailing_zeros())].concat();
    Ok((sealed, Opened { bound: window.bound().to_vec(), body: body.to_vec() }))
}

/// What is found in a sealed shape.
pub fn open(codec: Codec, sealed: &[u8]) -> Result<Opened, Error> {
    let mut window = Window::new();
    let found = codec.find_window(sealed, &mut window)?;
    let mut body = sealed[found].to_vec();
    if codec.escapes() {
        let end = body.len();
        let end = nal::unescape_in_place(&mut body, 0, end, window.trailing_zeros());
        body.truncate(end);
    }
    Ok(Opened { bound: window.bound().to_vec(), body })
}

fn escape(codec: Codec, body: &[u8], seed: usize) -> Vec<u8> {
    let mut buf = body.to_vec();
    if codec.escapes() {
        buf.resize(body.len() * 2 + 2, 0xee);
        let end = nal::escape_in_place(&mut buf, 0, body.len(), seed).unwrap();
        buf.truncate(end);
    }
    buf
}
