//! A device's part in the group of one call: the state machine between the roster, the transport and
//! MLS.
//!
//! After each [`Membership::handle`] drain [`Membership::poll`].
//!
//! - **Enter**: a device asks for a GroupInfo and joins by an external commit. If nobody has a group,
//!   the device with the lowest id of those that look for one makes it.
//! - **Roster**: a device that the application does not name is not let in, and its leaf is taken out
//!   by the lowest live leaf; if that does nothing, by the next one 400 ms later.
//! - **Race**: of two commits for one epoch the better one holds, see `line.rs`.
//! - **Branches**: an epoch is named by a hash of its authenticator. The lowest live leaf says its
//!   name once a second. A device that hears another name asks for the commits in between. If
//!   nobody has them, the branch whose speaker has the lower leaf stays, and the others join it.
//! - **Renewal**: each leaf gets a new key every ten minutes.
//!
//! ```text
//! hash    = SHA-256("sealframe/1 mls epoch" ‖ epoch authenticator)
//! context = bytes 0 and 1 of it: the context of KIDs (RFC 9605 §5.2)
//! branch  = bytes 2 to 9 of it: the epoch's name
//! code    = of SHA-512("sealframe/1 mls code" ‖ epoch authenticator) six times 5 bytes, big-endian,
//!           mod 100000, as 5 digits each
//! ```

mod admission;
mod asking;
mod commits;
mod counters;
mod driving;
mod epoch;
mod held;
mod input;
mod leaf;
mod line;
mod media;
mod name;
mod notes;
mod output;
mod presence;
mod renewal;
mod rules;
mod setup;
mod stay;
mod timing;

pub use input::Input;
pub use name::EpochName;
pub use output::{BaseKey, EpochKeys, Output, Ticket, To};
pub use setup::Options;

use crate::identity::DeviceId;
use crate::wire::Branch;
use crate::{Error, Millis};
use stay::Stay;

/// A device in the group of a call, from when it enters until it closes.
#[derive(Debug)]
pub struct Membership(Option<Box<Stay>>);

/// Where a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The number of the epoch.
    pub epoch: u64,
    /// The epoch's name.
    pub branch: Branch,
    /// The KID context.
    pub context: u16,
    /// Who is in it, by leaf index in ascending order.
    pub members: Vec<(u32, DeviceId)>,
    /// How many states before a commit are kept.
    pub kept: usize,
}

impl Membership {
    /// Our device enters the call. Nothing of an earlier stay is needed.
    ///
    /// # Errors
    /// Those of [`Device::parse`](crate::identity::Device::parse) for our own bundle.
    pub fn new(options: Options, now: Millis) -> Result<Self, Error> {
        Stay::new(options, now).map(Box::new).map(Some).map(Self)
    }

    /// Takes an input. `now` comes from a monotonic clock.
    ///
    /// # Errors
    /// [`Error::CallClosed`]. Of [`Input::SetMembers`] [`Error::BadBundle`] or
    /// [`Error::UnsupportedVersion`]; of [`Input::Rotate`] [`Error::NoGroup`]; of [`Input::Signed`]
    /// [`Error::DeviceKeyFailed`]; of [`Input::Receive`] why the message was refused. Nothing has
    /// changed then.
    pub fn handle(&mut self, input: Input<'_>, now: Millis) -> Result<(), Error> {
        let stay = self.0.as_mut().ok_or(Error::CallClosed)?;
        if matches!(input, Input::Close) {
            self.0 = None;
            return Ok(());
        }
        stay.handle(input, now)
    }

    /// The next thing to do outside.
    pub fn poll(&mut self) -> Option<Output> {
        self.0.as_mut()?.poll()
    }

    /// Where the device is; `None` while it has no group.
    pub fn report(&self) -> Option<Report> {
        self.0.as_ref()?.report()
    }
}
