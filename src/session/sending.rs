//! Our key: when it changes, and how it gets to the members.

use super::own::OwnKeys;
use super::roster::{Delivery, Parcel, Signing};
use super::timing::{Backoff, COALESCE, ENVELOPES_A_TURN};
use super::{Output, Session, Ticket};
use crate::envelope::{self, Content, Encapped, Header, Secret};
use crate::key::{GivenKey, Ring};
use crate::{Error, Millis};
use rand_core::CryptoRng;

impl Session {
    /// The first key is sealed with at once: nobody has another.
    pub(super) fn first_key(
        &mut self,
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        if self.keys.is_some() {
            return Ok(());
        }
        self.keys = Some(OwnKeys::random(rng)?);
        // Alone in the call, the first to come need not wait for a second to be over.
        self.changed = self.roster.iter().next().map(|_| self.now);
        self.owe(|_| true);
        self.install_own(ring)
    }

    /// A new random key, unless one is on its way already.
    pub(super) fn rotate(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        let keys = self.keys.as_ref().ok_or(Error::NoKey)?;
        match keys.deadline() {
            None => self.stage(ring, rng),
            Some(_) => Ok(()),
        }
    }

    /// At 2^24 frames or 24 hours; the members derive the next step themselves. Where somebody left,
    /// a random key is due within a second, and must not come later for this.
    pub(super) fn rotate_if_worn(
        &mut self,
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        if self.left || self.is_staged() || !ring.rotation_due() {
            return Ok(());
        }
        self.advance(ring, rng)
    }

    /// Acts on who joined and who left since the last change of key.
    pub(super) fn settle(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        if self.is_staged() && !self.left {
            // Nothing was sealed with the staged key yet: newcomers may have it.
            self.owe(|delivery| matches!(delivery, Delivery::Waiting));
        }
        match self.settle_due() {
            Some(at) if at <= self.now && self.left => self.stage(ring, rng),
            Some(at) if at <= self.now => self.advance(ring, rng),
            _ => Ok(()),
        }
    }

    /// When [`Session::settle`] will have something to do.
    pub(super) fn settle_due(&self) -> Option<Millis> {
        let waiting = |delivery: &Delivery| matches!(delivery, Delivery::Waiting);
        let change = self.left || self.roster.iter().any(|member| waiting(&member.delivery));
        change.then(|| self.changed.map_or(self.now, |at| at.plus(COALESCE)))
    }

    /// When the staged key is taken into use at the latest.
    pub(super) fn switch_due(&self) -> Option<Millis> {
        self.keys.as_ref().and_then(OwnKeys::deadline)
    }

    /// Seals with the staged key once everybody has it, or its time has come.
    pub(super) fn switch_if_ready(&mut self, ring: &mut Ring) -> Result<(), Error> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let Some(deadline) = keys.deadline() else { return Ok(()) };
        let kid = keys.newest().kid;
        let has_it = |delivery: &Delivery| matches!(delivery, Delivery::Acked(has) if *has == kid);
        if self.now < deadline && !self.roster.iter().all(|member| has_it(&member.delivery)) {
            return Ok(());
        }
        self.switch(ring)
    }

    /// Has the outside encapsulate for those who are to have an envelope, some in each turn.
    pub(super) fn send_owed(&mut self) {
        let now = self.now;
        let owed = self.roster.iter_mut().filter(|member| member.delivery.is_due(now));
        for member in owed.take(ENVELOPES_A_TURN) {
            let Delivery::Owed(retry) = member.delivery else { continue };
            let (ticket, agreement) = (self.outbox.ticket(), member.bundle.agreement());
            let (kem, public) = (agreement.suite().kem(), agreement.outside().to_vec());
            self.outbox.put(Output::Encapsulate { ticket, kem, public });
            member.delivery = Delivery::Encapsulating(ticket, retry);
        }
    }

    /// The outside has encapsulated: the newest key goes into an envelope.
    pub(super) fn encapsulated(
        &mut self,
        ticket: Ticket,
        enc: &[u8],
        shared: &Secret,
        ring: &Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let Some(member) = self.roster.encapsulating(ticket) else {
            return Ok(()); // the member left
        };
        match member.bundle.agreement().encap_with_rng(enc, shared, rng) {
            Ok(encapped) => self.send_envelope(ticket, &encapped, ring, rng),
            Err(Error::UnusableKey) => {
                self.failed(ticket, rng);
                Ok(())
            }
            Err(code) => Err(code),
        }
    }

    fn send_envelope(
        &mut self,
        ticket: Ticket,
        encapped: &Encapped,
        ring: &Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let (call, sender, serial) = (self.call, self.id(), self.serials.next(self.now));
        let Some(member) = self.roster.encapsulating(ticket) else { return Ok(()) };
        let Some(key) = self.keys.as_ref().map(OwnKeys::newest) else { return Ok(()) };
        let (suite, recipient) = (member.bundle.suite(), member.id());
        let header = Header { suite, call, sender, recipient, serial };
        let given = GivenKey { base_key: key.base_key.clone(), next: ring.counters(key.kid.kid()) };
        let sealed = Content { key: given, answers: member.answered.nonce };
        let mut content = Signing::new(envelope::seal(&header, key.kid, &sealed, encapped)?);
        content.go_on(recipient, &mut self.outbox);
        let retry = Backoff::after(self.now, rng);
        member.delivery = Delivery::Sent(Parcel { serial, kid: key.kid, content, retry });
        member.knows_a_key = true;
        Ok(())
    }

    /// Sends envelopes again that were not acknowledged in time.
    pub(super) fn send_again(&mut self, rng: &mut dyn CryptoRng) {
        for member in self.roster.iter_mut() {
            let to = member.id();
            if let Some(parcel) = member.parcel_mut().filter(|p| p.retry.due() <= self.now) {
                parcel.retry.again(self.now, rng);
                parcel.content.go_on(to, &mut self.outbox);
            }
        }
    }

    /// Turns the ratchet, or makes a random key at the end of a generation.
    fn advance(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        if !self.keys.as_mut().is_some_and(OwnKeys::ratchet) {
            return self.stage(ring, rng);
        }
        self.changed = Some(self.now);
        self.owe(|delivery| matches!(delivery, Delivery::Waiting));
        self.install_own(ring)
    }

    /// Makes a random key for all who are here now. One that was staged before has been on its
    /// way for a second at least: it is taken into use, so that whoever left before it was made
    /// does not profit from who leaves now.
    fn stage(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        self.switch(ring)?;
        if let Some(keys) = &mut self.keys {
            keys.stage(self.now, rng)?;
        }
        self.left = false;
        self.changed = Some(self.now);
        self.owe(|_| true);
        Ok(())
    }

    fn switch(&mut self, ring: &mut Ring) -> Result<(), Error> {
        match self.keys.as_mut().is_some_and(OwnKeys::switch) {
            true => self.install_own(ring),
            false => Ok(()),
        }
    }

    fn install_own(&mut self, ring: &mut Ring) -> Result<(), Error> {
        if let Some(key) = self.keys.as_ref().map(OwnKeys::current) {
            ring.install_own(key.kid.kid(), &key.base_key)?;
            self.outbox.put(Output::OwnKeyChanged { kid: key.kid.kid() });
        }
        Ok(())
    }

    fn owe(&mut self, to: impl Fn(&Delivery) -> bool) {
        let owed = |delivery: &Delivery| to(delivery) && !delivery.is_under_way();
        for member in self.roster.iter_mut().filter(|member| owed(&member.delivery)) {
            member.delivery = Delivery::owed(self.now);
        }
    }

    fn is_staged(&self) -> bool {
        self.switch_due().is_some()
    }
}
