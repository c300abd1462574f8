//! Who gets our key, and whose keys we take: the state machine between the roster, the
//! transport and the device's keys.
//!
//! After each [`Session::handle`] drain [`Session::poll`]. All work on P-256 and RSA is done
//! outside: it leaves as an output with a ticket and comes back as an input, in any order.
//!
//! - **Join**: our ratchet turns one step and the newcomer gets the new step only. Everyone else
//!   derives it, so it is sealed with at once.
//! - **Leave**: a new random key goes to all who remain. It is sealed with when all have said that
//!   they have it, or after two seconds.
//! - Changes of the roster within a second of the last one are taken together.
//! - Envelopes are sent again until they are acknowledged; a key that does not come is asked for.

mod asking;
mod early;
mod entry;
mod input;
mod output;
mod own;
mod receiving;
mod roster;
mod sending;
mod serials;
mod timing;
mod verifying;

use alloc::vec::Vec;
pub use entry::Entry;
pub use input::Input;
pub use output::{Output, Ticket};
pub use serials::Serials;

use crate::envelope::{Bundle, CallTag, DeviceId, OwnDevice, SIGNATURE, Suite};
use crate::key::{Ring, SenderId};
use crate::{Error, Millis};
use early::Early;
use entry::parse_list;
use output::Outbox;
use own::OwnKeys;
use rand_core::CryptoRng;
use roster::{Asking, Member, Roster};
use timing::FIRST_REQUEST;

/// More devices than this are not taken into a roster.
const MAX_MEMBERS: usize = 1024;

/// The key exchange of one device in one call.
#[derive(Debug)]
pub struct Session {
    call: CallTag,
    own: OwnDevice,
    weakest: Suite,
    keys: Option<OwnKeys>,
    roster: Roster,
    /// The oldest is the first.
    early: Vec<Early>,
    serials: Serials,
    /// As they were when they were asked for last.
    told: Serials,
    /// Whether somebody left who knows a key that we still seal with or are about to.
    left: bool,
    /// When our key was last changed.
    changed: Option<Millis>,
    wake: Option<Millis>,
    now: Millis,
    /// Which entry of the last roster was refused.
    refused_entry: Option<usize>,
    outbox: Outbox,
    closed: bool,
}

/// A member as applications see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberReport<'a> {
    /// The device.
    pub sender: &'a SenderId,
    /// What is sent to it is sealed with this.
    pub suite: Suite,
    /// Whether we have its key: the one that it seals with, as far as that was heard.
    pub keyed: bool,
    /// Whether it said that it has a key from which it comes to our newest.
    pub acknowledged: bool,
}

impl Session {
    /// A session of our device. `serials` is what [`Session::serials`] gave when the device was
    /// last in this call, if it was; members need the suite `weakest` or a better one.
    pub fn new(
        call_id: &str,
        own: OwnDevice,
        serials: Serials,
        weakest: Suite,
        now: Millis,
    ) -> Self {
        Self {
            call: CallTag::of(call_id),
            own,
            weakest,
            keys: None,
            roster: Roster::default(),
            early: Vec::new(),
            told: serials.clone(),
            serials,
            left: false,
            changed: None,
            wake: None,
            now,
            refused_entry: None,
            outbox: Outbox::default(),
            closed: false,
        }
    }

    /// Takes an input. `now` should come from a clock that does not jump; `ring` is always the
    /// same one.
    ///
    /// A message that is refused is no error of this call but an [`Output::Refused`].
    ///
    /// # Errors
    /// [`Error::CallClosed`]; of [`Input::SetMembers`] that of the entry which
    /// [`Session::refused_entry`] names ([`Error::BadBundle`], [`Error::UnsupportedVersion`],
    /// [`Error::LegacyDevice`], [`Error::ClassicDevice`]), or [`Error::BadArgument`] for too many; of
    /// [`Input::Encapsulated`] [`Error::BadArgument`] for an `enc` that does not fit the question; of
    /// [`Input::Rotate`] [`Error::NoKey`] before the first roster. Nothing has changed then, but for a
    /// roster of which an entry was refused: see [`Input::SetMembers`].
    pub fn handle(
        &mut self,
        input: Input<'_>,
        now: Millis,
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        if self.closed {
            return Err(Error::CallClosed);
        }
        self.now = self.now.max(now);
        let ticked = matches!(input, Input::Tick);
        let done = self.dispatch(input, ring, rng);
        if !self.closed {
            self.drive(ring, rng)?;
            self.announce_wake(ticked);
        }
        done
    }

    /// Which entry of the last [`Input::SetMembers`] was refused, if one was.
    pub const fn refused_entry(&self) -> Option<usize> {
        self.refused_entry
    }

    /// The next thing to do outside.
    pub fn poll(&mut self) -> Option<Output> {
        self.outbox.next()
    }

    /// What to store, so that envelopes from before a reload are refused after it.
    pub const fn serials(&self) -> &Serials {
        &self.serials
    }

    /// The same, if they have changed since this was asked last.
    pub fn changed_serials(&mut self) -> Option<&Serials> {
        if self.told == self.serials {
            return None;
        }
        self.told = self.serials.clone();
        Some(&self.serials)
    }

    /// The name of our own device.
    pub const fn id(&self) -> DeviceId {
        self.own.bundle().id()
    }

    /// The members, in the order in which they came.
    pub fn members(&self) -> impl Iterator<Item = MemberReport<'_>> {
        let newest = self.keys.as_ref().map(|keys| keys.newest().kid);
        self.roster.iter().map(move |member| MemberReport {
            sender: &member.sender,
            suite: member.bundle.suite(),
            keyed: member.keyed,
            acknowledged: newest.is_some_and(|kid| member.delivery.reaches(kid)),
        })
    }

    fn dispatch(
        &mut self,
        input: Input<'_>,
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        match input {
            Input::Agreed { ticket, shared } => self.agreed(ticket, &shared, ring),
            Input::Close => self.close(ring),
            Input::Encapsulated { ticket, enc, shared } => {
                self.encapsulated(ticket, enc, &shared, ring, rng)?;
            }
            Input::Receive { bytes, from } => self.receive(bytes, from),
            Input::Refused { ticket } => self.failed(ticket, rng),
            Input::Rotate => self.rotate(ring, rng)?,
            Input::SetMembers(entries) => self.set_members(&entries, ring, rng)?,
            Input::Signed { ticket, signature } => self.signed(ticket, &signature),
            Input::Tick => self.tick(ring),
            Input::Verified { ticket, genuine } => self.verified(ticket, genuine),
        }
        Ok(())
    }

    fn set_members(
        &mut self,
        entries: &[Entry],
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        self.refused_entry = None;
        if entries.len() > MAX_MEMBERS {
            return Err(Error::BadArgument);
        }
        let stay: Vec<_> = entries.iter().filter_map(Entry::id).collect();
        for member in self.roster.remove_others(&stay) {
            ring.remove_sender(&member.sender);
            self.left |= member.knows_a_key;
        }
        let listed = parse_list(entries, self.own.bundle(), self.weakest);
        self.refused_entry = listed.as_ref().err().map(|(at, _)| *at);
        for bundle in listed.map_err(|(_, code)| code)? {
            self.add_member(bundle, ring, rng)?;
        }
        self.receive_early();
        self.first_key(ring, rng)
    }

    fn add_member(
        &mut self,
        bundle: Bundle,
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let id = bundle.id();
        if self.roster.get(id).is_some() {
            return Ok(());
        }
        let sender = SenderId::try_from(id)?;
        let in_ring = ring.intern(&sender);
        let returning = self.serials.of(id).is_some();
        // If it is we who come back, nobody will notice.
        let wait = if returning { 0 } else { FIRST_REQUEST };
        let asking = Asking::from(self.now.plus(wait), rng);
        self.roster.add(Member::new(sender, bundle, in_ring, returning, asking));
        Ok(())
    }

    fn tick(&mut self, ring: &mut Ring) {
        ring.tick(self.now);
        self.give_up_late();
        for member in self.roster.iter_mut() {
            member.hear(ring.take_heard(member.in_ring), self.now);
        }
    }

    fn close(&mut self, ring: &mut Ring) {
        ring.wipe();
        self.own.wipe();
        self.keys = None;
        self.roster.clear();
        self.early.clear();
        self.outbox.clear();
        self.closed = true;
    }

    fn signed(&mut self, ticket: Ticket, signature: &[u8; SIGNATURE]) {
        for member in self.roster.iter_mut() {
            if let Some(bytes) = member.signed(ticket, signature) {
                self.outbox.put(Output::Send { to: member.id(), bytes });
                return;
            }
        }
    }

    /// What could not be done is done again when its message comes again, or after a while.
    fn failed(&mut self, ticket: Ticket, rng: &mut dyn CryptoRng) {
        for member in self.roster.iter_mut() {
            if let Some((code, of_member)) = member.failed(ticket, self.now, rng) {
                let from = of_member.then(|| member.sender.clone());
                return self.outbox.refuse(from, code);
            }
        }
    }

    /// All that is due by now.
    fn drive(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        self.rotate_if_worn(ring, rng)?;
        self.switch_if_ready(ring)?;
        self.settle(ring, rng)?;
        self.switch_if_ready(ring)?;
        self.send_owed();
        self.send_again(rng);
        self.ask(rng);
        Ok(())
    }

    fn announce_wake(&mut self, ticked: bool) {
        let members = self.roster.iter().filter_map(|member| member.due());
        let wake = members.chain(self.switch_due()).chain(self.settle_due()).min();
        // After a tick it is said again: a timer that went off too early must be set once more.
        if let Some(at) = wake.filter(|_| ticked || wake != self.wake) {
            self.outbox.put(Output::Wake { at });
        }
        self.wake = wake;
    }
}
