//! What a machine is handed for one step: the time, randomness, where outputs go, and who we are.

use super::output::Outbox;
use super::own::Own;
use crate::Millis;
use rand_core::CryptoRng;

/// One step of a session.
pub(super) struct Turn<'a> {
    pub(super) now: Millis,
    pub(super) rng: &'a mut dyn CryptoRng,
    pub(super) outbox: &'a mut Outbox,
    pub(super) own: &'a mut Own,
}
