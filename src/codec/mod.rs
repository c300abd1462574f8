//! Codecs: what of a frame stays readable. (Interface first; the windows follow.)

use crate::Error;
use core::ops::Range;

/// Largest window in bytes; a frame that needs more is refused.
pub const MAX_WINDOW: usize = 1024;

/// The media codecs that have a layout; the numbers enter the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Codec {
    Opus = 1,
    Vp8 = 2,
    Vp9 = 3,
    H264 = 4,
    H265 = 5,
    Av1 = 6,
    Red = 7,
    G722 = 8,
    Pcmu = 9,
    Pcma = 10,
}

/// The kind of media; the numbers enter the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Kind {
    Audio = 1,
    Video = 2,
}

/// The readable prefix of a sealed frame, and the part of it that the AAD binds.
#[derive(Debug)]
pub struct Window {
    wire: [u8; MAX_WINDOW],
    wire_len: usize,
    bound: [u8; MAX_WINDOW],
    bound_len: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { wire: [0; MAX_WINDOW], wire_len: 0, bound: [0; MAX_WINDOW], bound_len: 0 }
    }
}

impl Window {
    /// The bytes that go in front of the body.
    pub fn wire(&self) -> &[u8] {
        &self.wire[..self.wire_len]
    }

    /// The part of the window that enters the AAD.
    pub fn bound(&self) -> &[u8] {
        &self.bound[..self.bound_len]
    }
}

impl Codec {
    /// Fills `window` for `frame`, whose SFrame body will be `body_len` bytes before escaping.
    pub fn make_window(
        self,
        _frame: &[u8],
        _body_len: usize,
        _window: &mut Window,
    ) -> Result<(), Error> {
        Err(Error::UnknownCodec)
    }

    /// Finds the window of a sealed frame, fills `window`, returns where the body lies.
    pub fn find_window(self, _sealed: &[u8], _window: &mut Window) -> Result<Range<usize>, Error> {
        Err(Error::UnknownCodec)
    }
}
