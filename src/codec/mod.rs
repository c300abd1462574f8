//! What of a frame stays readable, codec by codec.
//!
//! A sealed frame is `window ‖ body`. The body holds the *whole* original frame; the window is a
//! small copy of what packetizers, SFUs and depacketizers must be able to read on the way, and is
//! never used as content. It can be found again in the received bytes by the rule that made it,
//! whatever the transport did to its framing.

mod annexb;
mod audio;
mod av1;
mod h264;
mod h265;
pub mod nal;
mod vp8;
mod vp9;
mod window;

pub use window::{MAX_WINDOW, Window};

use crate::Error;
use core::ops::Range;

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
    /// Opus of more than two channels (`multiopus`).
    MultiOpus = 11,
    /// Comfort noise (RFC 3389).
    Cn = 12,
    /// Uncompressed samples of 16 bits (RFC 3551 §4.5.11).
    L16 = 13,
}

/// The kind of media; the numbers enter the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Kind {
    Audio = 1,
    Video = 2,
}

impl Codec {
    /// Every codec, in the order of its number, with its media type (RFC 6838) as WebRTC's
    /// statistics and `getMetadata()` spell it.
    pub const ALL: [(Codec, &str); 13] = [
        (Codec::Opus, "audio/opus"),
        (Codec::Vp8, "video/VP8"),
        (Codec::Vp9, "video/VP9"),
        (Codec::H264, "video/H264"),
        (Codec::H265, "video/H265"),
        (Codec::Av1, "video/AV1"),
        (Codec::Red, "audio/red"),
        (Codec::G722, "audio/G722"),
        (Codec::Pcmu, "audio/PCMU"),
        (Codec::Pcma, "audio/PCMA"),
        (Codec::MultiOpus, "audio/multiopus"),
        (Codec::Cn, "audio/CN"),
        (Codec::L16, "audio/L16"),
    ];

    /// The codec of a media type; case does not matter, and parameters are not understood.
    pub fn from_mime(mime: &str) -> Option<Codec> {
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(mime)).map(|(codec, _)| *codec)
    }

    /// The codec of a number.
    pub fn from_number(number: u8) -> Option<Codec> {
        Self::ALL.iter().map(|(codec, _)| *codec).find(|codec| codec.number() == number)
    }

    /// The number that enters the metadata.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Audio or video.
    pub const fn kind(self) -> Kind {
        if matches!(self.layout(), Layout::Audio) { Kind::Audio } else { Kind::Video }
    }

    /// Whether the body is escaped, because the transport looks for start codes in it.
    pub const fn escapes(self) -> bool {
        matches!(self.layout(), Layout::AnnexB(_))
    }

    /// Fills `window` for an original `frame` whose SFrame body will be `body_len` bytes long
    /// before escaping.
    ///
    /// # Errors
    /// `FrameTooShort` or `WindowMissing` where the frame lacks what has to stay readable,
    /// `WindowTooLarge` where that is more than [`MAX_WINDOW`] bytes, `FrameTooLarge` where
    /// `body_len` does not fit AV1's size field.
    pub fn make_window(
        self,
        frame: &[u8],
        body_len: usize,
        window: &mut Window,
    ) -> Result<(), Error> {
        window.clear();
        match self.layout() {
            Layout::Audio => audio::make(frame, window),
            Layout::Vp8 => vp8::make(frame, window),
            Layout::Vp9 => vp9::make(frame, window),
            Layout::AnnexB(syntax) => syntax.make(frame, window),
            Layout::Av1 => av1::make(frame, body_len, window),
        }
    }

    /// Finds the window at the start of a `sealed` frame, fills `window` with its bound part and
    /// returns where the body lies (still escaped).
    ///
    /// # Errors
    /// `MalformedFrame` where no window of this codec can be found, `WindowTooLarge` where what
    /// stands there is larger than any window.
    pub fn find_window(self, sealed: &[u8], window: &mut Window) -> Result<Range<usize>, Error> {
        window.clear();
        match self.layout() {
            Layout::Audio => audio::find(sealed, window),
            Layout::Vp8 => vp8::find(sealed, window),
            Layout::Vp9 => vp9::find(sealed, window),
            Layout::AnnexB(syntax) => syntax.find(sealed, window),
            Layout::Av1 => av1::find(sealed, window),
        }
    }

    /// The one place that a new codec is added to, beside its number and its media type.
    const fn layout(self) -> Layout {
        match self {
            Codec::Opus
            | Codec::Red
            | Codec::G722
            | Codec::Pcmu
            | Codec::Pcma
            | Codec::MultiOpus
            | Codec::Cn
            | Codec::L16 => Layout::Audio,
            Codec::Vp8 => Layout::Vp8,
            Codec::Vp9 => Layout::Vp9,
            Codec::H264 => Layout::AnnexB(&h264::SYNTAX),
            Codec::H265 => Layout::AnnexB(&h265::SYNTAX),
            Codec::Av1 => Layout::Av1,
        }
    }
}

/// Which rule makes a codec's window and finds it again.
enum Layout {
    Audio,
    Vp8,
    Vp9,
    AnnexB(&'static annexb::Syntax),
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
            assert_eq!(codec.kind() == Kind::Audio, mime.starts_with("audio/"));
        }
        for none in ["video/rtx", "video/red", "video/ulpfec", "audio/telephone-event"] {
            assert_eq!(Codec::from_mime(none), None);
        }
        assert_eq!(Codec::from_number(0), None);
        assert_eq!(Codec::from_number(14), None);
    }
}
