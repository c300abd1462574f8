//! The kind of media: the one property of a frame that codecs, streams and keys all need.

/// Audio or video. The numbers enter the metadata (docs/protocol.md §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MediaKind {
    /// Sound.
    Audio = 1,
    /// Pictures.
    Video = 2,
}
