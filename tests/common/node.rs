//! A participant: the part that is stored, and the part that a reload loses.

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
    /// All its stays, the present one last: its knowledge if it forgot nothing.
    pub stays: Vec<(IncarnationId, Stay)>,
    /// Its events by its own clock.
    pub events: Vec<(Millis, Event)>,
    /// Number of times that the tab was opened. Results for an earlier tab are dropped.
    pub visits: u32,
    /// No message reaches or leaves it.
    pub cut_off: bool,
    /// Messages pass only within a group.
    pub group: u8,
    /// How far its clock is ahead, in milliseconds.
    pub ahead: i64,
    /// Until when it is busy with host tasks, if it does them one after the other.
    pub busy: Millis,
}

/// The part that a reload loses.
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
    Untrusted(SenderId, Vec<SenderId>),
    Trusted(SenderId),
}

impl Node {
    pub fn new(device: Device) -> Self {
        let sender = SenderId::try_from(device.id()).expect("a name");
        let (stays, events) = (Vec::new(), Vec::new());
        let (visits, cut_off, group, ahead, busy) = (0, false, 0, 0, Millis(0));
        Self { device, sender, tab: None, stays, events, visits, cut_off, group, ahead, busy }
    }

    /// Its present stay in the call, or its last one.
    pub fn stay(&self) -> &Stay {
        &self.stays.last().expect("a stay").1
    }

    /// The name of its present stay.
    pub fn incarnation(&self) -> IncarnationId {
        self.stays.last().expect("a stay").0
    }
}
