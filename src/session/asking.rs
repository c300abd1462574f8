//! Requests: ours for keys that did not come, and those of others for ours.

use super::Session;
use super::roster::{Delivery, Signing};
use super::timing::ANSWER;
use crate::Error;
use crate::envelope::{Header, Message, NONCE, Unsigned};
use rand_core::CryptoRng;

impl Session {
    /// Asks members for their keys that should have sent them by now.
    pub(super) fn ask(&mut self, rng: &mut dyn CryptoRng) {
        let (call, sender, now) = (self.call, self.own.id(), self.now);
        let missing = self.roster.iter_mut().filter(|member| !member.keyed);
        for member in missing.filter(|member| member.asking.retry.due() <= now) {
            let (recipient, serial) = (member.id(), self.serials.next(now));
            let header = Header { call, sender, recipient, serial };
            let mut nonce = [0; NONCE];
            rng.fill_bytes(&mut nonce);
            let mut request = Signing::new(Unsigned::request(&header, nonce));
            request.go_on(recipient, &mut self.outbox);
            member.asking.request = Some(request);
            member.asking.retry.again(self.now, rng);
        }
    }

    /// A member asks for our key: it gets the newest. One that just joined waits for the next
    /// change instead, because nothing may have been sealed with its key before it came.
    pub(super) fn take_request(&mut self, message: &Message<'_>) -> Result<(), Error> {
        let header = &message.header;
        let member = self.roster.get_mut(header.sender).ok_or(Error::NotAMember)?;
        if header.serial == member.answered.serial {
            return Ok(()); // the transport said it twice
        }
        message.verify(member.bundle.signing())?;
        if header.serial < member.answered.serial {
            return Err(Error::StaleSerial);
        }
        let soon = member.answered.at.is_some_and(|at| self.now.since(at) < ANSWER);
        if soon || matches!(member.delivery, Delivery::Waiting | Delivery::Owed) {
            return Ok(());
        }
        member.answered.serial = header.serial;
        member.answered.at = Some(self.now);
        member.delivery = Delivery::Owed;
        Ok(())
    }
}
