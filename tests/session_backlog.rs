//! A server may deliver at once the messages of a member that it kept back. The newest ones must not
//! wait until all of the old ones are verified.

mod common;

use common::world::{Packet, World};
use sealframe::session::Input;

const ALICE: usize = 0;
const BOB: usize = 1;
const BOTH: [usize; 2] = [ALICE, BOB];

/// Bob reloads several times while the server keeps his messages back.
fn backlog(world: &mut World) -> Vec<Packet> {
    world.nodes[BOB].cut_off = true;
    for _ in 0..4 {
        world.close_tab(BOB);
        world.open_tab(BOB);
        world.tell(BOB, &BOTH);
        world.run(6_000);
    }
    world.nodes[BOB].cut_off = false;
    let kept = world.lost.drain(..).filter(|packet| packet.from == BOB);
    kept.collect()
}

#[test]
fn the_newest_key_of_a_member_does_not_wait_for_a_backlog_of_its_messages() {
    let mut times: Vec<_> = (0..100).map(delay).collect();
    times.sort_unstable();
    assert!(times[50] < 1_250 && times[99] < 3_000, "{times:?}");
}

/// Milliseconds until Alice and Bob open each other's frames.
fn delay(seed: u64) -> u64 {
    let mut world = World::call(seed, 2);
    world.run(2_000);
    let kept = backlog(&mut world);
    kept.iter().for_each(|packet| world.deliver(packet));
    for at in BOTH {
        world.input(at, Input::Reconnected).expect("a tab");
    }
    world.run_until(20_000, |world| world.converged(&BOTH)).expect("they meet again")
}
