//! Incarnations: the time until two devices can open each other, a thief of everything stored, and
//! two incarnations of one device.

mod common;

use common::device::{Curve, Device};
use common::world::{CALL, Network, World};
use sealframe::envelope::{self, Body, Message, Suite};
use sealframe::session::Input;

const ENVELOPE: u8 = 1;
const ROUND_TRIPS: [u64; 3] = [50, 200, 800];
/// Milliseconds for host tasks on the way: one signature, one verification, one encapsulation.
const ERRANDS: u64 = 20;

/// A network with this round trip, without loss.
fn network(round_trip: u64) -> Network {
    Network { delay: (round_trip / 2, round_trip / 2), ..Network::GOOD }
}

/// An older call of two devices, and a third device that has not joined.
fn two_of_three(seed: u64, round_trip: u64) -> World {
    let mut world = World::new(seed, 3);
    (world.network, world.host_tasks) = (network(round_trip), (1, 1));
    world.roster(&[0, 1]);
    world.run(10_000);
    assert!(world.converged(&[0, 1]));
    world
}

#[test]
fn a_joiner_and_a_member_open_each_other_within_two_round_trips() {
    for round_trip in ROUND_TRIPS {
        // All applications learn of the join at once, or the joiner's or the members' some time
        // earlier.
        for order in [[0, 1, 2], [2, 0, 1]] {
            for apart in [0, 5, round_trip / 4] {
                let mut world = two_of_three(1, round_trip);
                for at in order {
                    world.tell(at, &[0, 1, 2]);
                    world.run(apart);
                }
                let took = world.run_until(9_000, |world| world.converged(&[0, 1, 2]));
                let took = took.expect("they meet");
                println!("round trip {round_trip}: met {took} ms after all had heard");
                assert!(took <= 2 * round_trip + ERRANDS, "{round_trip}, {apart}: {took}");
            }
        }
    }
}

#[test]
fn a_device_that_joins_within_a_second_of_another_waits_for_the_rest() {
    for round_trip in ROUND_TRIPS {
        let mut world = World::new(2, 4);
        (world.network, world.host_tasks) = (network(round_trip), (1, 1));
        world.roster(&[0, 1]);
        world.run(10_000);
        world.roster(&[0, 1, 3]);
        world.run(10);
        world.roster(&[0, 1, 2, 3]);
        let took = world.run_until(9_000, |world| world.converged(&[0, 1, 2, 3]));
        let took = took.expect("they meet");
        assert!(took <= 1_000 + 2 * round_trip + ERRANDS, "{round_trip}: {took}");
    }
}

#[test]
fn after_a_reload_others_open_within_1_5_round_trips_and_we_within_2() {
    for round_trip in ROUND_TRIPS {
        let mut world = two_of_three(3, round_trip);
        world.close_tab(1);
        world.run(500);
        world.open_tab(1);
        world.tell(1, &[0]);
        let start = world.now;
        let took = world.run_until(9_000, |world| world.opens(1, 0).is_ok());
        assert!(took.is_some_and(|ms| ms <= 3 * round_trip / 2 + ERRANDS), "{took:?}");
        world.run_until(9_000, |world| world.opens(0, 1).is_ok()).expect("they meet");
        let took = world.now.since(start);
        println!("round trip {round_trip}: back {took} ms after a reload");
        assert!(took <= 2 * round_trip + ERRANDS, "{round_trip}: {took}");
    }
}

#[test]
fn an_answer_to_the_earlier_stay_costs_a_reload_one_round_trip_more() {
    for round_trip in ROUND_TRIPS {
        for wait in [1, 3, round_trip / 4, round_trip / 2, round_trip] {
            let mut world = two_of_three(4, round_trip);
            world.close_tab(1);
            world.run(2_000);
            world.open_tab(1);
            world.tell(1, &[0]);
            world.run(wait);
            world.close_tab(1);
            world.open_tab(1);
            world.tell(1, &[0]);
            let took = world.run_until(9_000, |world| world.converged(&[0, 1]));
            // An answer may be delayed by a quarter of a second.
            let limit = 3 * round_trip + 250 + ERRANDS;
            assert!(took.is_some_and(|ms| ms <= limit), "{round_trip}, {wait}: {took:?}");
            world.run(10_000);
            assert!(world.twice(0).is_empty(), "a reload is no twin");
        }
    }
}

#[test]
fn everything_stored_opens_no_recorded_frame_after_the_call() {
    for suite in [Suite::P256, Suite::MlKem768P256, Suite::Rsa] {
        let device = |number| Device::of(number, suite, Curve::Real);
        let mut world = World::of(5, (0..2).map(device)).met();
        world.input(0, Input::Rotate).expect("a rotation");
        world.run(3_000);
        let recorded: Vec<_> =
            [(0, 1), (1, 0)].iter().flat_map(|&(a, b)| world.packets(a, b, ENVELOPE)).collect();
        assert!(recorded.len() >= 3);
        let opened = recorded.iter().filter(|packet| {
            // Only the signing key and, for an RSA device, its decryption key are stored.
            let stay = world.nodes[packet.to].device.enter(CALL, 4_711);
            let message = Message::parse(&packet.bytes).expect("a message");
            let Body::Envelope(envelope) = &message.body else { panic!("an envelope") };
            let shared = stay.agree(envelope.host_part());
            shared.is_some_and(|shared| {
                envelope::open(&message.header, envelope, &shared, &stay.own()).is_ok()
            })
        });
        let all = if suite == Suite::Rsa { recorded.len() } else { 0 };
        assert_eq!(opened.count(), all, "{suite:?}");
    }
}

/// Devices 1 and 2 are in a call with device 0, which has a second tab: node 3.
fn twins(seed: u64, network: Network) -> World {
    let devices = [0, 1, 2, 0].map(Device::on_fake_curve);
    let mut world = World::of(seed, devices);
    world.network = network;
    world.roster(&[0, 1, 2]);
    world.run(5_000);
    world.tell(3, &[1, 2]);
    world
}

/// The tabs of the two whose frames a device opens.
fn heard(world: &mut World, at: usize) -> Vec<usize> {
    [0, 3].into_iter().filter(|&from| world.opens(from, at).is_ok()).collect()
}

#[test]
fn every_peer_keeps_the_same_of_two_incarnations_and_reports_it() {
    for seed in 0..20 {
        let mut world = twins(seed, Network::GOOD);
        world.run(25_000);
        let device = world.id(0);
        let kept = heard(&mut world, 1);
        assert_eq!(kept.len(), 1, "seed {seed}");
        assert_eq!(heard(&mut world, 2), kept, "seed {seed}");
        for at in 0..4 {
            assert_eq!(world.twice(at), std::slice::from_ref(&device), "{at}, seed {seed}");
        }
        let higher = world.nodes[0].incarnation() > world.nodes[3].incarnation();
        assert_eq!(kept, [if higher { 0 } else { 3 }], "seed {seed}");
        assert!(world.opens(1, kept[0]).is_ok() && world.opens(2, kept[0]).is_ok());
        // The result lasts.
        for _ in 0..20 {
            world.run(5_000);
            assert_eq!(heard(&mut world, 1), kept, "seed {seed}");
        }
        assert!(world.twice(1).len() == 1 && world.twice(2).len() == 1, "told once");
    }
}

#[test]
fn a_refused_incarnation_is_accepted_once_the_other_is_gone() {
    for seed in 0..20 {
        let mut world = twins(seed, Network::GOOD);
        world.run(40_000);
        let [kept] = heard(&mut world, 1)[..] else { panic!("seed {seed}") };
        let other = 3 - kept;
        world.close_tab(kept);
        let took = world.run_until(130_000, |world| {
            (1..3).all(|at| world.opens(other, at).is_ok() && world.opens(at, other).is_ok())
        });
        assert!(took.is_some(), "seed {seed}");
        // A reload is accepted at once.
        let mut world = twins(seed, Network::GOOD);
        world.run(10_000);
        world.close_tab(kept);
        world.close_tab(other);
        world.open_tab(other);
        world.tell(other, &[1, 2]);
        let took = world.run_until(5_000, |world| world.converged(&[1, 2, other]));
        assert!(took.is_some(), "seed {seed}");
    }
}

#[test]
fn twins_in_a_bad_network_lead_to_the_same_incarnation() {
    for seed in 0..40 {
        let bad = Network { delay: (5, 700), loss: 25, duplicates: 25 };
        let mut world = twins(seed, bad);
        world.run(20_000);
        world.network = Network::GOOD;
        world.run(35_000);
        // A peer that keeps the wrong one notices at the other's next key message.
        for at in [0, 3] {
            world.input(at, Input::Rotate).expect("a rotation");
        }
        world.run(70_000);
        let kept = heard(&mut world, 1);
        assert_eq!(kept.len(), 1, "seed {seed}");
        assert_eq!(heard(&mut world, 2), kept, "seed {seed}");
        assert!(!world.twice(1).is_empty() && !world.twice(2).is_empty(), "seed {seed}");
    }
}
