//! Who a leaf belongs to: a device on the application's roster, that has signed the leaf's key.

mod certificate;
mod device;
mod directory;
mod freshness;

pub use certificate::{Certificate, Draft, SIGNATURE};
pub use device::{CallId, Device, DeviceId, Point};
pub use directory::Directory;
pub use freshness::{Freshness, LONGEST, Leaf};
