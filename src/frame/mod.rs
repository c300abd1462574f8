//! Sealing and opening encoded frames in place, on one scratch buffer.
//!
//! ```text
//! frame on the wire = window ‖ body
//! body              = SFrame ciphertext (header ‖ ct ‖ tag) of the whole frame,
//!                     escaped for H.264 and H.265
//! metadata          = "sealframe/1" ‖ u8 kind ‖ u8 codec ‖ u8 len ‖ track label ‖ bound window
//! AAD               = SFrame header ‖ metadata
//! ```

mod aad;
mod cryptor;
mod data;
mod plaintext_detector;
mod stream;
mod streams;

pub use cryptor::{FrameCryptor, MAX_FRAME_LEN};
pub use data::{DataChannels, MAX_DATA_LEN};
pub use stream::{Direction, Label, StreamIndex};
