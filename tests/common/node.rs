//! One who takes part: what is kept, and what a reload loses.

use super::device::{Device, Stay};
use super::pair::End;
use sealframe::envelope::IncarnationId;
use sealframe::key::SenderId;
use sealframe::session::Session;
use sealframe::sframe::Kid;
use sealframe::{Error, Millis};

/// One participant: a browser profile, and a tab that may be gone.
pub struct Node {
    pub device: Device,
    pub sender: SenderId,
    pub tab: Option<Tab>,
    /// All its stays, the present one last: what it would know if it kept everything.
    pub stays: Vec<(IncarnationId, Stay)>,
    /// What happened, by its own clock.
    pub events: Vec<(Millis, Event)>,
    /// How often the tab was opened; answers meant for an earlier one are dropped.
    pub visits: u32,
    /// Nothing comes in or goes out.
    pub cut_off: bool,
    /// Messages pass within a group only.
    pub group: u8,
    /// How far its clock is ahead.
    pub ahead: i64,
    /// Until when it has errands to do, where it does one after the other.
    pub busy: Millis,
}

/// What a reload loses.
pub struct Tab {
    pub session: Session,
    pub end: End,
    pub wake: Option<Millis>,
    pub next_tick: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Key(SenderId),
    OwnKey(Kid),
    Refused(Option<SenderId>, Error),
    Twice(SenderId),
}

impl Node {
    pub fn new(device: Device) -> Self {
        let sender = SenderId::try_from(device.id()).expect("a name");
        let (stays, events) = (Vec::new(), Vec::new());
        let (visits, cut_off, group, ahead, busy) = (0, false, 0, 0, Millis(0));
        Self { device, sender, tab: None, stays, events, visits, cut_off, group, ahead, busy }
    }

    /// Its present stay in the call, or the last one.
    pub fn stay(&self) -> &Stay {
        &self.stays.last().expect("a stay").1
    }

    /// What its present stay is called.
    pub fn incarnation(&self) -> IncarnationId {
        self.stays.last().expect("a stay").0
    }
}
