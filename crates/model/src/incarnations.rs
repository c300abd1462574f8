//! Incarnations: two devices a and b that follow docs/protocol.md 3.1 and 3.2.
//!
//! The network only grows: a message may arrive at any later time, any number of times, or never. A
//! message that a timer repeats is sent as soon as it is possible. Waits of 250 milliseconds are
//! left out: each message is answered at once. Nonces are numbers that an incarnation draws in
//! order, so the place of a message in that order serves as its counter.

mod heal;
mod rules;
pub mod scenarios;
mod state;
mod stay;

use crate::check::Model;
pub use state::State;
use stay::other;
pub use stay::{Content, Message, Name, Stay};

/// The actions of an application or a person. Each happens at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// The device's first incarnation ends, its second enters.
    Reload(Device),
    /// The device's second incarnation enters while the first is alive.
    Twin(Device),
    /// The newest incarnation removes the other device and adds it again.
    AddAgain(Device),
    /// It makes another key.
    Rotate(Device),
    /// It notices that it lacks the other's key (4): a new question, announced with zeros.
    Miss(Device),
    /// Thirty seconds pass for all.
    Wait,
}

/// One of the two devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Device {
    /// The device with the incarnations 0 and 1.
    A,
    /// The device with the incarnations 2 and 3.
    B,
}

/// A rule that is left out, to find the promise that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// 3.1 (3): an announcement gets no answer.
    Answers,
    /// 3.1 (4): an old announcement of the newest incarnation counts.
    Order,
    /// 3.1 (5): an announcement counts even if it does not answer the open nonce.
    OpenNonce,
    /// 3.1 (5): the open nonce is not drawn again.
    Redraw,
    /// 3.1 (6): an ack counts for any incarnations.
    PairedAcks,
    /// 3.1 (6): a message of another incarnation is dropped without an answer.
    Telling,
    /// 3.1 (6): an envelope that overtook its announcement is not kept.
    Stray,
    /// 3.1 (7): an envelope counts for any question.
    Question,
    /// 3.1 (7): counters of envelopes are not compared.
    Counter,
    /// 3.1 (8): an envelope is never made again.
    Again,
    /// 3.2 (1): each message of an earlier incarnation raises the event.
    Proof,
    /// 3.2 (5): the envelope to the kept incarnation is not made again.
    Renewal,
    /// 3.2 (6): an incarnation that becomes the newest once more is not asked for its key.
    Insisting,
}

/// A scenario: the possible actions, and the rule that is left out.
#[derive(Clone, Debug)]
pub struct Incarnations {
    /// The actions, in any order.
    pub acts: Vec<Act>,
    /// The rule that is left out.
    pub without: Option<Without>,
    /// Whether the first of a device's two living incarnations has the higher name.
    pub first_is_higher: bool,
}

/// A step.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A device acts.
    Act(#[allow(dead_code, reason = "stories print it")] Act),
    /// A message arrives at an incarnation.
    Arrives(
        #[allow(dead_code, reason = "stories print it")] Message,
        #[allow(dead_code, reason = "stories print it")] Name,
    ),
}

impl Model for Incarnations {
    type State = State;
    type Step = Step;

    fn start(&self) -> State {
        let mut acts = self.acts.clone();
        acts.sort_unstable();
        let stays = [Some(Stay::entering(0b0100)), None, Some(Stay::entering(0b0001)), None];
        let net = Vec::new();
        let mut state = State { stays, net, acts, overlap: [false; 2], broken: None };
        state.say();
        state
    }

    fn steps(&self, state: &State) -> Vec<(Step, State)> {
        let mut steps = Vec::new();
        for (at, act) in state.acts.iter().enumerate() {
            if let Some(mut next) = self.act(state, *act) {
                next.acts.remove(at);
                next.say();
                steps.push((Step::Act(*act), next));
            }
        }
        for message in &state.net {
            for name in state.living(other(message.from())) {
                let mut next = state.clone();
                self.arrive(&mut next, *message, name);
                next.say();
                steps.push((Step::Arrives(*message, name), next));
            }
        }
        steps
    }

    fn broken(&self, state: &State) -> Option<String> {
        state.broken.map(str::to_owned).or_else(|| self.heal(state).err())
    }
}

impl Incarnations {
    fn act(&self, state: &State, act: Act) -> Option<State> {
        let mut next = state.clone();
        match act {
            Act::Reload(device) | Act::Twin(device) => {
                let (first, second) = names(device);
                next.stays[usize::from(second)] = Some(Stay::entering(state.alive(other(first))));
                if matches!(act, Act::Reload(_)) {
                    *next.stay(first) = Stay::ended();
                } else {
                    next.overlap[device as usize] = true;
                }
                for name in [other(first), other(second)] {
                    next.get_mut(name).into_iter().for_each(|stay| stay.witnessed |= 1 << second);
                }
            }
            Act::AddAgain(device) => {
                let me = state.newest_of(device);
                let alive = state.alive(other(me));
                next.stay(me).add_again(alive);
            }
            Act::Rotate(device) => {
                let me = state.newest_of(device);
                next.stay(me).peer.sent?;
                self.seal(&mut next, me);
            }
            Act::Miss(device) => {
                let stay = next.stay(state.newest_of(device));
                if !stay.peer.keyed {
                    return None;
                }
                stay.draw_question();
                (stay.peer.keyed, stay.peer.insists) = (false, true);
            }
            Act::Wait => next.stays.iter_mut().flatten().for_each(Stay::wait),
        }
        Some(next)
    }
}

const fn names(device: Device) -> (Name, Name) {
    match device {
        Device::A => (0, 1),
        Device::B => (2, 3),
    }
}
