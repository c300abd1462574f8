//! Our key: when it changes, and which members must get it.

use super::Output;
use super::own_keys::{OwnKey, OwnKeys};
use super::roster::Roster;
use super::timing::COALESCE;
use super::turn::Turn;
use crate::envelope::DeviceId;
use crate::key::{DeviceKid, Ring};
use crate::{Error, Millis};

/// Our keys, and the reasons to change them.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    keys: Option<OwnKeys>,
    /// Whether a device left that knows a key which we use or are about to use.
    left: bool,
    /// The time of the last change of our key.
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

    /// A device left. `knew_a_key` says whether any envelope was made for it.
    pub(super) const fn lost(&mut self, knew_a_key: bool) {
        self.left |= knew_a_key;
    }

    /// Records that an envelope with the newest key was made for this device.
    pub(super) fn give(&mut self, to: DeviceId) {
        self.keys.iter_mut().for_each(|keys| keys.give(to));
    }

    /// Makes the first key and seals with it at once, because no member has another.
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
        // If we are alone in the call, the first device to join need not wait for a second to pass.
        self.changed = roster.iter().next().map(|_| turn.now);
        queue_envelopes(roster, turn.now);
        self.install(ring, turn)
    }

    /// Makes a new random key, unless one is already on its way.
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

    /// Does everything that is due.
    pub(super) fn drive(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        self.rotate_if_worn(roster, ring, turn)?;
        self.switch_if_ready(roster, ring, turn)?;
        self.apply_roster_changes(roster, ring, turn)?;
        self.switch_if_ready(roster, ring, turn)?;
        if let Some(key) = self.newest() {
            turn.own.state_key(key.kid, key.given());
        }
        Ok(())
    }

    /// The time when [`Rotation::drive`] will have something to do.
    pub(super) fn due(&self, roster: &Roster, now: Millis) -> Option<Millis> {
        self.switch_due().into_iter().chain(self.roster_changes_due(roster, now)).min()
    }

    /// Advances the key at 2^24 frames or 24 hours. The members derive the next step themselves. If
    /// a device left, a random key is due within a second, and must not be delayed by this.
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

    /// Changes the key for the devices that joined and left since the last change.
    fn apply_roster_changes(
        &mut self,
        roster: &mut Roster,
        ring: &mut Ring,
        turn: &mut Turn<'_>,
    ) -> Result<(), Error> {
        if self.is_staged() && !self.left {
            // The staged key has sealed nothing yet, so newcomers may have it.
            queue_for_newcomers(roster, turn.now);
        }
        match self.roster_changes_due(roster, turn.now) {
            Some(at) if at <= turn.now && self.left => self.stage(roster, ring, turn),
            Some(at) if at <= turn.now => self.advance(roster, ring, turn),
            _ => Ok(()),
        }
    }

    fn roster_changes_due(&self, roster: &Roster, now: Millis) -> Option<Millis> {
        let change = self.left || roster.iter().any(|member| member.outgoing().is_waiting());
        change.then(|| self.changed.map_or(now, |at| at.plus(COALESCE)))
    }

    /// The latest time to switch to the staged key.
    fn switch_due(&self) -> Option<Millis> {
        self.keys.as_ref().and_then(OwnKeys::deadline)
    }

    /// Switches to the staged key once all members have it, or its time has come.
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
        queue_for_newcomers(roster, turn.now);
        self.install(ring, turn)
    }

    /// Makes a random key for all present members. A key that was staged before has been on its way
    /// for at least a second, and is put into use now. So a second departure does not extend the
    /// use of a key that the first departed device knows.
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
        queue_envelopes(roster, turn.now);
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

fn queue_envelopes(roster: &mut Roster, now: Millis) {
    roster.iter_mut().for_each(|member| member.outgoing_mut().queue_envelope(now));
}

fn queue_for_newcomers(roster: &mut Roster, now: Millis) {
    let newcomers = roster.iter_mut().filter(|member| member.outgoing().is_waiting());
    newcomers.for_each(|member| member.outgoing_mut().queue_envelope(now));
}
