//! Key messages that come in: to whom they are, who judges them, and what comes of it.

use super::inbox;
use super::{Output, Session, Ticket};
use crate::Error;
use crate::envelope::{self, Body, DeviceId, Header, Message, Secret};
use crate::key::{Ring, SenderId};
use rand_core::CryptoRng;

/// How many messages of all members wait to be verified at a time. A newcomer among 200 is sent 200
/// announcements and 200 envelopes at once.
const WAITING: usize = 512;

impl Session {
    /// Takes a message, or says why not.
    pub(super) fn receive(
        &mut self,
        bytes: &[u8],
        from: Option<SenderId>,
        rng: &mut dyn CryptoRng,
    ) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(code) => return self.outbox.refuse(from, code),
        };
        let claimed = SenderId::try_from(message.header.sender).ok();
        let same = from.is_none() || from == claimed;
        let done = match self.check_addresses(&message, same) {
            Ok(()) if self.is_early(&message) => {
                let (sender, now) = (message.header.sender, self.now);
                return self.held.hold(sender, from, bytes, now, &mut self.outbox);
            }
            Ok(()) => self.consider(message, bytes, rng),
            wrong => wrong,
        };
        if let Err(code) = done {
            self.outbox.refuse(from.or(claimed), code);
        }
    }

    /// The outside has verified a signature. The answers may come in any order.
    pub(super) fn verified(&mut self, ticket: Ticket, genuine: bool, rng: &mut dyn CryptoRng) {
        if let Some(member) = self.roster.verified(ticket, genuine) {
            let id = member.id(); // otherwise the member left
            self.judge(id, rng);
        }
    }

    /// Judges messages of a member that were verified, in the order in which they came.
    pub(super) fn judge(&mut self, id: DeviceId, rng: &mut dyn CryptoRng) {
        let (_, roster, mut turn) = self.split(rng);
        let Some(member) = roster.get_mut(id) else { return };
        while let Some((message, genuine)) = member.inbox_mut().next() {
            match genuine {
                true => member.take(message, &mut turn),
                false => {
                    turn.outbox.refuse(Some(member.sender().clone()), Error::BadSignature);
                }
            }
        }
    }

    /// The receiver's half of the encapsulation is done: the envelope can be opened.
    pub(super) fn agreed(
        &mut self,
        ticket: Ticket,
        shared: &Secret,
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) {
        let Some(opening) = self.roster.take_opening(ticket) else {
            return; // the member left, or a newer envelope came
        };
        let sender = opening.header.sender;
        let opened = envelope::open(&opening.header, &opening.envelope, shared, self.own.device());
        let (_, roster, mut turn) = self.split(rng);
        let Some(member) = roster.get_mut(sender) else { return };
        match opened {
            Ok(key) => {
                ring.install_device(member.sender(), opening.envelope.statement.kid, key);
                turn.outbox.put(Output::KeyChanged { sender: member.sender().clone() });
                member.keyed(&opening, &mut turn);
            }
            Err(code) => turn.outbox.refuse(Some(member.sender().clone()), code),
        }
    }

    /// Has a message's signature verified, unless the message would change nothing.
    fn consider(
        &mut self,
        message: Message,
        bytes: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let waiting = self.roster.waiting();
        let (_, roster, mut turn) = self.split(rng);
        let member = roster.get_mut(message.header.sender).ok_or(Error::NotAMember)?;
        let announces = matches!(message.body, Body::Announcement(_));
        if announces && message.header.suite != member.bundle().suite() {
            return Err(Error::WrongSuite);
        }
        if member.inbox().has(bytes) {
            return Ok(()); // the transport said it twice
        }
        // What waits may make it matter.
        if member.inbox().len() == 0 && !member.matters(&message, &mut turn) {
            return Ok(());
        }
        if waiting >= WAITING || member.inbox().len() >= inbox::MOST {
            return Err(Error::TooManyMessages);
        }
        let ticket = turn.outbox.ticket();
        let (public, signature) = (*member.bundle().signing(), *message.signature());
        let to_verify = message.to_verify().to_vec();
        turn.outbox.put(Output::Verify { ticket, public, signature, bytes: to_verify });
        member.inbox_mut().put(ticket, message, bytes);
        Ok(())
    }

    fn is_early(&self, message: &Message) -> bool {
        let sender = message.header.sender;
        let announces = matches!(message.body, Body::Announcement(_));
        announces && sender != self.id() && self.roster.get(sender).is_none()
    }

    fn check_addresses(&self, message: &Message, same_sender: bool) -> Result<(), Error> {
        let Header { call, recipient, suite, .. } = &message.header;
        if call != self.own.device().call() {
            return Err(Error::WrongCall);
        }
        if *recipient != self.id() {
            return Err(Error::WrongRecipient);
        }
        let announces = matches!(message.body, Body::Announcement(_));
        if !announces && *suite != self.own.device().bundle().suite() {
            return Err(Error::WrongSuite);
        }
        if !same_sender {
            return Err(Error::WrongSender);
        }
        Ok(())
    }
}
