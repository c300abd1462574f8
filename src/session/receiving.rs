//! Incoming key messages: addresses, verification, and their effects.

use super::{Output, Session, Ticket};
use crate::Error;
use crate::envelope::{self, Body, DeviceId, Header, Message, Secret};
use crate::key::{Ring, SenderId};
use rand_core::CryptoRng;

/// At most 512 messages of all members wait, besides one of each member. A newcomer among 200
/// members is sent 200 announcements and 200 envelopes at once.
const MAX_WAITING: usize = 512;
/// At most 64 signatures are with the host at a time. It verifies several in parallel, and frames
/// that arrive meanwhile need not wait for more.
const MAX_VERIFYING: usize = 64;

impl Session {
    /// Accepts a message, or refuses it with an output.
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
            Ok(()) => self.verify_if_needed(message, bytes, rng),
            wrong => wrong,
        };
        if let Err(code) = done {
            self.outbox.refuse(from.or(claimed), code);
        }
    }

    /// The host has verified a signature. Results may come in any order.
    pub(super) fn verified(&mut self, ticket: Ticket, genuine: bool, rng: &mut dyn CryptoRng) {
        if let Some(member) = self.roster.verified(ticket, genuine) {
            let id = member.id(); // without a member: it left meanwhile
            self.judge(id, rng);
        }
    }

    /// Handles the verified messages of a member in the order of their arrival.
    pub(super) fn judge(&mut self, id: DeviceId, rng: &mut dyn CryptoRng) {
        let (_, roster, mut turn) = self.split(rng);
        let Some(member) = roster.get_mut(id) else { return };
        while let Some((message, genuine)) = member.inbox_mut().next() {
            match genuine {
                true => member.accept(message, &mut turn),
                false => {
                    turn.outbox.refuse(Some(member.sender().clone()), Error::BadSignature);
                }
            }
        }
    }

    /// The host has decapsulated: the envelope can be opened.
    pub(super) fn decapped(
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

    /// Queues a message for verification, unless it would change nothing.
    fn verify_if_needed(
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
            return Ok(()); // the transport delivered it twice
        }
        // A message that waits may make this one relevant.
        if member.inbox().len() == 0 && !member.needs_verification(&message, &mut turn) {
            return Ok(());
        }
        let room = waiting < MAX_WAITING || member.inbox().len() == 0;
        member.inbox_mut().put(message, bytes, room, turn.now, turn.rng)
    }

    /// Asks the host to verify signatures, one member after the other, as far as the budgets allow.
    pub(super) fn verify(&mut self, rng: &mut dyn CryptoRng) {
        let (_, roster, mut turn) = self.split(rng);
        for _ in roster.verifying()..MAX_VERIFYING {
            if !roster.next_round(|member| member.verify_one(&mut turn)) {
                return;
            }
        }
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
