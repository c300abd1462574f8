//! RFC 9605 (SFrame) with cipher suite 0x0005, AES_256_GCM_SHA512_128.

mod header;
mod ratchet;
mod replay;
mod schedule;

pub use header::{Header, Kid, MAX_HEADER_LEN};
pub use ratchet::{data_key, ratchet};
pub use replay::ReplayWindow;
pub use schedule::{BaseKey, Fingerprint, FrameKey, TAG_LEN};
