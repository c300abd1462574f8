//! Key messages that come in: envelopes with keys of others, and acks of our own envelopes.

use super::roster::{Delivery, Opening, Receipt, Signing};
use super::{Output, Session, Ticket};
use crate::Error;
use crate::envelope::{self, Body, Envelope, Header, Message, Secret, Unsigned};
use crate::key::{DeviceKid, Ring, SenderId};
use crate::sframe::BaseKey;

impl Session {
    /// Takes a message, or says why not.
    pub(super) fn receive(&mut self, bytes: &[u8], from: Option<SenderId>) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(code) => return self.outbox.refuse(from, code),
        };
        let claimed = SenderId::try_from(message.header.sender).ok();
        let same = from.is_none() || from == claimed;
        let done = self.check_addresses(&message.header, same).and_then(|()| match &message.body {
            Body::Envelope(envelope) => self.take_envelope(&message, envelope, bytes),
            Body::Ack { kid } => self.take_ack(&message, *kid),
            Body::Request { .. } => self.take_request(&message),
        });
        if let Err(code) = done {
            self.outbox.refuse(from.or(claimed), code);
        }
    }

    /// The receiver's half of the Diffie-Hellman step is done: the envelope can be opened.
    pub(super) fn agreed(&mut self, ticket: Ticket, shared: &Secret, ring: &mut Ring) {
        let Some(opening) = self.roster.take_opening(ticket) else {
            return; // the member left, or a newer envelope came
        };
        let Opening { header, envelope, .. } = &opening;
        match envelope::open(header, envelope, shared, self.own.agreement()) {
            Ok(base_key) => self.install(opening, base_key, ring),
            Err(code) => self.outbox.refuse(SenderId::try_from(header.sender).ok(), code),
        }
    }

    fn install(&mut self, opening: Opening, base_key: BaseKey, ring: &mut Ring) {
        let Opening { header, envelope, digest, .. } = opening;
        let Some(member) = self.roster.get_mut(header.sender) else { return };
        ring.install_device(&member.sender, envelope.kid, base_key);
        self.serials.note(header.sender, header.serial);
        member.keyed = true;
        self.outbox.put(Output::KeyChanged { sender: member.sender.clone() });
        let mut ack = Signing::new(Unsigned::ack(&header, envelope.kid));
        ack.go_on(header.sender, &mut self.outbox);
        member.receipt = Some(Receipt { digest, ack });
    }

    fn check_addresses(&self, header: &Header, same_sender: bool) -> Result<(), Error> {
        if header.call != self.call {
            return Err(Error::WrongCall);
        }
        if header.recipient != self.id() {
            return Err(Error::WrongRecipient);
        }
        if !same_sender {
            return Err(Error::WrongSender);
        }
        Ok(())
    }

    fn take_envelope(
        &mut self,
        message: &Message<'_>,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let header = message.header;
        let member = self.roster.get_mut(header.sender).ok_or(Error::NotAMember)?;
        let digest = envelope::sha256(&[bytes]);
        if let Some(receipt) = member.receipt.as_mut().filter(|r| r.digest == digest) {
            receipt.ack.go_on(header.sender, &mut self.outbox);
            return Ok(());
        }
        message.verify(member.bundle.signing())?;
        let opening = member.opening.as_ref().map(|opening| opening.header.serial);
        if self.serials.of(header.sender).max(opening) >= Some(header.serial) {
            let waits = member.opening.as_ref().is_some_and(|opening| opening.digest == digest);
            return if waits { Ok(()) } else { Err(Error::StaleSerial) };
        }
        let (ticket, envelope) = (self.outbox.ticket(), envelope.clone());
        let public = *envelope.enc.as_bytes();
        member.opening = Some(Opening { ticket, header, envelope, digest });
        self.outbox.put(Output::Agree { ticket, public });
        Ok(())
    }

    fn take_ack(&mut self, message: &Message<'_>, kid: DeviceKid) -> Result<(), Error> {
        let header = &message.header;
        let member = self.roster.get_mut(header.sender).ok_or(Error::NotAMember)?;
        match &member.delivery {
            Delivery::Sent(parcel) if parcel.serial == header.serial && parcel.kid == kid => {
                message.verify(member.bundle.signing())?;
                member.delivery = Delivery::Acked(kid);
                Ok(())
            }
            _ => Ok(()), // of an envelope that no longer counts: harmless, whoever sent it
        }
    }
}
