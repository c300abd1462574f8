//! Keys and their owners: one sealing key of our own, and opening keys per sender.

mod device_keys;
mod grant;
mod group_epoch;
mod group_keys;
mod kid;
mod limits;
mod opening;
mod opening_keys;
mod own;
mod own_group;
mod own_shared;
mod past_keys;
mod ring;
mod sealing;
mod sender;
mod sender_keys;
mod shared_key;
mod shared_keys;
mod timing;

pub use grant::{Counters, KeyGrant};
pub use group_epoch::{GroupEpoch, LeafIndex};
pub use kid::DeviceKid;
pub use limits::Limits;
pub use opening::{Channel, OpeningKey, Receiver, ReplayHistory, Track};
pub use ring::{Activity, Attempt, Ring, SenderIndex};
pub use sealing::SealingKey;
pub use sender::SenderId;
pub use shared_key::{ApplicationKey, CallKey, SharedKey};
pub(crate) use timing::SWITCH;
