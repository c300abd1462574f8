//! When things are done, all in milliseconds.

/// How long the state before a commit is kept: a better commit for it may come.
pub(super) const SETTLE: u64 = 2_000;
/// How long a removal waits for others, so that one commit does them together.
pub(super) const COALESCE: u64 = 150;
/// How long each live leaf waits for the one before it to do what is to be done.
pub(super) const TURN: u64 = 400;
/// Longest wait for the leaves before one.
pub(super) const LONGEST_TURN: u64 = 1_600;
/// When a removal's epoch is sealed with, after it came: the others should have it then.
pub(super) const SEAL: u64 = 1_000;
/// How long the keys of an epoch open after the next one came.
pub(super) const GRACE: u64 = 10_000;
/// How often the lowest live leaf says where its branch is.
pub(super) const BEACON: u64 = 1_000;
/// How long no lower leaf is heard until it is taken for gone.
pub(super) const SILENCE: u64 = 2_500;
/// How long a beacon speaks for its branch.
pub(super) const LEAD: u64 = 3_000;
/// Shortest time between two beacons, and between two answers to one device.
pub(super) const ANSWER: u64 = 250;
/// How long a joiner that was answered has until the next one is.
pub(super) const GRANT: u64 = 800;
/// How long a question of a joiner stands.
pub(super) const ASKED: u64 = 3_000;
/// First wait until a device asks again.
pub(super) const ASK: u64 = 400;
/// Longest wait until a device asks again.
pub(super) const LONGEST_ASK: u64 = 1_000;
/// How long a device stays out whose leaf was taken by another worker with the same device.
pub(super) const TWIN: u64 = 30_000;
/// How long a device looks for a group until it makes one.
pub(super) const ALONE: u64 = 600;
/// How long a commit is held whose epoch, or whose device, is not known yet.
pub(super) const HELD: u64 = 10_000;
/// How old the own leaf gets until it is renewed.
pub(super) const RENEW: u64 = 10 * 60 * 1_000;
/// How much earlier it may be renewed, at random, so that members do not renew in unison.
pub(super) const RENEW_SPREAD: u64 = 60_000;
/// Longest wait, drawn at random, until a renewal that lost a race is tried again.
pub(super) const AGAIN: u64 = 2_000;
/// How long after a commit of somebody else a renewal waits.
pub(super) const QUIET: u64 = 300;
/// How long an own commit waits for the transport that orders it.
pub(super) const ECHO: u64 = 5_000;
