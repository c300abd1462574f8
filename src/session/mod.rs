//! Who gets our key, and whose keys we take: the state machine between the roster, the
//! transport and the device's keys.
//!
//! After each [`Session::handle`] drain [`Session::poll`]. All work on P-256 and RSA is done
//! outside: it leaves as an output with a ticket and comes back as an input, in any order.
//!
//! - **Enter**: a device makes keys for this stay in the call, its incarnation, and announces them.
//!   Envelopes are sealed to an incarnation, once it has shown that it is alive.
//! - **Join**: our ratchet turns one step and the newcomer gets the new step only. Everyone else
//!   derives it, so it is sealed with at once.
//! - **Leave**: a new random key goes to all who remain. It is sealed with when all have said that
//!   they have it, or after two seconds.
//! - Changes of the roster within a second of the last one are taken together.
//! - Envelopes are sent again until they are acknowledged; announcements until an envelope comes.

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
mod receiving;
mod roster;
mod rotation;
mod sending;
mod signing;
mod timing;
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

/// More devices than this are not taken into a roster.
const MAX_MEMBERS: usize = 1024;
/// How long the announcement to a newcomer waits, in milliseconds, if the newcomer's own has come
/// already and is being verified: the answer to it is an announcement, too.
const HELD: u64 = 400;

/// The key exchange of one device in one call, from when it enters.
#[derive(Debug)]
pub struct Session {
    own: Own,
    weakest: Suite,
    rotation: Rotation,
    roster: Roster,
    held: Held,
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
    /// Our device enters its call; members need the suite `weakest` or a better one. Nothing of an
    /// earlier stay is needed, and nothing of this one may be used in another.
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

    /// Takes an input. `now` should come from a clock that does not jump; `ring` is always the
    /// same one.
    ///
    /// A message that is refused is no error of this call but an [`Output::Refused`].
    ///
    /// # Errors
    /// [`Error::CallClosed`]; of [`Input::SetMembers`] that of the entry which
    /// [`Session::refused_entry`] names ([`Error::BadBundle`], [`Error::UnsupportedVersion`],
    /// [`Error::LegacyDevice`], [`Error::ClassicDevice`]), or [`Error::BadArgument`] for too many;
    /// of [`Input::Encapsulated`] [`Error::BadArgument`] for an `enc` that does not fit the
    /// question; of [`Input::Rotate`] [`Error::NoKey`] before the first roster. Nothing has changed
    /// then, but for a roster of which an entry was refused: see [`Input::SetMembers`].
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

    /// The name of our own device.
    pub const fn id(&self) -> DeviceId {
        self.own.id()
    }

    /// The name of this stay.
    pub const fn incarnation(&self) -> IncarnationId {
        self.own.incarnation()
    }

    /// The members, in the order in which they came.
    pub fn members(&self) -> impl Iterator<Item = MemberReport<'_>> {
        let newest = self.rotation.newest_kid();
        self.roster.iter().map(move |member| MemberReport {
            sender: member.sender(),
            suite: member.bundle().suite(),
            keyed: member.incoming().is_keyed(),
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
            Input::Agreed { ticket, shared } => self.agreed(ticket, &shared, ring, rng),
            Input::Close => self.close(ring),
            Input::Encapsulated { ticket, enc, shared } => {
                self.encapsulated(ticket, enc, &shared, ring, rng)?;
            }
            Input::Receive { bytes, from } => self.receive(bytes, from, rng),
            Input::Reconnected => self.roster.iter_mut().for_each(|one| one.restart(self.now)),
            Input::Refused { ticket } => self.failed(ticket, rng),
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
        self.own.name(&named);
        if !gone.is_empty() {
            self.own.draw_question(rng);
        }
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
        let wait = if self.held.has(id) { HELD } else { 0 };
        let (since, announce) = (self.own.questions(), self.now.plus(wait));
        self.roster.add(Member::new(bundle, sender, in_ring, since, announce, rng));
        if let Some(early) = self.held.take(id) {
            self.receive(&early.bytes, early.from, rng);
        }
        Ok(())
    }

    fn tick(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) {
        ring.tick(self.now);
        self.held.give_up_late(self.now, &mut self.outbox);
        let (_, roster, mut turn) = self.split(rng);
        for member in roster.iter_mut() {
            member.hear(ring.take_heard(member.in_ring()), &mut turn);
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

    /// What could not be done is done again when its message comes again, or after a while.
    fn failed(&mut self, ticket: Ticket, rng: &mut dyn CryptoRng) {
        let now = self.now;
        let failed = self.roster.iter_mut().find_map(|member| {
            let (code, of_member) = member.failed(ticket, now, rng)?;
            Some((member.id(), of_member.then(|| member.sender().clone()), code))
        });
        if let Some((id, from, code)) = failed {
            self.outbox.refuse(from, code);
            self.judge(id, rng); // what waited behind a message that could not be verified
        }
    }

    /// All that is due by now.
    fn drive(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        let (rotation, roster, mut turn) = self.split(rng);
        rotation.drive(roster, ring, &mut turn)?;
        self.announce(rng);
        self.send(rng);
        Ok(())
    }

    fn announce_wake(&mut self, ticked: bool) {
        let members = self.roster.iter().filter_map(|member| member.due(self.now));
        let wake = members.chain(self.rotation.due(&self.roster, self.now)).min();
        // After a tick it is said again: a timer that went off too early must be set once more.
        if let Some(at) = wake.filter(|_| ticked || wake != self.wake) {
            self.outbox.put(Output::Wake { at });
        }
        self.wake = wake;
    }

    /// What a step changes, and what it is handed.
    fn split<'a>(
        &'a mut self,
        rng: &'a mut dyn CryptoRng,
    ) -> (&'a mut Rotation, &'a mut Roster, Turn<'a>) {
        let Self { rotation, roster, own, outbox, now, .. } = self;
        (rotation, roster, Turn { now: *now, rng, outbox, own })
    }
}
