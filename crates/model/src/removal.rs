//! The end of trust after a removal. There are an owner a, a receiver b, and devices m and n, which
//! keep every key that they ever received. Comments name the steps of docs/protocol.md: 3 (4)
//! defines a statement, 3.3 the receiver's judgement of it.
//!
//! The network only grows, as in [`crate::incarnations`]. The model leaves out the counters of
//! statements. All promises hold without them, so a server that could repeat statements would gain
//! nothing.

mod owner;
mod receiver;
pub mod scenarios;

use crate::check::Model;
use owner::Owner;
use receiver::Receiver;

/// Devices besides the owner and the receiver, as bits: m is 1, n is 2.
pub type Devices = u8;

/// The actions of an application or a person. Each happens as often as a scenario lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// The owner removes a device.
    OwnerRemoves(Devices),
    /// The owner adds a device again.
    OwnerAdds(Devices),
    /// The owner reloads: it has another key, and has heard nothing yet.
    OwnerReloads,
    /// The owner makes another key.
    Rotate,
    /// The receiver removes a device.
    Removes(Devices),
    /// The receiver adds a device again.
    Adds(Devices),
    /// The receiver reloads.
    Reload,
}

/// A rule that is left out. Each variant says what holds instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// The holders are the devices on the owner's roster.
    Given,
    /// The holders are the devices that received the key.
    Roster,
    /// An ack never lists the holders.
    List,
    /// A removal brings nothing into doubt.
    Doubt,
    /// A statement counts for any question.
    Question,
    /// A holder that is not on the roster brings nothing into doubt.
    Strangers,
    /// A generation that arrives starts without a doubt.
    Inheritance,
    /// A generation in doubt opens for ever.
    Deadline,
    /// An acknowledged envelope is not repeated during a doubt.
    Asking,
    /// An envelope is not made again if a device was added.
    FreshDigest,
}

/// A scenario.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The devices in the call besides owner and receiver.
    pub devices: Devices,
    /// The actions, in any order.
    pub acts: Vec<Act>,
    /// The rule that is left out.
    pub without: Option<Without>,
    /// Whether the owner may add a device that the receiver has removed.
    pub behind_its_back: bool,
}

/// A message on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// The receiver's announcement or envelope.
    Ask(Ask),
    /// The owner's envelope or ack.
    Says(Statement),
}

/// The receiver's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ask {
    /// The receiver's incarnation.
    pub stay: u8,
    /// The position of this message among all messages of the receiver.
    pub counter: u8,
    /// The number of its newest question.
    pub question: u8,
    /// The digest of its roster at that time.
    pub roster: Devices,
}

/// The owner's statement about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Statement {
    /// Whether it comes with the key itself.
    pub is_envelope: bool,
    /// The newest message of the receiver that the owner has received.
    pub heard: Ask,
    /// The key's generation.
    pub generation: u8,
    /// The digest of the key's holders.
    pub holders: Devices,
    /// Whether the list of the holders is included.
    pub listed: bool,
}

/// The state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    owner: Owner,
    receiver: Receiver,
    net: Vec<Message>,
    acts: Vec<Act>,
}

/// A step.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A device acts.
    Act(#[allow(dead_code, reason = "stories print it")] Act),
    /// The second after a removal is over: the owner makes a new random key.
    Draws,
    /// The owner sends its key to the newcomers.
    Gives,
    /// Time passes. Of the moments that are less than 15 seconds ago, the oldest becomes 15 seconds
    /// old.
    Late,
    /// A message arrives.
    Arrives(#[allow(dead_code, reason = "stories print it")] Message),
}

impl Model for Removal {
    type State = State;
    type Step = Step;

    fn start(&self) -> State {
        let receiver = Receiver::entering(self.devices);
        let owner = Owner::with(self.devices, receiver.asks());
        let mut acts = self.acts.clone();
        acts.sort_unstable();
        let mut state = State { owner, receiver, net: Vec::new(), acts };
        self.say(&mut state);
        state
    }

    fn steps(&self, state: &State) -> Vec<(Step, State)> {
        let mut steps = Vec::new();
        let mut add = |step, change: &dyn Fn(&mut State) -> bool| {
            let mut next = state.clone();
            if change(&mut next) {
                self.say(&mut next);
                steps.push((step, next));
            }
        };
        for (at, act) in state.acts.iter().enumerate() {
            add(Step::Act(*act), &|next| {
                next.acts.remove(at);
                self.act(next, *act)
            });
        }
        add(Step::Draws, &|next| next.owner.draws());
        add(Step::Gives, &|next| next.owner.gives());
        add(Step::Late, &|next| next.receiver.ages());
        for message in &state.net {
            add(Step::Arrives(*message), &|next| self.arrive(next, *message));
        }
        steps
    }

    fn broken(&self, state: &State) -> Option<String> {
        let State { owner, receiver, .. } = state;
        for generation in receiver.open(self.without) {
            if owner.given(generation) & receiver.removed_long_ago() != 0 {
                return Some(format!(
                    "safe: generation {generation} opens, and a removed device has it"
                ));
            }
        }
        (!self.comes_back(state)).then(|| "back: the owner's key does not open".to_owned())
    }
}

impl Removal {
    fn act(&self, state: &mut State, act: Act) -> bool {
        let State { owner, receiver, .. } = state;
        match act {
            Act::OwnerRemoves(device) => owner.removes(device),
            Act::OwnerAdds(device) => {
                let known = self.behind_its_back || receiver.has(device);
                known && owner.adds(device)
            }
            Act::OwnerReloads => {
                receiver.asks_again();
                owner.reloads()
            }
            Act::Rotate => owner.rotates(),
            Act::Removes(device) => receiver.removes(device, self.without),
            Act::Adds(device) => receiver.adds(device, self.without),
            Act::Reload => receiver.reloads(),
        }
    }

    fn arrive(&self, state: &mut State, message: Message) -> bool {
        match message {
            Message::Ask(ask) => state.owner.hears(ask),
            Message::Says(statement) => state.receiver.hears(statement, self.without),
        }
    }

    /// Devices repeat their messages. So each message is in the network as soon as it could be
    /// sent.
    fn say(&self, state: &mut State) {
        let said = [
            state.receiver.is_asking(self.without).then(|| Message::Ask(state.receiver.asks())),
            Some(Message::Says(state.owner.says(true, self.without))),
            Some(Message::Says(state.owner.says(false, self.without))),
        ];
        for message in said.into_iter().flatten() {
            if let Err(at) = state.net.binary_search(&message) {
                state.net.insert(at, message);
            }
        }
        state.net.retain(|message| match message {
            Message::Ask(ask) => *ask > state.owner.heard(),
            Message::Says(statement) => statement.heard.stay == state.receiver.stay(),
        });
    }

    /// Whether frames open again if the server is honest from now on and all holders of the owner's
    /// key are on the receiver's roster.
    fn comes_back(&self, state: &State) -> bool {
        let State { mut owner, mut receiver, .. } = state.clone();
        for _ in 0..4 {
            owner.draws();
            owner.gives();
            if receiver.trusts(owner.newest()) || !receiver.has(owner.holders(None)) {
                return true;
            }
            if receiver.is_asking(self.without) {
                owner.hears(receiver.asks());
                receiver.hears(owner.says(false, self.without), self.without);
            }
            if !receiver.holds(owner.newest()) {
                receiver.hears(owner.says(true, self.without), self.without);
            }
        }
        receiver.trusts(owner.newest())
    }
}
