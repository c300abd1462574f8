//! The one error of the group: opaque, without payload, each with a stable code.

use std::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// Why a message or an argument was refused. The state is as it was before.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Error { $($(#[$doc])+ $name,)+ }

        impl Error {
            /// Every variant.
            pub const ALL: &[Error] = &[$(Error::$name,)+];

            /// The stable name that reaches applications and statistics.
            pub const fn code(self) -> &'static str {
                match self { $(Error::$name => $code,)+ }
            }
        }
    };
}

errors! {
    /// An argument is outside its range. Check it against the documentation.
    BadArgument = "bad-argument",
    /// A device bundle has the wrong length or holds no public key. Fetch the bundle again.
    BadBundle = "bad-bundle",
    /// The group refuses the commit: forged, damaged, or made by a member that breaks the rules. The
    /// group goes on without it.
    BadCommit = "bad-commit",
    /// A leaf's credential is not one, or the device that it names has not signed it.
    BadCredential = "bad-credential",
    /// The group refuses the GroupInfo. The device asks another member.
    BadGroupInfo = "bad-group-info",
    /// A message is cut short, too long, or of an unknown type. Its sender has another version or is
    /// not honest.
    BadMessage = "bad-message",
    /// The signature of a message does not verify.
    BadSignature = "bad-signature",
    /// The call was closed; its keys are gone. Enter it again.
    CallClosed = "call-closed",
    /// The device's own key did not sign. Try again, or make a new device.
    DeviceKeyFailed = "device-key-failed",
    /// The commit lost against another one of the same epoch, or came after the race was over.
    LateCommit = "late-commit",
    /// There is no group yet. Wait for the first epoch.
    NoGroup = "no-group",
    /// The device is not on the roster. Name it with the next roster if it is a member.
    NotAMember = "not-a-member",
    /// The member has not renewed its leaf for 30 minutes. It joins again.
    StaleLeaf = "stale-leaf",
    /// The message was taken before.
    Replayed = "replayed",
    /// More messages wait than there is room for. Their senders say them again.
    TooManyMessages = "too-many-messages",
    /// An MLS message of a kind that this protocol does not use: a Welcome, a KeyPackage, a proposal.
    UnexpectedMessage = "unexpected-message",
    /// The commit is for an epoch that the device does not have. It asks for what it missed.
    UnknownBranch = "unknown-branch",
    /// The message or bundle is of a version or suite that this build does not speak. Update it.
    UnsupportedVersion = "unsupported-version",
    /// The message belongs to another call.
    WrongCall = "wrong-call",
    /// The message is addressed to another device.
    WrongRecipient = "wrong-recipient",
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        for error in Error::ALL {
            let same = Error::ALL.iter().filter(|other| other.code() == error.code()).count();
            assert_eq!(same, 1, "{error}");
        }
    }
}
