//! Our key: when it changes, and who is owed it.

use super::Output;
use super::own_keys::{OwnKey, OwnKeys};
use super::roster::Roster;
use super::timing::COALESCE;
use super::turn::Turn;
use crate::envelope::DeviceId;
use crate::key::{DeviceKid, Ring};
use crate::{Error, Millis};

/// Our keys, and what they are to change for.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    keys: Option<OwnKeys>,
    /// Whether somebody left who knows a key that we still seal with or are about to.
    left: bool,
    /// When our key was last changed.
    changed: Option<Millis>,
}

impl Rotation {
    /// The newest key.
    pub(super) fn newest(&self) -> Option<&OwnKey> {
        self.keys.as_ref().map(OwnKeys::newest)
    }

    /// The KID of the newest key.
    pub(super) fn newest_kid(&self) -> Option<DeviceKid> {
        self.newest().map(|key| key.kid)
    }

    /// Somebody left; whether an envelope was ever made for it.
    pub(super) const fn lost(&mut self, knew_a_key: bool) {
        self.left |= knew_a_key;
    }

    /// An envelope with the newest key was made for this device.
    pub(super) fn give(&mut self, to: DeviceId) {
        self.keys.iter_mut().for_each(|keys| keys.give(to));
    }

    /// The first key is sealed with at once: nobody has another.
    pub(super) fn begin(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        if self.keys.is_some() {
            return Ok(());
        }
        self.keys = Some(OwnKeys::random(turn.rng)?);
        // Alone in the call, the first to come need not wait for a second to be over.
        self.changed = roster.iter().next().map(|_| turn.now);
        owe_all(roster, turn.now);
        self.install(ring, turn)
    }

    /// A new random key, unless one is on its way already.
    pub(super) fn rotate(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        let keys = self.keys.as_ref().ok_or(Error::NoKey)?;
        match keys.deadline() {
            None => self.stage(roster, ring, turn),
            Some(_) => Ok(()),
        }
    }

    /// All that is due by now.
    pub(super) fn drive(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        self.rotate_if_worn(roster, ring, turn)?;
        self.switch_if_ready(roster, ring, turn)?;
        self.settle(roster, ring, turn)?;
        self.switch_if_ready(roster, ring, turn)?;
        if let Some(key) = self.newest() {
            turn.own.state_key(key.kid, key.given());
        }
        Ok(())
    }

    /// When [`Rotation::drive`] will have something to do.
    pub(super) fn due(&self, roster: &Roster, now: Millis) -> Option<Millis> {
        self.switch_due().into_iter().chain(self.settle_due(roster, now)).min()
    }

    /// At 2^24 frames or 24 hours; the members derive the next step themselves. Where somebody
    /// left, a random key is due within a second, and must not come later for this.
    fn rotate_if_worn(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        if self.left || self.is_staged() || !ring.rotation_due() {
            return Ok(());
        }
        self.advance(roster, ring, turn)
    }

    /// Acts on who joined and who left since the last change of key.
    fn settle(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        if self.is_staged() && !self.left {
            // Nothing was sealed with the staged key yet: newcomers may have it.
            owe_newcomers(roster, turn.now);
        }
        match self.settle_due(roster, turn.now) {
            Some(at) if at <= turn.now && self.left => self.stage(roster, ring, turn),
            Some(at) if at <= turn.now => self.advance(roster, ring, turn),
            _ => Ok(()),
        }
    }

    fn settle_due(&self, roster: &Roster, now: Millis) -> Option<Millis> {
        let change = self.left || roster.iter().any(|member| member.outgoing().is_waiting());
        change.then(|| self.changed.map_or(now, |at| at.plus(COALESCE)))
    }

    /// When the staged key is taken into use at the latest.
    fn switch_due(&self) -> Option<Millis> {
        self.keys.as_ref().and_then(OwnKeys::deadline)
    }

    /// Seals with the staged key once everybody has it, or its time has come.
    fn switch_if_ready(
        &mut self,
        roster: &Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let Some(deadline) = keys.deadline() else { return Ok(()) };
        let kid = keys.newest().kid;
        if turn.now < deadline && !roster.iter().all(|member| member.outgoing().has(kid)) {
            return Ok(());
        }
        self.switch(ring, turn)
    }

    /// Turns the ratchet, or makes a random key at the end of a generation.
    fn advance(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        if !self.keys.as_mut().is_some_and(OwnKeys::ratchet) {
            return self.stage(roster, ring, turn);
        }
        self.changed = Some(turn.now);
        owe_newcomers(roster, turn.now);
        self.install(ring, turn)
    }

    /// Makes a random key for all who are here now. One that was staged before has been on its
    /// way for a second at least: it is taken into use, so that whoever left before it was made
    /// does not profit from who leaves now.
    fn stage(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        self.switch(ring, turn)?;
        if let Some(keys) = &mut self.keys {
            keys.stage(turn.now, turn.rng)?;
        }
        self.left = false;
        self.changed = Some(turn.now);
        owe_all(roster, turn.now);
        Ok(())
    }

    fn switch(&mut self, ring: &mut Ring, turn: &mut Turn<'_>) -> Result<(), Error> {
        match self.keys.as_mut().is_some_and(OwnKeys::switch) {
            true => self.install(ring, turn),
            false => Ok(()),
        }
    }

    fn install(&self, ring: &mut Ring, turn: &mut Turn<'_>) -> Result<(), Error> {
        if let Some(key) = self.keys.as_ref().map(OwnKeys::current) {
            ring.install_own(key.kid.kid(), &key.base_key)?;
            turn.outbox.put(Output::OwnKeyChanged { kid: key.kid.kid() });
        }
        Ok(())
    }

    fn is_staged(&self) -> bool {
        self.switch_due().is_some()
    }
}

fn owe_all(roster: &mut Roster, now: Millis) {
    roster.iter_mut().for_each(|member| member.outgoing_mut().owe(now));
}

fn owe_newcomers(roster: &mut Roster, now: Millis) {
    let newcomers = roster.iter_mut().filter(|member| member.outgoing().is_waiting());
    newcomers.for_each(|member| member.outgoing_mut().owe(now));
}
