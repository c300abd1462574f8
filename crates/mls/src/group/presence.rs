//! Whose turn it is: the lowest leaf that is not taken for gone.

use super::epoch::{Epoch, Member};
use super::timing::{BEACON, LEAD, LONGEST_TURN, SILENCE, TURN};
use crate::Millis;
use crate::faults::{self, Fault};
use crate::identity::{DeviceId, Directory};
use std::collections::BTreeSet;

/// What was heard of other members, and when.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// Members that did not do in time what was theirs to do, until they are heard.
    gone: BTreeSet<DeviceId>,
    /// The lowest leaf that spoke for our branch.
    lead: Option<(Lead, Millis)>,
    /// When a lower leaf than ours was heard, or we began to listen.
    heard: Millis,
    /// When we said last where our branch is.
    said: Option<Millis>,
}

/// Of two branches that with the lower lead wins: its lowest live leaf, and that leaf's device.
pub(super) type Lead = (u32, DeviceId);

impl Presence {
    /// We are in another branch now.
    pub(super) fn restart(&mut self, now: Millis) {
        *self = Self { heard: now, ..Self::default() };
    }

    /// A device said something that is authentic.
    pub(super) fn hear(&mut self, device: DeviceId, epoch: &Epoch, now: Millis) {
        self.gone.remove(&device);
        if epoch.member_of(device).is_some_and(|member| member.leaf < epoch.own_leaf()) {
            self.heard = now;
        }
    }

    /// A leaf spoke for our branch.
    pub(super) fn follow(&mut self, lead: Lead, now: Millis) {
        let lower = self.lead.is_none_or(|(old, at)| lead <= old || now.since(at) > LEAD);
        if lower {
            self.lead = Some((lead, now));
        }
    }

    /// The lead of our branch.
    pub(super) fn lead(&self, epoch: &Epoch, directory: &Directory, now: Millis) -> Lead {
        let own = epoch.member(epoch.own_leaf()).map(|own| (own.leaf, own.device));
        let own = own.unwrap_or((u32::MAX, DeviceId::new([255; 16])));
        let heard = self.lead.filter(|(_, at)| now.since(*at) <= LEAD).map(|(lead, _)| lead);
        let known = heard.filter(|(_, device)| directory.has(*device));
        known.map_or(own, |lead| lead.min(own))
    }

    /// How many live leaves are before ours.
    pub(super) fn rank(&self, epoch: &Epoch, directory: &Directory) -> u64 {
        self.before(epoch, directory).count() as u64
    }

    /// When it is our turn to do what is to be done since `since`.
    pub(super) fn turn(&self, epoch: &Epoch, directory: &Directory, since: Millis) -> Millis {
        let rank = self.rank(epoch, directory);
        if faults::has(Fault::EndlessTurn) && rank > 0 {
            return Millis(u64::MAX);
        }
        since.plus((rank * TURN).min(LONGEST_TURN))
    }

    /// Our turn came: those before us did not do it.
    pub(super) fn give_up_on_lower(&mut self, epoch: &Epoch, directory: &Directory) {
        let gone: Vec<_> = self.before(epoch, directory).map(|member| member.device).collect();
        self.gone.extend(gone);
    }

    /// Whether we are to say where our branch is. If no lower leaf did so for long, we do.
    pub(super) fn speaks(&mut self, epoch: &Epoch, directory: &Directory, now: Millis) -> bool {
        if self.rank(epoch, directory) > 0 && now >= self.silence(epoch, directory) {
            self.give_up_on_lower(epoch, directory);
        }
        let leads = self.rank(epoch, directory) == 0;
        leads && self.said.is_none_or(|said| now >= said.plus(BEACON))
    }

    /// We said where our branch is.
    pub(super) const fn said(&mut self, now: Millis) {
        self.said = Some(now);
    }

    /// When [`Presence::speaks`] is to be asked.
    pub(super) fn due(&self, epoch: &Epoch, directory: &Directory) -> Millis {
        match self.rank(epoch, directory) {
            0 => self.said.map_or(Millis(0), |said| said.plus(BEACON)),
            _ => self.silence(epoch, directory),
        }
    }

    fn silence(&self, epoch: &Epoch, directory: &Directory) -> Millis {
        let turn = (self.rank(epoch, directory) * TURN).min(LONGEST_TURN);
        self.heard.plus(SILENCE + turn)
    }

    fn before<'a>(
        &'a self,
        epoch: &'a Epoch,
        directory: &'a Directory,
    ) -> impl Iterator<Item = &'a Member> {
        let own = epoch.own_leaf();
        let live =
            |member: &&Member| !self.gone.contains(&member.device) && directory.has(member.device);
        epoch.members().iter().take_while(move |member| member.leaf < own).filter(live)
    }
}
