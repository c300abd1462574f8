//! Which bytes of a frame stay readable, one file per layout.
//!
//! A sealed frame is `window ‖ body`. The body holds the *whole* original frame. The window is a
//! small copy of the bytes that packetizers, SFUs and depacketizers must read. It is never used as
//! content. The receiver finds it in the received bytes by the rule that made it, whatever the
//! transport did to the framing.

mod annexb;
mod audio;
mod av1;
pub mod emulation;
mod h264;
mod h265;
mod vp8;
mod vp9;
mod window;

pub use window::{MAX_WINDOW_LEN, Window};

use crate::{Error, MediaKind};
use core::ops::Range;

/// The media codecs with a layout. The numbers enter the metadata.
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
    /// Opus with more than two channels (`multiopus`).
    MultiOpus = 11,
    /// Comfort noise (RFC 3389).
    Cn = 12,
    /// Uncompressed samples of 16 bits (RFC 3551 §4.5.11).
    L16 = 13,
}

impl Codec {
    /// Every codec in the order of its number, with its media type (RFC 6838) as WebRTC's
    /// statistics and `getMetadata()` spell it.
    pub const ALL: [(Self, &str); 13] = [
        (Self::Opus, "audio/opus"),
        (Self::Vp8, "video/VP8"),
        (Self::Vp9, "video/VP9"),
        (Self::H264, "video/H264"),
        (Self::H265, "video/H265"),
        (Self::Av1, "video/AV1"),
        (Self::Red, "audio/red"),
        (Self::G722, "audio/G722"),
        (Self::Pcmu, "audio/PCMU"),
        (Self::Pcma, "audio/PCMA"),
        (Self::MultiOpus, "audio/multiopus"),
        (Self::Cn, "audio/CN"),
        (Self::L16, "audio/L16"),
    ];

    /// The codec of a media type without parameters. Case does not matter.
    pub fn from_mime(mime: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(mime)).map(|(codec, _)| *codec)
    }

    /// The codec with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().map(|(codec, _)| *codec).find(|codec| codec.number() == number)
    }

    /// The number that enters the metadata.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Audio or video.
    pub const fn kind(self) -> MediaKind {
        if matches!(self.layout(), Layout::Audio) { MediaKind::Audio } else { MediaKind::Video }
    }

    /// Whether the body is escaped, because the transport searches it for start codes.
    pub const fn escapes(self) -> bool {
        matches!(self.layout(), Layout::AnnexB(_))
    }

    /// Fills `window` for an original `frame` with an SFrame body of `body_len` bytes before
    /// escaping.
    ///
    /// # Errors
    /// `FrameTooShort` or `WindowMissing` if the frame lacks the bytes that must stay readable;
    /// `WindowTooLarge` if these are more than [`MAX_WINDOW_LEN`] bytes; `FrameTooLarge` if
    /// `body_len` does not fit AV1's size field.
    pub fn write_window(
        self,
        frame: &[u8],
        body_len: usize,
        window: &mut Window,
    ) -> Result<(), Error> {
        window.clear();
        match self.layout() {
            Layout::Audio => audio::write_window(frame, window),
            Layout::Vp8 => vp8::write_window(frame, window),
            Layout::Vp9 => vp9::write_window(frame, window),
            Layout::AnnexB(syntax) => syntax.write_window(frame, window),
            Layout::Av1 => av1::write_window(frame, body_len, window),
        }
    }

    /// Finds the window at the start of a `sealed` frame, fills `window` with its bound part and
    /// returns the place of the body (still escaped).
    ///
    /// # Errors
    /// `MalformedFrame` if the frame has no window of this codec; `WindowTooLarge` if its window is
    /// larger than [`MAX_WINDOW_LEN`] bytes.
    pub fn parse_window(self, sealed: &[u8], window: &mut Window) -> Result<Range<usize>, Error> {
        window.clear();
        match self.layout() {
            Layout::Audio => audio::parse_window(sealed, window),
            Layout::Vp8 => vp8::parse_window(sealed, window),
            Layout::Vp9 => vp9::parse_window(sealed, window),
            Layout::AnnexB(syntax) => syntax.parse_window(sealed, window),
            Layout::Av1 => av1::parse_window(sealed, window),
        }
    }

    /// A codec with an existing layout needs only its number, its media type and a place here.
    const fn layout(self) -> Layout {
        match self {
            Self::Opus
            | Self::Red
            | Self::G722
            | Self::Pcmu
            | Self::Pcma
            | Self::MultiOpus
            | Self::Cn
            | Self::L16 => Layout::Audio,
            Self::Vp8 => Layout::Vp8,
            Self::Vp9 => Layout::Vp9,
            Self::H264 => Layout::AnnexB(&h264::SYNTAX),
            Self::H265 => Layout::AnnexB(&h265::SYNTAX),
            Self::Av1 => Layout::Av1,
        }
    }
}

/// The rule that makes a codec's window and finds it again.
enum Layout {
    Audio,
    Vp8,
    Vp9,
    AnnexB(&'static annexb::NalSyntax),
    Av1,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_and_numbers_name_the_same_codecs() {
        for (at, (codec, mime)) in Codec::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(codec.number()), at + 1);
            assert_eq!(Codec::from_number(codec.number()), Some(codec));
            assert_eq!(Codec::from_mime(&mime.to_ascii_lowercase()), Some(codec));
            assert_eq!(codec.kind() == MediaKind::Audio, mime.starts_with("audio/"));
        }
        for none in ["video/rtx", "video/red", "video/ulpfec", "audio/telephone-event"] {
            assert_eq!(Codec::from_mime(none), None);
        }
        assert_eq!(Codec::from_number(0), None);
        assert_eq!(Codec::from_number(14), None);
    }
}
