//! Secrets that hang on what a person knows: recovery containers and passphrase calls.
//!
//! Both run Argon2id once, which takes most of a second and 64 MiB. Never on the frame path, and
//! best in a worker and a wasm memory of its own: memory that grew does not shrink.

mod argon;
pub mod passphrase;
pub mod recovery;

pub use argon::Cost;
