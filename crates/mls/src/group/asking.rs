//! Our own questions: for the way into a group, or for commits that we missed.

use super::To;
use super::presence::Lead;
use super::setup::Setup;
use super::timing::{ALONE, ASK, ASKED, GRANT, LONGEST_ASK, TURN};
use crate::crypto::SuiteProvider;
use crate::identity::DeviceId;
use crate::{Error, Millis};
use mls_rs_core::crypto::{CipherSuiteProvider, HpkePublicKey, HpkeSecretKey};
use std::collections::{BTreeMap, VecDeque};

/// Questions, and the key that their answers are sealed to. It lives as long as the stay in the call.
#[derive(Debug)]
pub(super) struct Asking {
    keys: (HpkeSecretKey, HpkePublicKey),
    /// Of our questions, the newest last, and when each was asked.
    nonces: VecDeque<([u8; 16], Millis)>,
    due: Millis,
    wait: u64,
    /// Since when we look for a group.
    since: Millis,
    /// Whom to ask: a device that spoke for a group, with its leaf, and when.
    known: Option<(Lead, Millis)>,
    /// Whether we ask for the commits that we missed, or for more.
    need: Need,
    /// How often we asked in vain.
    tries: u32,
    /// After this many questions we ask for a GroupInfo instead of commits.
    patience: u32,
    /// Other devices that look for a group, and when they said so.
    others: BTreeMap<DeviceId, Millis>,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    Nothing,
    /// The commits since our epoch.
    Commits,
    /// A GroupInfo.
    Info,
}

/// After this many questions a device asks for a GroupInfo instead of commits.
const IN_VAIN: u32 = 3;
/// The same, if the branch of the device is spoken for: the other branch should come to it.
const IN_VAIN_AT_HOME: u32 = 6;

impl Asking {
    /// A device enters, and has no group.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if no key can be made.
    pub(super) fn new(suite: &SuiteProvider, now: Millis) -> Result<Self, Error> {
        let keys = suite.kem_generate().map_err(|_| Error::BadArgument)?;
        Ok(Self {
            keys,
            nonces: VecDeque::new(),
            due: now,
            wait: ASK,
            since: now,
            known: None,
            need: Need::Info,
            tries: 0,
            patience: IN_VAIN,
            others: BTreeMap::new(),
        })
    }

    /// We are out of the group, and look for it from now on.
    pub(super) fn restart(&mut self, now: Millis) {
        self.nonces.clear();
        (self.due, self.since, self.wait) = (now, now, ASK);
        self.need = Need::Info;
    }

    /// We have what we asked for.
    pub(super) fn done(&mut self) {
        self.nonces.clear();
        self.wait = ASK;
        self.need = Need::Nothing;
        self.known = None;
        self.tries = 0;
    }

    /// A commit of others came. Whether that was all shows when somebody speaks for our branch.
    pub(super) fn progress(&mut self) {
        self.done();
    }

    /// A device speaks for a group that we need something of. Of several branches the one with the
    /// lowest lead stays, so we ask that one, unless we did so in vain. `at_home` says whether
    /// somebody speaks for our branch.
    pub(super) fn want(&mut self, need: Need, of: Lead, at_home: bool, now: Millis) {
        if need >= self.need {
            let is_patient = at_home && need == Need::Commits;
            self.patience = if is_patient { IN_VAIN_AT_HOME } else { IN_VAIN };
        }
        if need > self.need {
            self.due = self.due.min(now);
        }
        let better = |(known, at): (Lead, Millis)| known < of && now.since(at) <= ASKED;
        if need > self.need || self.asks_in_vain() || !self.known.is_some_and(better) {
            self.known = Some((of, now));
        }
        self.need = self.need.max(need);
        self.give_up_on_commits();
    }

    /// A device that does not answer us may refuse our leaf.
    pub(super) fn give_up_on_commits(&mut self) {
        if self.need == Need::Commits && self.asks_in_vain() {
            self.need = Need::Info;
        }
    }

    /// What is missing.
    pub(super) const fn need(&self) -> Need {
        self.need
    }

    /// Another device looks for a group, too.
    pub(super) fn other(&mut self, device: DeviceId, now: Millis) {
        self.others.insert(device, now);
    }

    /// Whom to ask now, if it is time.
    pub(super) fn ask(&mut self, setup: &Setup, has_group: bool, now: Millis) -> Option<To> {
        if self.need == Need::Nothing || now < self.due {
            return None;
        }
        let known = self.known.filter(|(_, at)| now.since(*at) <= ASKED);
        if has_group && known.is_none() {
            self.done(); // the other branch is not heard any more
            return None;
        }
        self.nonces.retain(|(_, at)| now.since(*at) <= ASKED);
        self.nonces.push_back((setup.random().array(), now));
        self.tries += 1;
        self.due = now.plus(self.wait / 2 + setup.below(self.wait / 2 + 1));
        self.wait = (self.wait * 3 / 2).min(LONGEST_ASK);
        let to = known.filter(|_| has_group);
        Some(to.map_or(To::All, |((_, device), _)| To::One(device)))
    }

    /// Whether commits did not help: either they do not lead to us, or one of them is no good.
    pub(super) const fn asks_in_vain(&self) -> bool {
        self.tries > self.patience
    }

    /// The nonce of the newest question.
    pub(super) fn nonce(&self) -> Option<[u8; 16]> {
        self.nonces.back().map(|(nonce, _)| *nonce)
    }

    /// The lead of the branch that we ask for the way into it.
    pub(super) fn follows(&self, now: Millis) -> Option<Lead> {
        let known = self.known.filter(|(_, at)| now.since(*at) <= ASKED)?;
        (self.need == Need::Info).then_some(known.0)
    }

    /// Whether an answer is one to a question of ours. An answer takes its time if many ask.
    pub(super) fn has_asked(&self, nonce: &[u8; 16], now: Millis) -> bool {
        self.nonces.iter().any(|(asked, at)| asked == nonce && now.since(*at) <= ASKED)
    }

    /// What answers are sealed to.
    pub(super) const fn keys(&self) -> &(HpkeSecretKey, HpkePublicKey) {
        &self.keys
    }

    /// When to make a group of our own: nobody spoke for one, and no device before us looks for one.
    /// If somebody speaks for a group and lets nobody in, we wait until all could have joined it.
    pub(super) fn alone(&self, setup: &Setup, now: Millis) -> Millis {
        let directory = setup.directory();
        if directory.ids().iter().all(|id| *id == setup.device()) {
            return self.since;
        }
        let looking = |(id, at): &(&DeviceId, &Millis)| {
            **id < setup.device() && now.since(**at) <= ASKED && directory.has(**id)
        };
        let before = self.others.iter().filter(looking).count() as u64;
        let heard = self.known.map_or(0, |(_, at)| at.plus(ASKED).since(self.since));
        let patience = ASKED + directory.ids().len() as u64 * GRANT;
        let wait = ALONE + (before * TURN).min(5 * TURN);
        self.since.plus(wait.max(heard).min(patience + wait))
    }

    /// When [`Asking::ask`] is to be called.
    pub(super) fn due(&self) -> Option<Millis> {
        (self.need != Need::Nothing).then_some(self.due)
    }
}
