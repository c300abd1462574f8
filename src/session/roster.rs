//! The members of a call, and what is under way between each of them and us.

use super::output::Outbox;
use super::timing::Backoff;
use super::verifying::Pending;
use super::{Output, Ticket};
use crate::envelope::{Bundle, DeviceId, Envelope, Header, NONCE, SIGNATURE, Unsigned};
use crate::key::{DeviceKid, SenderId, SenderIndex};
use crate::{Error, Millis};
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// The devices that may have our key, and whose keys we take.
#[derive(Debug, Default)]
pub(super) struct Roster {
    members: Vec<Member>,
}

/// One device. All that waits for it or for its answers is in here, so that memory is bounded
/// and goes with the member.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) bundle: Bundle,
    pub(super) sender: SenderId,
    pub(super) in_ring: SenderIndex,
    pub(super) delivery: Delivery,
    /// Whether an envelope was ever made for it in this membership.
    pub(super) knows_a_key: bool,
    /// Whether it has sent us a key.
    pub(super) keyed: bool,
    /// Whether it had sent us one before this membership, and none since.
    pub(super) returning: bool,
    pub(super) asking: Asking,
    pub(super) answered: Answered,
    pub(super) pending: Vec<Pending>,
    pub(super) opening: Option<Opening>,
    pub(super) receipt: Option<Receipt>,
}

/// How far our newest key has come on its way to a member.
#[derive(Debug)]
pub(super) enum Delivery {
    /// The member is new: it gets no key that was sealed with before it came.
    Waiting,
    /// It is to get the newest key, in an envelope still to be made: now, or later if its public
    /// key was refused outside.
    Owed(Backoff),
    /// The outside is encapsulating for it. Whatever key is the newest when that is done goes
    /// into the envelope.
    Encapsulating(Ticket, Backoff),
    /// There is an envelope, and no ack yet.
    Sent(Parcel),
    /// It said that it has this key.
    Acked(DeviceKid),
}

/// An envelope on its way.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) serial: u64,
    pub(super) kid: DeviceKid,
    pub(super) content: Signing,
    pub(super) retry: Backoff,
}

/// A message before and after its signature.
#[derive(Debug)]
pub(super) enum Signing {
    /// Not signed yet; the ticket is out, unless the device's key failed.
    Unsigned(Unsigned, Option<Ticket>),
    /// Ready to be sent, more than once if need be.
    Signed(Vec<u8>),
}

/// Our requests for a member's key.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) retry: Backoff,
    pub(super) request: Option<Signing>,
    /// Since when all that comes of it is sealed with a key that we lack.
    pub(super) missing: Option<Millis>,
    /// The same in all requests of one membership.
    pub(super) nonce: [u8; NONCE],
}

/// Our answers to a member's requests.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// The highest serial of a request.
    pub(super) serial: u64,
    pub(super) at: Option<Millis>,
    /// That of the newest.
    pub(super) nonce: [u8; NONCE],
}

/// An envelope of a member that waits for our device's key.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) ticket: Ticket,
    pub(super) header: Header,
    pub(super) envelope: Envelope,
    pub(super) digest: [u8; 32],
}

/// The last envelope that we took from a member, and our ack.
#[derive(Debug)]
pub(super) struct Receipt {
    pub(super) digest: [u8; 32],
    pub(super) ack: Signing,
}

impl Roster {
    /// Takes out all members but those of `ids`.
    pub(super) fn remove_others(&mut self, ids: &[DeviceId]) -> Vec<Member> {
        self.members.extract_if(.., |member| !ids.contains(&member.id())).collect()
    }

    /// Adds a device that is not on the roster yet.
    pub(super) fn add(&mut self, newcomer: Member) {
        self.members.push(newcomer);
    }

    /// Takes out the envelope that waits for this ticket.
    pub(super) fn take_opening(&mut self, ticket: Ticket) -> Option<Opening> {
        let waits = |opening: &mut Opening| opening.ticket == ticket;
        self.members.iter_mut().find_map(|member| member.opening.take_if(waits))
    }

    /// Takes out the message that waits for this ticket, with its sender.
    pub(super) fn take_pending(&mut self, ticket: Ticket) -> Option<(SenderId, Pending)> {
        self.members.iter_mut().find_map(|member| {
            let at = member.pending.iter().position(|pending| pending.ticket == ticket)?;
            Some((member.sender.clone(), member.pending.remove(at)))
        })
    }

    /// The member that is being encapsulated for under this ticket.
    pub(super) fn encapsulating(&mut self, ticket: Ticket) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.delivery.waits_for(ticket))
    }

    /// Forgets everyone.
    pub(super) fn clear(&mut self) {
        self.members.clear();
    }

    /// A member by its id.
    pub(super) fn get_mut(&mut self, id: DeviceId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id() == id)
    }

    /// All members.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.members.iter_mut()
    }

    /// A member by its id.
    pub(super) fn get(&self, id: DeviceId) -> Option<&Member> {
        self.members.iter().find(|member| member.id() == id)
    }

    /// All members.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }
}

impl Member {
    /// One that just came.
    /// `returning`: whether it had sent us a key before.
    pub(super) fn new(
        sender: SenderId,
        bundle: Bundle,
        in_ring: SenderIndex,
        returning: bool,
        asking: Asking,
    ) -> Self {
        Self {
            bundle,
            sender,
            in_ring,
            delivery: Delivery::Waiting,
            knows_a_key: false,
            keyed: false,
            returning,
            asking,
            answered: Answered::default(),
            pending: Vec::new(),
            opening: None,
            receipt: None,
        }
    }

    /// The device's name.
    pub(super) const fn id(&self) -> DeviceId {
        self.bundle.id()
    }

    /// Finishes the message that the ticket belongs to.
    pub(super) fn signed(
        &mut self,
        ticket: Ticket,
        signature: &[u8; SIGNATURE],
    ) -> Option<Vec<u8>> {
        self.signings().find_map(|signing| signing.finish(ticket, signature))
    }

    /// Notes that what the ticket asked for could not be done. If the ticket was of this member:
    /// what the application is told, and whether this member may be the reason.
    pub(super) fn failed(
        &mut self,
        ticket: Ticket,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Option<(Error, bool)> {
        let pending = self.pending.extract_if(.., |pending| pending.ticket == ticket);
        if pending.count() > 0 || self.delivery.put_off(ticket, now, rng) {
            return Some((Error::UnusableKey, true));
        }
        if self.opening.take_if(|opening| opening.ticket == ticket).is_some() {
            return Some((Error::DeviceKeyFailed, true));
        }
        let signing = self.signings().any(|signing| signing.fail(ticket));
        signing.then_some((Error::DeviceKeyFailed, false))
    }

    /// When something is to be done for it next.
    pub(super) fn due(&self) -> Option<Millis> {
        let delivery = match &self.delivery {
            Delivery::Owed(from) => Some(from.due()),
            Delivery::Sent(parcel) => Some(parcel.retry.due()),
            Delivery::Waiting | Delivery::Encapsulating(..) | Delivery::Acked(_) => None,
        };
        let asking = (!self.keyed).then(|| self.asking.retry.due());
        delivery.into_iter().chain(asking).min()
    }

    fn signings(&mut self) -> impl Iterator<Item = &mut Signing> {
        let parcel = match &mut self.delivery {
            Delivery::Sent(parcel) => Some(&mut parcel.content),
            _ => None,
        };
        let ack = self.receipt.as_mut().map(|receipt| &mut receipt.ack);
        parcel.into_iter().chain(ack).chain(&mut self.asking.request)
    }

    /// The parcel on its way, if there is one.
    pub(super) const fn parcel_mut(&mut self) -> Option<&mut Parcel> {
        match &mut self.delivery {
            Delivery::Sent(parcel) => Some(parcel),
            _ => None,
        }
    }
}

impl Delivery {
    /// To be made at once.
    pub(super) const fn owed(now: Millis) -> Self {
        Self::Owed(Backoff::starting(now))
    }

    /// Whether it may and shall be made now.
    pub(super) fn is_due(&self, now: Millis) -> bool {
        matches!(self, Self::Owed(from) if from.due() <= now)
    }

    /// Whether an envelope was made.
    pub(super) const fn is_sent(&self) -> bool {
        matches!(self, Self::Sent(_) | Self::Acked(_))
    }

    /// Whether an envelope is to be made already.
    pub(super) const fn is_under_way(&self) -> bool {
        matches!(self, Self::Owed(_) | Self::Encapsulating(..))
    }

    /// Whether the member comes from the key that it has to this one.
    pub(super) fn reaches(&self, newest: DeviceKid) -> bool {
        matches!(self, Self::Acked(kid) if newest.steps_after(*kid).is_some())
    }

    fn waits_for(&self, of: Ticket) -> bool {
        matches!(self, Self::Encapsulating(ticket, _) if *ticket == of)
    }

    /// After an encapsulation that failed; whether the ticket was its.
    pub(super) fn put_off(&mut self, of: Ticket, now: Millis, rng: &mut dyn CryptoRng) -> bool {
        let Self::Encapsulating(ticket, mut retry) = *self else { return false };
        if ticket == of {
            retry.again(now, rng);
            *self = Self::Owed(retry);
        }
        ticket == of
    }
}

impl Signing {
    /// A message that nothing was done for yet.
    pub(super) const fn new(message: Unsigned) -> Self {
        Self::Unsigned(message, None)
    }

    /// Sends what is signed, and has signed what is not; nothing while that is under way.
    pub(super) fn go_on(&mut self, to: DeviceId, outbox: &mut Outbox) {
        match self {
            Self::Signed(bytes) => outbox.put(Output::Send { to, bytes: bytes.clone() }),
            Self::Unsigned(_, Some(_)) => {}
            Self::Unsigned(message, out) => {
                let ticket = *out.insert(outbox.ticket());
                outbox.put(Output::Sign { ticket, bytes: message.to_sign() });
            }
        }
    }

    fn finish(&mut self, ticket: Ticket, signature: &[u8; SIGNATURE]) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Unsigned(message, Some(out)) if *out == ticket => message.signed(signature),
            _ => return None,
        };
        *self = Self::Signed(bytes.clone());
        Some(bytes)
    }

    fn fail(&mut self, ticket: Ticket) -> bool {
        match self {
            Self::Unsigned(_, out) => out.take_if(|out| *out == ticket).is_some(),
            Self::Signed(_) => false,
        }
    }
}
