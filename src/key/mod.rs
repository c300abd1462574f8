//! Keys and who they belong to: one sealing key of our own, opening keys per sender.

mod given;
mod kid;
mod limits;
mod opening;
mod ring;
mod sealing;
mod sender;
mod sender_keys;
mod shared_key;

pub use given::{Counters, GivenKey};
pub use kid::DeviceKid;
pub use limits::Limits;
pub use opening::{Channel, OpeningKey, Receiver, Track};
pub use ring::{Heard, Ring, SenderIndex};
pub use sealing::SealingKey;
pub use sender::SenderId;
pub use shared_key::{ApplicationKey, CallKey, SharedKey};
