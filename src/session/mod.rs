//! Who gets our key, and whose keys we take: the state machine between the roster, the
//! transport and the device's keys.
//!
//! After each [`Session::handle`] drain [`Session::poll`]. The device's private keys stay
//! outside: what they have to do leaves as an output with a ticket and comes back as an input.
//!
//! - **Join**: our ratchet turns one step and the newcomer gets the new step only. Everyone else
//!   derives it, so it is sealed with at once.
//! - **Leave**: a new random key goes to all who remain. It is sealed with when all have said that
//!   they have it, or after two seconds.
//! - Changes of the roster within a second of the last one are taken together.
//! - Envelopes are sent again until they are acknowledged; a key that does not come is asked for.

mod asking;
mod input;
mod output;
mod own;
mod receiving;
mod roster;
mod sending;
mod serials;
mod timing;

use alloc::vec::Vec;
pub use input::Input;
pub use output::{Output, Ticket};
pub use serials::Serials;

use crate::envelope::{Bundle, CallTag, DeviceId, SIGNATURE};
use crate::key::Ring;
use crate::{Error, Millis};
use output::Outbox;
use own::OwnKeys;
use rand_core::CryptoRng;
use roster::Roster;

/// The key exchange of one device in one call.
#[derive(Debug)]
pub struct Session {
    call: CallTag,
    own: Bundle,
    keys: Option<OwnKeys>,
    roster: Roster,
    serials: Serials,
    /// Whether somebody left who knows a key that we still seal with or are about to.
    left: bool,
    /// When our key was last changed.
    changed: Option<Millis>,
    outbox: Outbox,
    wake: Option<Millis>,
    now: Millis,
    closed: bool,
}

impl Session {
    /// A session of the device with this bundle. `serials` is what [`Session::serials`] gave when
    /// the device was last in this call, if it was.
    ///
    /// # Errors
    /// [`Error::BadBundle`], [`Error::UnsupportedVersion`].
    pub fn new(call_id: &str, bundle: &[u8], serials: Serials, now: Millis) -> Result<Self, Error> {
        Ok(Self {
            call: CallTag::of(call_id),
            own: Bundle::parse(bundle)?,
            keys: None,
            roster: Roster::default(),
            serials,
            left: false,
            changed: None,
            outbox: Outbox::default(),
            wake: None,
            now,
            closed: false,
        })
    }

    /// Takes an input. `now` should come from a clock that does not jump; `ring` is always the
    /// same one.
    ///
    /// A message that is refused is no error of this call but an [`Output::Refused`].
    ///
    /// # Errors
    /// [`Error::CallClosed`]; of [`Input::SetMembers`] also [`Error::BadBundle`],
    /// [`Error::UnsupportedVersion`] and [`Error::BadArgument`]; of [`Input::Rotate`]
    /// [`Error::NoKey`] before the first roster. Nothing has changed then.
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
        self.dispatch(input, ring, rng)?;
        if !self.closed {
            self.drive(ring, rng)?;
            self.announce_wake(ticked);
        }
        Ok(())
    }

    /// The next thing to do outside.
    pub fn poll(&mut self) -> Option<Output> {
        self.outbox.next()
    }

    /// What to store, so that envelopes from before a reload are refused after it.
    pub const fn serials(&self) -> &Serials {
        &self.serials
    }

    /// The name of our own device.
    pub const fn id(&self) -> DeviceId {
        self.own.id()
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
            Input::Receive { bytes, from } => self.receive(bytes, from),
            Input::Refused { ticket } => self.device_key_failed(ticket),
            Input::Rotate => self.rotate(ring, rng)?,
            Input::SetMembers(bundles) => self.set_members(bundles, ring, rng)?,
            Input::Signed { ticket, signature } => self.signed(ticket, &signature),
            Input::Tick => self.tick(ring),
        }
        Ok(())
    }

    fn set_members(
        &mut self,
        bundles: &[Vec<u8>],
        ring: &mut Ring,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let newcomers = self.roster.newcomers(bundles, self.id(), self.now)?;
        let stay: Vec<_> = bundles.iter().map(|bytes| DeviceId::of(bytes)).collect();
        for member in self.roster.remove_others(&stay) {
            ring.remove_sender(&member.sender);
            self.left |= member.knows_a_key;
        }
        for mut member in newcomers {
            if self.serials.of(member.id()).is_some() {
                member.ask_at(self.now); // heard before: we come back, and nobody will notice
            }
            self.roster.add(member);
        }
        self.first_key(ring, rng)
    }

    fn tick(&mut self, ring: &mut Ring) {
        ring.tick(self.now);
        for member in self.roster.iter_mut() {
            member.keyed = ring.has_key(&member.sender);
        }
    }

    fn close(&mut self, ring: &mut Ring) {
        ring.wipe();
        self.keys = None;
        self.roster.clear();
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

    fn device_key_failed(&mut self, ticket: Ticket) {
        if self.roster.iter_mut().any(|member| member.failed(ticket)) {
            self.outbox.refuse(None, Error::DeviceKeyFailed);
        }
    }

    /// All that is due by now.
    fn drive(&mut self, ring: &mut Ring, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        self.rotate_if_worn(ring, rng)?;
        self.switch_if_ready(ring)?;
        self.settle(ring, rng)?;
        self.switch_if_ready(ring)?;
        self.send_owed(rng)?;
        self.send_again(rng);
        self.ask(rng);
        Ok(())
    }

    fn announce_wake(&mut self, ticked: bool) {
        let members = self.roster.iter().filter_map(|member| member.due(self.now));
        let wake = members.chain(self.switch_due()).chain(self.settle_due()).min();
        // After a tick it is said again: a timer that went off too early must be set once more.
        if let Some(at) = wake.filter(|_| ticked || wake != self.wake) {
            self.outbox.put(Output::Wake { at });
        }
        self.wake = wake;
    }
}
