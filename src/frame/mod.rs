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
mod data;
mod engine;
mod stream;
mod streams;
mod suspicion;

pub use data::{DataChannels, MAX_DATA};
pub use engine::{Engine, MAX_FRAME};
pub use stream::{Direction, Label, StreamIndex};
