//! The one error type of the core: without payload, and each variant with a stable code.

use core::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// The reason why a frame, a message or an argument was refused. The state is as before.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Error { $($(#[$doc])+ $name,)+ }

        impl Error {
            /// Every variant, in the order of [`Error::number`].
            pub const ALL: &[Error] = &[$(Error::$name,)+];

            /// The stable name in the application's errors and statistics.
            pub const fn code(self) -> &'static str {
                match self { $(Error::$name => $code,)+ }
            }
        }
    };
}

errors! {
    /// The authentication tag does not match: the frame was forged, damaged, or moved to another
    /// stream.
    AuthenticationFailed = "authentication-failed",
    /// An argument is outside its range.
    BadArgument = "bad-argument",
    /// A device bundle has the wrong length or contains bytes that cannot be a public key.
    BadBundle = "bad-bundle",
    /// The SFrame header is cut short or not in its minimal form (RFC 9605 §4.3).
    BadHeader = "bad-header",
    /// A key is shorter or longer than allowed.
    BadKeyLength = "bad-key-length",
    /// A key message is cut short, too long, or of an unknown type.
    BadMessage = "bad-message",
    /// The signature of a key message does not verify.
    BadSignature = "bad-signature",
    /// The call was closed; its keys are gone.
    CallClosed = "call-closed",
    /// The device has no ML-KEM key, and such devices are not allowed in this call.
    ClassicDevice = "classic-device",
    /// The key has sealed as much as it may: 2^32 frames or 2^36 blocks.
    CounterExhausted = "counter-exhausted",
    /// The device's own key could not sign or decapsulate: the browser refused. If the error names
    /// a sender, that sender's message may be the reason.
    DeviceKeyFailed = "device-key-failed",
    /// The same frame was opened before. Browsers deliver some frames twice.
    Duplicate = "duplicate",
    /// The frame is larger than 16 MiB.
    FrameTooLarge = "frame-too-large",
    /// The frame is shorter than the bytes that its codec keeps readable.
    FrameTooShort = "frame-too-short",
    /// The device has an RSA key only, and such devices are not allowed in this call.
    LegacyDevice = "legacy-device",
    /// The window of a sealed frame cannot be parsed.
    MalformedFrame = "malformed-frame",
    /// There is no key to seal with yet.
    NoKey = "no-key",
    /// Frame after frame of this peer looks unlike a sealed frame: the peer does not seal.
    NotSealed = "not-sealed",
    /// The other device is not on the roster.
    NotAMember = "not-a-member",
    /// The frame is older than the replay window.
    TooOld = "too-old",
    /// More key messages wait to be verified than there is room for, from one sender or from all.
    TooManyMessages = "too-many-messages",
    /// The track has the largest number of receivers. The application must close one first.
    TooManyReceivers = "too-many-receivers",
    /// The codec has no layout here, so its frames are not sent.
    UnknownCodec = "unknown-codec",
    /// There is no key with this KID for this sender.
    UnknownKey = "unknown-key",
    /// There is no stream with this number.
    UnknownStream = "unknown-stream",
    /// A removed device, or one that only the owner has on its roster, may hold the key, and the
    /// owner has not denied it in time.
    UntrustedKey = "untrusted-key",
    /// This build does not support the version or the suite of the key message or bundle.
    UnsupportedVersion = "unsupported-version",
    /// A member's public key is invalid: the browser cannot use it.
    UnusableKey = "unusable-key",
    /// The frame lacks the part that its window must show, such as a slice or a frame OBU.
    WindowMissing = "window-missing",
    /// The window would be larger than its limit.
    WindowTooLarge = "window-too-large",
    /// The key message belongs to another call.
    WrongCall = "wrong-call",
    /// The key message is addressed to another device.
    WrongRecipient = "wrong-recipient",
    /// The key message names another sender than the one it came from.
    WrongSender = "wrong-sender",
    /// The key message has another suite than its recipient's bundle: a downgrade or a mistake.
    WrongSuite = "wrong-suite",
}

impl Error {
    /// The number of the error on the frame path: its position in [`Error::ALL`], from 1.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_are_unique() {
        for (i, error) in Error::ALL.iter().enumerate() {
            assert_eq!(usize::from(error.number()), i + 1);
            let same = Error::ALL.iter().filter(|e| e.code() == error.code()).count();
            assert_eq!(same, 1, "{}", error.code());
        }
    }
}
