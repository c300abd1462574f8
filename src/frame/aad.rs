//! What the tag of a frame binds besides its bytes.

use super::stream::Label;
use crate::codec::{Codec, MAX_WINDOW};
use crate::sframe::MAX_HEADER;
use alloc::boxed::Box;

const VERSION: &[u8; 11] = b"sealframe/1";
const MAX: usize = MAX_HEADER + VERSION.len() + 3 + Label::MAX + MAX_WINDOW;

/// A buffer of the largest AAD there can be, filled anew for each frame.
#[derive(Debug)]
pub(super) struct Aad {
    bytes: Box<[u8; MAX]>,
    len: usize,
}

impl Default for Aad {
    fn default() -> Self {
        Self { bytes: Box::new([0; MAX]), len: 0 }
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
        let end = self.len + bytes.len(); // MAX is the sum of what each part can be at the most
        self.bytes[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }
}
