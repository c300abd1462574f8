//! Key messages that come in: envelopes with keys of others, and acks of our own envelopes.

use super::roster::{Delivery, Opening, Receipt, Signing};
use super::{Output, Session, Ticket};
use crate::Error;
use crate::envelope::{self, Body, Content, Envelope, Header, Message, Secret, Unsigned};
use crate::key::{DeviceKid, GivenKey, Ring, SenderId};

impl Session {
    /// Takes a message, or says why not.
    pub(super) fn receive(&mut self, bytes: &[u8], from: Option<SenderId>) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(code) => return self.outbox.refuse(from, code),
        };
        let claimed = SenderId::try_from(message.header.sender).ok();
        let same = from.is_none() || from == claimed;
        let done = match self.check_addresses(&message.header, same) {
            Ok(()) if self.is_early(&message) => {
                return self.hold(&message, from, bytes);
            }
            Ok(()) => self.consider(&message, bytes),
            wrong => wrong,
        };
        if let Err(code) = done {
            self.outbox.refuse(from.or(claimed), code);
        }
    }

    /// The receiver's half of the encapsulation is done: the envelope can be opened.
    pub(super) fn agreed(&mut self, ticket: Ticket, shared: &Secret, ring: &mut Ring) {
        let Some(opening) = self.roster.take_opening(ticket) else {
            return; // the member left, or a newer envelope came
        };
        let Opening { header, envelope, .. } = &opening;
        match envelope::open(header, envelope, shared, &self.own) {
            Ok(content) if self.is_recent(header, &content) => {
                self.install(opening, content.key, ring);
            }
            // Nothing to report: it may have come back as we did, and not have heard our request yet.
            Ok(_) => {}
            Err(code) => self.outbox.refuse(SenderId::try_from(header.sender).ok(), code),
        }
    }

    /// A duplicate of the envelope that we took last is acknowledged again.
    pub(super) fn envelope_matters(
        &mut self,
        header: &Header,
        digest: &[u8; 32],
    ) -> Result<bool, Error> {
        let member = self.roster.get_mut(header.sender).ok_or(Error::NotAMember)?;
        if let Some(receipt) = member.receipt.as_mut().filter(|r| r.digest == *digest) {
            receipt.ack.go_on(header.sender, &mut self.outbox);
            return Ok(false);
        }
        if member.opening.as_ref().is_some_and(|opening| opening.digest == *digest) {
            return Ok(false);
        }
        let opening = member.opening.as_ref().map(|opening| opening.header.serial);
        let last = self.serials.of(header.sender).max(opening);
        if last >= Some(header.serial) { Err(Error::StaleSerial) } else { Ok(true) }
    }

    /// An ack of an envelope that no longer counts is harmless, whoever sent it.
    pub(super) fn ack_matters(&self, header: &Header, kid: DeviceKid) -> Result<bool, Error> {
        let member = self.roster.get(header.sender).ok_or(Error::NotAMember)?;
        Ok(match &member.delivery {
            Delivery::Sent(parcel) => parcel.serial == header.serial && parcel.kid == kid,
            _ => false,
        })
    }

    pub(super) fn take_envelope(
        &mut self,
        header: &Header,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let member = self.roster.get_mut(header.sender).ok_or(Error::NotAMember)?;
        let (ticket, digest) = (self.outbox.ticket(), envelope::sha256(&[bytes]));
        let (kem, enc) = (header.suite.kem(), envelope.outside().to_vec());
        member.opening =
            Some(Opening { ticket, header: *header, envelope: envelope.clone(), digest });
        self.outbox.put(Output::Agree { ticket, kem, enc });
        Ok(())
    }

    pub(super) fn take_ack(&mut self, header: &Header, kid: DeviceKid) -> Result<(), Error> {
        let member = self.roster.get_mut(header.sender).ok_or(Error::NotAMember)?;
        member.delivery = Delivery::Acked(kid);
        Ok(())
    }

    /// Where we had keys of a member before, and come back without them: whether the envelope was
    /// made since. One that a server kept until now may hold a key with which we have opened frames.
    fn is_recent(&self, header: &Header, content: &Content) -> bool {
        self.roster
            .get(header.sender)
            .is_some_and(|member| !member.returning || member.asking.nonce == content.answers)
    }

    fn install(&mut self, opening: Opening, key: GivenKey, ring: &mut Ring) {
        let Opening { header, envelope, digest, .. } = opening;
        let Some(member) = self.roster.get_mut(header.sender) else { return };
        ring.install_device(&member.sender, envelope.kid, key);
        self.serials.note(header.sender, header.serial);
        (member.keyed, member.returning, member.asking.missing) = (true, false, None);
        self.outbox.put(Output::KeyChanged { sender: member.sender.clone() });
        let mut ack = Signing::new(Unsigned::ack(&header, member.bundle.suite(), envelope.kid));
        ack.go_on(header.sender, &mut self.outbox);
        member.receipt = Some(Receipt { digest, ack });
    }

    fn is_early(&self, message: &Message<'_>) -> bool {
        let sender = message.header.sender;
        let ack = matches!(message.body, Body::Ack { .. });
        !ack && sender != self.id() && self.roster.get(sender).is_none()
    }

    fn check_addresses(&self, header: &Header, same_sender: bool) -> Result<(), Error> {
        if header.call != self.call {
            return Err(Error::WrongCall);
        }
        if header.recipient != self.id() {
            return Err(Error::WrongRecipient);
        }
        if header.suite != self.own.bundle().suite() {
            return Err(Error::WrongSuite);
        }
        if !same_sender {
            return Err(Error::WrongSender);
        }
        Ok(())
    }
}
