//! A stay in a call: all machines together.

use super::admission::Admission;
use super::asking::Asking;
use super::counters::Counters;
use super::epoch::Epoch;
use super::held::Held;
use super::leaf::NextLeaf;
use super::line::Line;
use super::media::Media;
use super::output::{Outbox, Output};
use super::presence::Presence;
use super::renewal::Renewal;
use super::rules::Rank;
use super::setup::{Options, Setup};
use super::{Input, Report};
use crate::identity::{Device, DeviceId, Freshness};
use crate::wire::Branch;
use crate::{Error, Millis};
use std::collections::BTreeMap;

/// How soon what was due and could not be done is tried again, in milliseconds.
const AGAIN: u64 = 20;

#[derive(Debug)]
pub(super) struct Stay {
    pub(super) setup: Setup,
    pub(super) own: Device,
    pub(super) next: NextLeaf,
    pub(super) line: Option<Line>,
    pub(super) freshness: Freshness,
    pub(super) presence: Presence,
    pub(super) admission: Admission,
    pub(super) asking: Asking,
    pub(super) held: Held,
    pub(super) media: Media,
    pub(super) renewal: Renewal,
    /// Our own commit, on its way through a transport that orders it.
    pub(super) pending: Option<Pending>,
    /// Since when leaves are to be taken out.
    pub(super) work: Option<Millis>,
    /// When each device was answered last.
    pub(super) answered: BTreeMap<DeviceId, Millis>,
    /// How often each device that is behind got the commits since its branch.
    pub(super) resent: BTreeMap<DeviceId, (Branch, u32)>,
    pub(super) counters: Counters,
    pub(super) counter: u64,
    pub(super) outbox: Outbox,
    pub(super) now: Millis,
    wake: Option<Millis>,
    has_roster: bool,
}

/// A commit whose turn in the order is not known yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) next: Epoch,
    pub(super) ended: Branch,
    pub(super) rank: Rank,
    /// Whether we join by it.
    pub(super) joins: bool,
    /// Whether it gives our leaf a new key.
    pub(super) renews: bool,
    pub(super) until: Millis,
}

impl Stay {
    pub(super) fn new(options: Options, now: Millis) -> Result<Self, Error> {
        let own = Device::parse(&options.bundle)?;
        let setup = Setup::new(options, own.id());
        setup.directory().set_roster([own.clone()]);
        Ok(Self {
            next: NextLeaf::new(own.id(), setup.call()),
            line: None,
            freshness: Freshness::default(),
            presence: Presence::default(),
            admission: Admission::default(),
            asking: Asking::new(&setup.crypto(), now)?,
            held: Held::default(),
            media: Media::default(),
            renewal: Renewal::new(&setup, now),
            pending: None,
            work: None,
            answered: BTreeMap::new(),
            resent: BTreeMap::new(),
            counters: Counters::default(),
            counter: 0,
            outbox: Outbox::default(),
            now,
            wake: None,
            has_roster: false,
            own,
            setup,
        })
    }

    pub(super) fn handle(&mut self, input: Input<'_>, now: Millis) -> Result<(), Error> {
        self.now = self.now.max(now);
        let ticked = matches!(input, Input::Tick);
        let done = self.dispatch(input);
        if self.has_roster {
            self.drive();
            self.announce_wake(ticked);
        }
        done
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.outbox.next()
    }

    pub(super) fn report(&self) -> Option<Report> {
        let line = self.line.as_ref()?;
        let epoch = line.current();
        Some(Report {
            epoch: epoch.number(),
            branch: epoch.branch(),
            context: epoch.context(),
            members: epoch.members().iter().map(|member| (member.leaf, member.device)).collect(),
            kept: line.kept(),
        })
    }

    fn dispatch(&mut self, input: Input<'_>) -> Result<(), Error> {
        match input {
            Input::Close | Input::Tick => {}
            Input::Receive(bytes) => self.receive(bytes)?,
            Input::Refused { ticket } => {
                if self.next.failed(ticket, self.now) {
                    let (from, code) = (Some(self.own.id()), Error::DeviceKeyFailed);
                    self.outbox.put(Output::Refused { from, code });
                }
            }
            Input::Rotate => {
                self.line.as_ref().ok_or(Error::NoGroup)?;
                self.renewal.hurry(self.now);
            }
            Input::SetMembers(bundles) => self.set_members(bundles)?,
            Input::Signed { ticket, signature } => self.next.signed(ticket, &signature)?,
        }
        Ok(())
    }

    fn set_members(&mut self, bundles: &[&[u8]]) -> Result<(), Error> {
        let devices = bundles.iter().map(|bundle| Device::parse(bundle));
        let devices = devices.collect::<Result<Vec<_>, Error>>()?;
        let before = self.setup.directory().ids();
        self.setup.directory().set_roster(devices.into_iter().chain([self.own.clone()]));
        if !self.has_roster {
            self.has_roster = true;
            self.asking.restart(self.now);
        }
        self.give_back(&before);
        self.take_held();
        Ok(())
    }

    /// A device that the roster names again may still have its leaf. Its keys are gone: the media core
    /// forgets those of a device that the roster does not name.
    fn give_back(&mut self, before: &[DeviceId]) {
        let Some(line) = &self.line else { return };
        let epoch = line.current();
        let directory = self.setup.directory();
        let is_back = |id: DeviceId| directory.has(id) && !before.contains(&id);
        if epoch.members().iter().any(|member| is_back(member.device))
            && let Ok(keys) = epoch.keys()
        {
            self.outbox.put(Output::Epoch(keys));
        }
    }

    fn announce_wake(&mut self, ticked: bool) {
        let again = self.now.plus(AGAIN);
        let wake = self.due().map(|at| if at <= self.now { again } else { at });
        // After a tick it is said again: a timer that went off too early must be set once more.
        if let Some(at) = wake.filter(|_| ticked || wake != self.wake) {
            self.outbox.put(Output::Wake { at });
        }
        self.wake = wake;
    }
}
