//! The media core of sealframe: encoded frames in, sealed frames out.
//!
//! The core is sans-IO. It has no clock, no random numbers and no I/O: time and randomness are
//! arguments, and work for the host leaves as an output value. `docs/architecture.md` has the map,
//! `docs/protocol.md` every byte.
//!
//! Alice seals a frame and Bob opens it, with keys that the application gives:
//!
//! ```
//! use rand_core::SeedableRng;
//! use sealframe::codec::Codec;
//! use sealframe::key::{Limits, SenderId};
//! use sealframe::{Call, Error, MediaKind, Millis};
//!
//! # fn main() -> Result<(), Error> {
//! let mut rng = rand_chacha::ChaCha20Rng::from_seed([7; 32]); // a host passes real randomness
//! let now = Millis(0); // and real time
//! let key = [1; 32];
//!
//! let mut alice = Call::new(SenderId::try_from("alice")?, Limits::default(), now);
//! alice.set_keys([("alice", key.as_slice())].into_iter(), now, &mut rng)?;
//! let microphone = alice.seal_stream(MediaKind::Audio, "microphone")?;
//!
//! let mut bob = Call::new(SenderId::try_from("bob")?, Limits::default(), now);
//! bob.set_keys([("alice", key.as_slice())].into_iter(), now, &mut rng)?;
//! let speaker = bob.open_stream(MediaKind::Audio, "alice", "microphone")?;
//!
//! let frame = b"an Opus frame";
//! alice.scratch(frame.len())?[..frame.len()].copy_from_slice(frame);
//! let sealed = alice.seal(microphone, Some(Codec::Opus), frame.len())?;
//! let sealed = alice.bytes(sealed).to_vec();
//!
//! bob.scratch(sealed.len())?[..sealed.len()].copy_from_slice(&sealed);
//! let opened = bob.open(speaker, Some(Codec::Opus), sealed.len())?;
//! assert_eq!(bob.bytes(opened), frame);
//!
//! // The same frame again is a replay.
//! bob.scratch(sealed.len())?[..sealed.len()].copy_from_slice(&sealed);
//! assert_eq!(bob.open(speaker, Some(Codec::Opus), sealed.len()), Err(Error::Duplicate));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod bytes;
mod call;
pub mod codec;
pub mod envelope;
mod error;
pub mod frame;
pub mod key;
mod media;
pub mod safety;
pub mod session;
pub mod sframe;
mod time;

#[cfg(target_family = "wasm")]
mod wasm;

pub use call::Call;
pub use error::Error;
pub use media::MediaKind;
pub use time::Millis;
