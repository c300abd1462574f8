//! Four incarnations of two devices, and the network between them.

use super::{Act, Device, Message, Name, Stay, names};

/// The state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The four incarnations; `None` if one has not entered.
    pub(super) stays: [Option<Stay>; 4],
    /// All messages so far, in order.
    pub(super) net: Vec<Message>,
    /// The remaining actions, in order.
    pub(super) acts: Vec<Act>,
    /// The devices whose two incarnations were alive at the same moment.
    pub(super) overlap: [bool; 2],
    /// The promise that the last step has broken.
    pub(super) broken: Option<&'static str>,
}

impl State {
    /// How often an incarnation has added the other device; 1 if it has ended.
    pub fn membership(&self, name: Name) -> u8 {
        self.get(name).map_or(0, |stay| stay.membership)
    }

    /// All messages so far.
    pub fn net(&self) -> &[Message] {
        &self.net
    }

    /// An incarnation, if it has entered.
    pub fn get(&self, name: Name) -> Option<&Stay> {
        self.stays[usize::from(name)].as_ref()
    }

    pub(super) fn get_mut(&mut self, name: Name) -> Option<&mut Stay> {
        self.stays[usize::from(name)].as_mut()
    }

    pub(super) fn stay(&mut self, name: Name) -> &mut Stay {
        self.get_mut(name).expect("it has entered")
    }

    /// The living incarnations of the device to which this one belongs, or could belong.
    pub(super) fn living(&self, of: Name) -> impl Iterator<Item = Name> {
        let first = of / 2 * 2;
        let alive = |name: &Name| self.get(*name).is_some_and(|stay| stay.alive);
        (first..first + 2).filter(alive)
    }

    /// The same incarnations as a set of bits.
    pub(super) fn alive(&self, of: Name) -> u8 {
        self.living(of).fold(0, |set, name| set | 1 << name)
    }

    /// The incarnation that entered last.
    pub(super) fn newest_of(&self, device: Device) -> Name {
        let (first, second) = names(device);
        if self.get(second).is_some() { second } else { first }
    }

    /// `device-twice` is raised.
    pub(super) fn raise(&mut self, of: Name) {
        if !self.overlap[usize::from(of / 2)] {
            self.broken = Some("twice: two were said to be alive that never were together");
        }
    }

    pub(super) fn send(&mut self, message: Message) {
        if let Err(at) = self.net.binary_search(&message) {
            self.net.insert(at, message);
        }
    }

    pub(super) fn announce(&mut self, me: Name, answers: Option<(Name, u8)>) {
        if let Some(message) = self.stay(me).announcement(me, answers) {
            self.send(message);
        }
    }

    /// The messages that the timers of living incarnations send.
    pub(super) fn say(&mut self) {
        for me in 0..4 {
            let said: Vec<_> = self.get(me).into_iter().flat_map(|stay| stay.said(me)).collect();
            said.into_iter().for_each(|message| self.send(message));
        }
        self.forget();
    }

    /// An answer to a closed nonce has no effect. States that differ only in such answers count as
    /// one.
    fn forget(&mut self) {
        let Self { net, stays, .. } = self;
        let is_open = |(name, nonce): &(Name, u8)| {
            let stay = stays[usize::from(*name)].as_ref();
            stay.is_some_and(|stay| stay.alive && stay.peer.open == *nonce)
        };
        for message in net.iter_mut() {
            if let Message::Announce { answers, .. } = message {
                answers.take_if(|nonce| !is_open(nonce));
            }
        }
        net.sort_unstable();
        net.dedup();
    }
}
