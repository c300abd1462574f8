//! The times of keys, in milliseconds.

/// A new own key waits 2 seconds for the other members to have it, if one is in use.
pub(crate) const SWITCH: u64 = 2_000;
/// An old key still opens for 10 seconds after the first frame of its successor.
pub(super) const GRACE: u64 = 10_000;
/// Members may be 3 seconds late: a tick, a retransmission, a slow network.
const SLACK: u64 = 3_000;
/// An old key opens for 15 seconds after its successor arrived, even if no frame of the successor
/// comes.
pub(super) const SUPERSEDED: u64 = SWITCH + GRACE + SLACK;
