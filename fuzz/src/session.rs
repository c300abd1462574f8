//! A call of three devices in which the bytes decide what the server, the network and the
//! applications do. Whatever happens, honest devices understand each other afterwards.

use crate::common::device::Device;
use crate::common::world::{Network, World};
use sealframe::session::Input;

/// At most 24 events, because each may make the sessions work for a second.
const MAX_EVENTS: usize = 24;
/// Milliseconds in which the devices must agree after the last event. A member that was not heard
/// is asked again after 60 seconds at the latest.
const TO_HEAL: u64 = 90_000;
const ALL: [usize; 3] = [0, 1, 2];

/// Bytes as numbers. Missing bytes are 0.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }
}

/// Plays the events, then checks that all devices open each other's frames.
pub(crate) fn session(bytes: &[u8]) {
    let mut world = World::of(1, (0..3).map(Device::on_fake_curve)).met();
    let mut numbers = Numbers(bytes);
    for _ in 0..MAX_EVENTS {
        if numbers.0.is_empty() {
            break;
        }
        event(&mut world, &mut numbers);
    }
    world.network = Network::GOOD;
    world.nodes.iter_mut().for_each(|node| node.cut_off = false);
    for at in ALL {
        if world.nodes[at].tab.is_none() {
            world.open_tab(at);
        }
    }
    world.roster(&ALL);
    let healed = world.run_until(TO_HEAL, |world| world.converged(&ALL));
    assert!(healed.is_some(), "the devices no longer understand each other");
}

fn event(world: &mut World, numbers: &mut Numbers<'_>) {
    let (kind, at) = (numbers.byte() % 10, usize::from(numbers.byte() % 3));
    match kind {
        0 => world.run(numbers.word() as u64 % 4_000),
        1 => {
            let len = numbers.word() % 400;
            let (bytes, rest) = numbers.0.split_at(len.min(numbers.0.len()));
            numbers.0 = rest;
            world.receive(at, bytes, None);
        }
        2 | 3 => {
            let Some(which) = numbers.word().checked_rem(world.seen.len()) else { return };
            let mut packet = world.seen[which].clone();
            let (place, xor) = (numbers.word() % packet.bytes.len(), numbers.byte());
            packet.bytes[place] ^= xor;
            packet.to = at;
            world.deliver(&packet);
        }
        4 => world.network = Network { loss: u64::from(numbers.byte() % 101), ..Network::GOOD },
        5 => world.network.duplicates = u64::from(numbers.byte() % 101),
        6 => {
            let members = numbers.byte();
            let members: Vec<_> = ALL.into_iter().filter(|one| members >> one & 1 == 1).collect();
            world.tell(at, &members);
        }
        7 => drop(world.input(at, Input::Rotate)),
        8 => {
            world.close_tab(at);
            world.open_tab(at);
            world.tell(at, &ALL);
        }
        _ => world.lose_what_is_under_way(),
    }
}
