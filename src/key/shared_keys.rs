//! The shared keys of one sender. Their KIDs are random and are learnt from authentic frames: only
//! a trial shows which key a new KID belongs to.

use super::opening_keys::{OpeningKeys, Which};
use super::past_keys::PastKeys;
use super::timing::{GRACE, SUPERSEDED};
use super::{Attempt, OpeningKey, SharedKey};
use crate::sframe::{BaseKey, Kid};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// At most 24 keys are candidates. A sender moves on to a key with at most 12 followers
/// (`own_shared.rs`). 12 more may be set here meanwhile, if our application is faster.
const MAX_CANDIDATES: usize = 24;
/// At most 24 trials under unknown KIDs between two ticks, so that frames neither cost a key
/// derivation each nor fill the past keys with KIDs. One KID may be tried with all candidates.
const TRIES: usize = MAX_CANDIDATES;
/// At most 12 KIDs are held. A sender starts at most one per second, and a key lasts about ten
/// seconds after the first frame of its successor.
const MAX_KIDS: usize = 12;

/// One sender's candidates, and the opening keys derived from them for each KID.
#[derive(Debug)]
pub(super) struct SharedKeys {
    keys: OpeningKeys,
    candidates: Vec<Candidate>,
    tries: usize,
    /// The place of the newest key that opened something.
    newest_confirmed: u32,
}

/// A key that may appear under any KID.
#[derive(Debug)]
struct Candidate {
    order: u32,
    base_key: BaseKey,
    expires: Option<Millis>,
}

impl SharedKeys {
    /// Starts without candidates.
    pub(super) fn new() -> Self {
        Self {
            keys: OpeningKeys::default(),
            candidates: Vec::new(),
            tries: TRIES,
            newest_confirmed: 0,
        }
    }

    /// All keys that opened something.
    pub(super) fn keys_mut(&mut self) -> &mut [OpeningKey] {
        &mut self.keys
    }

    /// Moves all keys that match `which` to the past keys.
    pub(super) fn remove(&mut self, which: Which<'_>, history: &mut PastKeys) {
        while let Some(key) = self.keys.take(which) {
            history.remember(key);
        }
    }

    /// Adds a candidate. The newest one again changes nothing. The others stay for a while: the
    /// sender may learn of the new key later than we do.
    pub(super) fn add(&mut self, key: &SharedKey, now: Millis) {
        let base_key = key.base_key();
        if self.candidates.last().is_some_and(|newest| newest.base_key.same(base_key)) {
            return;
        }
        self.keys.supersede(now, &|key| key.is_made_of(base_key));
        self.candidates.retain(|given| !given.base_key.same(base_key));
        self.expire_candidates(u32::MAX, now.plus(SUPERSEDED));
        if self.candidates.len() == MAX_CANDIDATES {
            self.candidates.remove(0);
        }
        let (order, base_key) = (self.keys.order(), base_key.clone());
        self.candidates.push(Candidate { order, base_key, expires: None });
        self.tries = TRIES;
    }

    /// Runs the attempt with the key of this KID, or with the candidates if the KID is new.
    pub(super) fn open(
        &mut self,
        kid: Kid,
        history: &mut PastKeys,
        now: Millis,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        match self.keys.find(kid) {
            Some(at) => attempt(&mut self.keys[at]), // `find` returns an index of `keys`
            None if history.has_forgotten(kid) => Err(Error::UnknownKey),
            None => {
                let key = self.guess(kid, history, attempt)?;
                self.learn(key, history, now);
                Ok(())
            }
        }
    }

    /// Removes expired candidates, and allows new trials.
    pub(super) fn tick(&mut self, now: Millis) {
        self.candidates.retain(|given| given.expires.is_none_or(|at| at > now));
        self.tries = TRIES;
    }

    /// Tries the candidates: the key of the newest authentic frames first, then its followers,
    /// because a sender moves on to each in turn.
    fn guess(
        &mut self,
        kid: Kid,
        history: &PastKeys,
        attempt: Attempt<'_>,
    ) -> Result<OpeningKey, Error> {
        let older =
            self.candidates.iter().filter(|given| given.order < self.newest_confirmed).count();
        let (older, newer) = self.candidates.split_at(older); // a count of these candidates
        let mut refusal = Error::UnknownKey;
        for given in newer.iter().chain(older).take(self.tries) {
            let mut key = given.under(kid).with_history(history.of(kid));
            let opened = attempt(&mut key);
            match opened {
                Ok(()) | Err(Error::UnknownKey | Error::AuthenticationFailed) => self.tries -= 1,
                // The counter was refused before a frame key was derived.
                Err(error) => return Err(error),
            }
            match opened {
                Ok(()) => return Ok(key),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// Keeps a key that opened something under a new KID.
    fn learn(&mut self, key: OpeningKey, history: &mut PastKeys, now: Millis) {
        // KIDs of one shared key have no order.
        self.keys.confirm((key.order(), Kid(0)), now);
        self.expire_candidates(key.order(), now.plus(GRACE));
        self.newest_confirmed = self.newest_confirmed.max(key.order());
        history.take_up(key.kid());
        self.keys.push(key);
        if self.keys.len() > MAX_KIDS {
            // A KID of an old key goes first. A device that knows only an old key must not push out
            // the KIDs of a newer one.
            let oldest = self.keys.iter().map(OpeningKey::order).min();
            let oldest = self.keys.take(&|key| Some(key.order()) == oldest);
            oldest.iter().for_each(|key| history.forget_kid(key.kid()));
        }
    }

    /// Sets the expiry `at` for the candidates before this place, unless they expire earlier.
    fn expire_candidates(&mut self, before: u32, at: Millis) {
        for given in self.candidates.iter_mut().filter(|given| given.order < before) {
            given.expires = Some(given.expires.map_or(at, |earlier| earlier.min(at)));
        }
    }
}

impl Candidate {
    /// The candidate under a KID. It expires when the candidate does.
    fn under(&self, kid: Kid) -> OpeningKey {
        let mut key = OpeningKey::new(kid, self.order, self.base_key.clone().into()).guessed();
        self.expires.iter().for_each(|at| key.expire(*at));
        key
    }
}
