//! Members with invalid public keys: WebCrypto refuses to use them, and nobody else is harmed.

mod common;

use common::device::Device;
use common::world::{Event, World};
use sealframe::Error;
use sealframe::envelope::Bundle;

const ENVELOPE: u8 = 1;

/// Four devices. The last one announces an agreement key that is not a point.
fn with_a_bad_agreement_key(seed: u64) -> World {
    let mut devices: Vec<_> = (0..4).map(Device::new).collect();
    devices[3].bend_keys();
    World::of(seed, devices)
}

/// Four devices. The signing key of the last one is not a point.
fn with_a_bad_signing_key(seed: u64) -> World {
    let mut devices: Vec<_> = (0..4).map(Device::new).collect();
    let mut bytes = devices[3].bundle.as_bytes().to_vec();
    bytes[2 + 40] ^= 1;
    devices[3].bundle = Bundle::parse(&bytes).expect("it has the form of one");
    World::of(seed, devices)
}

fn refusals_of(world: &World, at: usize, code: Error) -> usize {
    let of = |event: &&(_, Event)| matches!(&event.1, Event::Refused(_, c) if *c == code);
    world.nodes[at].events.iter().filter(of).count()
}

#[test]
fn a_member_with_an_invalid_agreement_key_harms_nobody_else() {
    let mut world = with_a_bad_agreement_key(1);
    world.roster(&[0, 1, 2, 3]);
    let took = world.run_until(2_000, |world| world.converged(&[0, 1, 2]));
    assert!(took.is_some_and(|ms| ms < 200), "{took:?}");
    let bad = world.id(3);
    let told = Event::Refused(Some(bad), Error::UnusableKey);
    for at in 0..3 {
        assert!(world.nodes[at].events.iter().any(|event| event.1 == told));
        assert_eq!(world.refusals(at), [Error::UnusableKey].into(), "{:?}", world.nodes[at].events);
        assert_eq!(world.packets(at, 3, ENVELOPE).len(), 0);
        assert_eq!(world.opens(3, at), Ok(()), "its media keys are valid");
    }
}

#[test]
fn a_member_without_a_usable_key_delays_a_rotation_by_two_seconds_at_most() {
    let mut world = with_a_bad_agreement_key(2);
    world.roster(&[0, 1, 2, 3]);
    world.run(5_000);
    world.roster(&[0, 1, 3]);
    let took = world.run_until(5_000, |world| world.opens(0, 2).is_err());
    assert!(took.is_some_and(|ms| ms <= 2_000), "{took:?}");
    assert!(world.converged(&[0, 1]));
}

#[test]
fn an_invalid_key_is_tried_again_with_back_off() {
    let mut world = with_a_bad_agreement_key(3);
    world.roster(&[0, 3]);
    world.run(60_000);
    let tries = refusals_of(&world, 0, Error::UnusableKey);
    assert!((20..40).contains(&tries), "{tries} tries in a minute");
}

#[test]
fn messages_of_a_member_with_an_invalid_signing_key_are_refused() {
    let mut world = with_a_bad_signing_key(4);
    world.roster(&[0, 1, 2, 3]);
    let took = world.run_until(2_000, |world| world.converged(&[0, 1, 2]));
    assert!(took.is_some_and(|ms| ms < 200), "{took:?}");
    world.run(3_000);
    for at in 0..3 {
        assert_eq!(world.refusals(at), [Error::UnusableKey].into());
        assert_eq!(world.opens(3, at), Err(Error::UnknownKey));
    }
}
