//! The key exchange: the state machine between the roster, the transport and the device's keys. It
//! decides which devices get our key, and whose keys we accept.
//!
//! After each [`Session::handle`] drain [`Session::poll`]. The host does all operations on P-256
//! and RSA: a task leaves as an output with a ticket, and its result returns as an input, in any
//! order.
//!
//! - **Enter**: a device makes an incarnation with keys of its own, and announces it.
//!   Envelopes are sealed to an incarnation that has shown that it is alive.
//! - **Join**: our ratchet turns one step. The newcomer gets only the new step. All others derive
//!   it, so we seal with it at once.
//! - **Leave**: all who remain get a new random key. We seal with it when all have acknowledged it,
//!   or after two seconds. The removed device may have other members' keys. These open nothing 15
//!   seconds later, unless their owners have stated that it does not have them.
//! - Our key changes at most once a second for joins and leaves, so changes of the roster within a
//!   second take effect together.
//! - Envelopes are repeated until they are acknowledged, announcements until an envelope arrives.

mod announcing;
mod entry;
mod held;
mod inbox;
mod incoming;
mod input;
mod meeting;
mod member;
mod outgoing;
mod output;
mod own;
mod own_keys;
mod questions;
mod receiving;
mod roster;
mod rotation;
mod sending;
mod signing;
mod timing;
mod trust;
mod turn;
mod twins;

pub use entry::Entry;
pub use input::Input;
pub use output::{Output, Ticket};

use crate::envelope::{Bundle, DeviceId, IncarnationId, OwnDevice, Suite};
use crate::key::{Ring, SenderId};
use crate::{Error, Millis};
use alloc::vec::Vec;
use entry::parse_list;
use held::Held;
use member::Member;
use output::Outbox;
use own::Own;
use rand_core::CryptoRng;
use roster::Roster;
use rotation::Rotation;
use turn::Turn;

/// At most 1024 devices are on a roster.
const MAX_MEMBERS: usize = 1024;
/// The announcement to a newcomer waits 400 milliseconds if the newcomer's own has arrived and is
/// being verified: the answer to it is also an announcement.
const NEWCOMER_WAIT: u64 = 400;

/// The key exchange of one device in one call, from its entry on.
#[derive(Debug)]
pub struct Session {
    own: Own,
    weakest: Suite,
    rotation: Rotation,
    roster: Roster,
    held: Held,
    wake: Option<Millis>,
    now: Millis,
    /// The index of the refused entry of the last roster.
    refused_entry: Option<usize>,
    outbox: Outbox,
    closed: bool,
}

/// The state of a member for the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberReport<'a> {
    /// The device.
    pub sender: &'a SenderId,
    /// The suite of everything that is sealed to it.
    pub suite: Suite,
    /// Whether we have the key that it seals with, as far as we know.
    pub keyed: bool,
    /// Whether it has acknowledged our newest key, or a key that it can derive the newest from.
    pub acknowledged: bool,
}

impl Session {
    /// Our device enters its call. Members need the suite `weakest` or a better one. Nothing of an
    /// earlier incarnation is needed, and nothing of this one may be used in another.
    pub fn new(device: OwnDevice, weakest: Suite, now: Millis, rng: &mut dyn CryptoRng) -> Self {
        Self {
            own: Own::new(device, rng),
            weakest,
            rotation: Rotation::default(),
            roster: Roster::default(),
            held: Held::default(),
            wake: None,
            now,
            refused_entry: None,
            outbox: Outbox::default(),
            closed: false,
        }
    }

    /// Handles an input. `now` should come from a clock that does not jump. `ring` must always be
    /// the same one.
    ///
    /// A refused message is not an error of this method but an [`Output::Refused`].
    ///
    /// # Errors
    /// - [`Error::CallClosed`] after [`Input::Close`].
    /// - For [`Input::SetMembers`] the error of the entry that [`Session::refused_entry`] names:
    ///   [`Error::BadBundle`], [`Error::UnsupportedVersion`], [`Error::LegacyDevice`] or
    ///   [`Error::ClassicDevice`]. [`Error::BadArgument`] for too many entries.
    /// - For [`Input::Encapped`] [`Error::BadArgument`] if `enc` does not fit the task.
    /// - For [`Input::Rotate`] [`Error::NoKey`] before the first roster.
    ///
    /// Then nothing is changed. The exception is a roster with a refused entry, see
    /// [`Input::SetMembers`].
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

    /// The index of the entry of the last [`Input::SetMembers`] that was refused.
    pub const fn refused_entry(&self) -> Option<usize> {
        self.refused_entry
    }

    /// The next task for the host.
    pub fn poll(&mut self) -> Option<Output> {
        self.outbox.next()
    }

    /// The name of our own device.
    pub const fn id(&self) -> DeviceId {
        self.own.id()
    }

    /// The id of our incarnation.
    pub const fn incarnation(&self) -> IncarnationId {
        self.own.incarnation()
    }

    /// The members in the order of their arrival.
    pub fn members(&self) -> impl Iterator<Item = MemberReport<'_>> {
        let newest = self.rotation.newest_kid();
        self.roster.iter().map(move |member| MemberReport {
            sender: member.sender(),
            suite: member.bundle().suite(),
            keyed: member.incoming().is_keyed() && !member.is_blocked(self.now),
            acknowledged: newest.is_some_and(|kid| member.outgoing().reaches(kid)),
        })
    }

    fn dispatch(
        &mut self,
        input: Input<'_>,
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        match input {
            Input::Decapped { ticket, shared } => self.decapped(ticket, &shared, ring, rng),
            Input::Close => self.close(ring),
            Input::Encapped { ticket, enc, shared } => {
                self.encapped(ticket, enc, &shared, ring, rng)?;
            }
            Input::Receive { bytes, from } => self.receive(bytes, from, rng),
            Input::Reconnected => self.roster.iter_mut().for_each(|one| one.restart(self.now)),
            Input::Failed { ticket } => self.failed(ticket, rng),
            Input::Rotate => {
                let (rotation, roster, mut turn) = self.split(rng);
                rotation.rotate(roster, ring, &mut turn)?;
            }
            Input::SetMembers(entries) => self.set_members(&entries, ring, rng)?,
            Input::Signed { ticket, signature } => self.signed(ticket, &signature),
            Input::Tick => self.tick(ring, rng),
            Input::Verified { ticket, genuine } => self.verified(ticket, genuine, rng),
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
        let named: Vec<_> = entries.iter().filter_map(Entry::id).collect();
        let gone = self.roster.remove_others(&named);
        // Members may have given their keys to a device whose entry we refused.
        let unnamed = self.own.name(&named);
        let removed = !unnamed.is_empty();
        if removed {
            self.own.questions_mut().remove(&unnamed, self.now, rng);
        }
        let (own, now) = (&self.own, self.now);
        self.roster.iter_mut().for_each(|member| member.roster_changed(removed, own, now));
        for member in gone {
            ring.remove_sender(member.sender());
            self.rotation.lost(member.outgoing().knows_a_key());
        }
        let listed = parse_list(entries, self.own.device().bundle(), self.weakest);
        self.refused_entry = listed.as_ref().err().map(|(at, _)| *at);
        for bundle in listed.map_err(|(_, code)| code)? {
            self.add_member(bundle, ring, rng)?;
        }
        let (rotation, roster, mut turn) = self.split(rng);
        rotation.begin(roster, ring, &mut turn)
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
        let wait = if self.held.has(id) { NEWCOMER_WAIT } else { 0 };
        let (since, announce) = (self.own.questions().drawn(), self.now.plus(wait));
        let removal = self.own.first_removal();
        self.roster.add(Member::new(bundle, sender, in_ring, since, announce, removal, rng));
        if let Some(early) = self.held.take(id) {
            self.receive(&early.bytes, early.from, rng);
        }
        Ok(())
    }

    fn tick(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) {
        ring.tick(self.now);
        self.held.refuse_late(self.now, &mut self.outbox);
        let now = self.now;
        let mut missing = false;
        for member in self.roster.iter_mut() {
            missing |= member.observe(ring.take_activity(member.in_ring()), now);
        }
        if missing {
            // One question for all members: answers on their way to earlier questions must still
            // count.
            self.own.questions_mut().draw(rng);
        }
    }

    fn close(&mut self, ring: &mut Ring) {
        ring.wipe();
        self.own.wipe();
        self.rotation = Rotation::default();
        self.roster.clear();
        self.held.clear();
        self.outbox.clear();
        self.closed = true;
    }

    /// The host could not do a task. It is done again after a while, or when its message arrives
    /// again.
    fn failed(&mut self, ticket: Ticket, rng: &mut dyn CryptoRng) {
        let now = self.now;
        let failed = self.roster.iter_mut().find_map(|member| {
            let (code, of_member) = member.failed(ticket, now, rng)?;
            Some((member.id(), of_member.then(|| member.sender().clone()), code))
        });
        if let Some((id, from, code)) = failed {
            self.outbox.refuse(from, code);
            self.judge(id, rng); // messages may have waited behind one that could not be verified
        }
    }

    /// Does everything that is due.
    fn drive(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        let (rotation, roster, mut turn) = self.split(rng);
        rotation.drive(roster, ring, &mut turn)?;
        for member in roster.iter_mut() {
            let in_ring = member.in_ring();
            if let Some(generations) = member.block(&mut turn) {
                ring.block(in_ring, generations);
            }
        }
        self.verify(rng);
        self.announce(rng);
        self.send(rng);
        Ok(())
    }

    fn announce_wake(&mut self, ticked: bool) {
        let members = self.roster.iter().filter_map(|member| member.due(self.now));
        let wake = members.chain(self.rotation.due(&self.roster, self.now)).min();
        // Repeated after each tick: a host whose timer fired too early must set it again.
        if let Some(at) = wake.filter(|_| ticked || wake != self.wake) {
            self.outbox.put(Output::Wake { at });
        }
        self.wake = wake;
    }

    /// Borrows the parts that a step changes separately.
    fn split<'a>(
        &'a mut self,
        rng: &'a mut dyn CryptoRng,
    ) -> (&'a mut Rotation, &'a mut Roster, Turn<'a>) {
        let Self { rotation, roster, own, outbox, now, .. } = self;
        (rotation, roster, Turn { now: *now, rng, outbox, own })
    }
}
