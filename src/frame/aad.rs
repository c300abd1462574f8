//! The associated data of a frame: everything that its tag binds besides its bytes.

use super::stream::Label;
use crate::codec::{Codec, MAX_WINDOW_LEN};
use crate::sframe::MAX_HEADER_LEN;
use alloc::boxed::Box;

const VERSION: &[u8; 11] = b"sealframe/1";
const MAX_LEN: usize = MAX_HEADER_LEN + VERSION.len() + 3 + Label::MAX_LEN + MAX_WINDOW_LEN;

/// A buffer for the largest possible AAD. It is filled for each frame.
#[derive(Debug)]
pub(super) struct Aad {
    bytes: Box<[u8; MAX_LEN]>,
    /// At most `MAX_LEN`, the sum of the largest lengths of all parts.
    len: usize,
}

impl Default for Aad {
    fn default() -> Self {
        Self { bytes: Box::new([0; MAX_LEN]), len: 0 }
    }
}

impl Aad {
    /// header ‖ "sealframe/1" ‖ u8 kind ‖ u8 codec ‖ u8 len ‖ track label ‖ bound window
    pub(super) fn fill(&mut self, header: &[u8], codec: Codec, label: &Label, bound: &[u8]) {
        self.len = 0;
        self.push(header);
        self.push(VERSION);
        self.push(&[codec.kind() as u8, codec.number(), label.len()]);
        self.push(label.as_bytes());
        self.push(bound);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        self.bytes[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }
}
