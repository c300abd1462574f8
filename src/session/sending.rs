//! Outgoing announcements and envelopes.

use super::timing::MAX_MESSAGES_PER_TURN;
use super::{Output, Session, Ticket};
use crate::Error;
use crate::envelope::{self, SIGNATURE_LEN, Secret};
use crate::key::{KeyGrant, Ring};
use alloc::vec::Vec;
use rand_core::CryptoRng;

impl Session {
    /// Announces us to the members that are due, a limited number per turn.
    pub(super) fn announce(&mut self, rng: &mut dyn CryptoRng) {
        let (_, roster, mut turn) = self.split(rng);
        let due = roster.iter_mut().filter(|member| member.is_announcement_due(turn.now));
        let due: Vec<_> = due.take(MAX_MESSAGES_PER_TURN).collect();
        due.into_iter().for_each(|member| member.announce(&mut turn));
    }

    /// Asks the host to encapsulate for the members that are due, a limited number per turn.
    /// Repeats envelopes that were not acknowledged in time.
    pub(super) fn send(&mut self, rng: &mut dyn CryptoRng) {
        let (_, roster, mut turn) = self.split(rng);
        let due = roster.iter_mut().filter(|member| member.is_envelope_due(&turn));
        let due: Vec<_> = due.take(MAX_MESSAGES_PER_TURN).collect();
        due.into_iter().for_each(|member| member.encapsulate(&mut turn));
        roster.iter_mut().for_each(|member| member.send_again(&mut turn));
    }

    /// The host has encapsulated: makes an envelope with the newest key.
    pub(super) fn encapped(
        &mut self,
        ticket: Ticket,
        enc: &[u8],
        shared: &Secret,
        ring: &Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let (rotation, roster, mut turn) = self.split(rng);
        let Some(member) = roster.encapsulating(ticket) else {
            return Ok(()); // the member left, or came back as another incarnation
        };
        let (Some(key), Some((keys, to, answers))) = (rotation.newest(), member.newest()) else {
            return Ok(());
        };
        let encapped = match keys.encap_with_rng(enc, shared, turn.rng) {
            Err(Error::UnusableKey) => {
                self.failed(ticket, rng);
                return Ok(());
            }
            encapped => encapped?,
        };
        let (id, suite) = (member.id(), member.bundle().suite());
        let given = KeyGrant { base_key: key.base_key.clone(), next: ring.counters(key.kid.kid()) };
        turn.own.state_key(key.kid, key.given());
        let Some(statement) = turn.own.statement(answers) else { return Ok(()) };
        let header = turn.own.header(suite, id, Some(to));
        let message = envelope::seal(&header, &statement, &turn.own.question(), &given, &encapped)?;
        member.outgoing_mut().send(header.counter, &statement, message, id, &mut turn);
        rotation.give(id);
        Ok(())
    }

    pub(super) fn signed(&mut self, ticket: Ticket, signature: &[u8; SIGNATURE_LEN]) {
        for member in self.roster.iter_mut() {
            if let Some(bytes) = member.signed(ticket, signature) {
                self.outbox.put(Output::Send { to: member.id(), bytes });
                return;
            }
        }
    }
}
