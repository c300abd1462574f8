//! Another copy of a member's whole state, as a thief of its memory has it: the same inputs again,
//! with the same randomness.

use super::random;
use super::world::World;
use sealframe_mls::group::{Input, Membership, Ticket};
use sealframe_mls::identity::SIGNATURE;
use sealframe_mls::{Error, Millis};

/// The inputs of a member since it entered.
pub struct Past {
    pub began: Millis,
    pub seed: u64,
    inputs: Vec<(Millis, Owned)>,
}

enum Owned {
    Receive(Vec<u8>),
    Rotate,
    SetMembers(Vec<Vec<u8>>),
    Signed(Ticket, [u8; SIGNATURE]),
    Tick,
}

impl Past {
    pub fn new(began: Millis, seed: u64) -> Self {
        Self { began, seed, inputs: Vec::new() }
    }

    pub fn add(&mut self, input: &Input<'_>, now: Millis) {
        let owned = match input {
            Input::Receive(bytes) => Owned::Receive(bytes.to_vec()),
            Input::Rotate => Owned::Rotate,
            Input::SetMembers(bundles) => {
                Owned::SetMembers(bundles.iter().map(|bundle| bundle.to_vec()).collect())
            }
            Input::Signed { ticket, signature } => Owned::Signed(*ticket, *signature),
            _ => Owned::Tick,
        };
        self.inputs.push((now, owned));
    }

    fn again(&self, member: &mut Membership) {
        for (now, input) in &self.inputs {
            let _ = input.give(member, *now); // what was refused is refused again
            while member.poll().is_some() {}
        }
    }
}

impl Owned {
    fn give(&self, member: &mut Membership, now: Millis) -> Result<(), Error> {
        match self {
            Self::Receive(bytes) => member.handle(Input::Receive(bytes), now),
            Self::Rotate => member.handle(Input::Rotate, now),
            Self::SetMembers(bundles) => {
                let bundles: Vec<_> = bundles.iter().map(Vec::as_slice).collect();
                member.handle(Input::SetMembers(&bundles), now)
            }
            Self::Signed(ticket, signature) => {
                member.handle(Input::Signed { ticket: *ticket, signature: *signature }, now)
            }
            Self::Tick => member.handle(Input::Tick, now),
        }
    }
}

impl World {
    /// A second device with the state of the device `at`.
    pub fn copy_of(&self, at: usize) -> Membership {
        let past = self.nodes[at].past.as_ref().expect("a world that records");
        let options = self.options(at, random(past.seed));
        let mut twin = Membership::new(options, past.began).expect("a good bundle");
        past.again(&mut twin);
        twin
    }
}
