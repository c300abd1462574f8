//! Requests: ours for keys that did not come, and those of others for ours.

use super::Session;
use super::roster::{Asking, Delivery, Member, Signing};
use super::timing::{ANSWER, Backoff, MISSING};
use crate::envelope::{Header, NONCE, Unsigned};
use crate::key::Heard;
use crate::{Error, Millis};
use rand_core::CryptoRng;

impl Session {
    /// Asks members for their keys that should have sent them by now.
    pub(super) fn ask(&mut self, rng: &mut dyn CryptoRng) {
        let (call, sender, now) = (self.call, self.id(), self.now);
        let missing = self.roster.iter_mut().filter(|member| !member.keyed);
        for member in missing.filter(|member| member.asking.retry.due() <= now) {
            member.asking.retry.again(now, rng);
            if member.asking.is_being_signed() {
                continue; // where that takes longer than this wait, another would never leave either
            }
            let (recipient, serial) = (member.id(), self.serials.next(now));
            let header = Header { suite: member.bundle.suite(), call, sender, recipient, serial };
            let mut request = Signing::new(Unsigned::request(&header, member.asking.nonce));
            request.go_on(recipient, &mut self.outbox);
            member.asking.request = Some(request);
        }
    }

    /// A member asks for our key: it gets the newest, unless that is on its way to it. One that
    /// just joined waits for the next change instead, because nothing may have been sealed with its
    /// key before it came.
    pub(super) fn request_matters(
        &self,
        header: &Header,
        nonce: &[u8; NONCE],
    ) -> Result<bool, Error> {
        let member = self.roster.get(header.sender).ok_or(Error::NotAMember)?;
        if header.serial < member.answered.serial {
            return Err(Error::StaleSerial);
        }
        let soon = member.answered.at.is_some_and(|at| self.now.since(at) < ANSWER);
        let known = header.serial == member.answered.serial; // the transport said it twice
        let news = member.delivery.is_sent() || *nonce != member.answered.nonce;
        Ok(!soon && !known && news)
    }

    pub(super) fn take_request(
        &mut self,
        header: &Header,
        nonce: &[u8; NONCE],
    ) -> Result<(), Error> {
        let member = self.roster.get_mut(header.sender).ok_or(Error::NotAMember)?;
        member.answered.serial = header.serial;
        (member.answered.at, member.answered.nonce) = (Some(self.now), *nonce);
        if member.delivery.is_sent() {
            member.delivery = Delivery::owed(self.now);
        }
        Ok(())
    }
}

impl Asking {
    /// Nothing is missing yet; the first request is made at `at`, if need be.
    pub(super) fn from(at: Millis, rng: &mut dyn CryptoRng) -> Self {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        Self { retry: Backoff::starting(at), request: None, missing: None, nonce }
    }

    const fn is_being_signed(&self) -> bool {
        matches!(self.request, Some(Signing::Unsigned(_, Some(_))))
    }
}

impl Member {
    /// Judges by what came of it whether we have the key that it seals with now. An old one, that a
    /// server gave to a device which had lost its serials, opens nothing: another is asked for. A key
    /// that is on its way comes before that, and what is forged beside genuine frames does nothing.
    pub(super) fn hear(&mut self, heard: Option<Heard>, now: Millis) {
        self.keyed = match heard {
            None => false,
            Some(Heard::Nothing) => self.keyed,
            Some(Heard::Genuine) => {
                self.asking.missing = None;
                true
            }
            Some(Heard::Missed) => now.since(*self.asking.missing.get_or_insert(now)) < MISSING,
        };
    }
}
