//! The context of one step of a machine: time, randomness, the outbox, and our own identity.

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
