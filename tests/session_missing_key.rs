//! A device that has a key of a member, but not the one that the member seals with. No server can
//! cause that, but a fault could. The device notices it by the frames, and asks for the key.

mod common;

use common::pair::key;
use common::world::{Network, World};
use rand_core::Rng;
use sealframe::Error;
use sealframe::key::DeviceKid;
use sealframe::session::Input;
use sealframe::sframe::{Header, Kid, MAX_HEADER_LEN};

const ANNOUNCEMENT: u8 = 3;
/// A frame of audio.
const FRAME: u64 = 20;

/// Device 1 has another key under the KID that device 0 seals with. All later messages are lost.
fn deceived(seed: u64) -> World {
    let mut world = World::call(seed, 2);
    world.run(1_000);
    let frame = world.seal(0).expect("sealed");
    let (header, _) = Header::parse(&frame).expect("a header");
    let kid = DeviceKid::parse(header.kid).expect("a device's");
    let sender = world.id(0);
    let tab = world.nodes[1].tab.as_mut().expect("open");
    tab.end.ring.install_device(&sender, kid, key(9));
    assert_eq!(world.open(0, 1, &frame), Err(Error::AuthenticationFailed));
    world.network.loss = 100;
    world
}

/// Whether device 1 reports that it has the key of device 0.
fn keyed(world: &World) -> bool {
    let session = &world.nodes[1].tab.as_ref().expect("open").session;
    session.members().all(|member| member.keyed)
}

/// Frames of device 0 reach device 1 until they open. Returns how long that took.
fn sends_until_opened(world: &mut World, ms: u64) -> Option<u64> {
    world.run_by(ms, FRAME, |world| world.opens(0, 1).is_ok())
}

/// A frame that no device sealed.
fn forged(world: &mut World, kid: u64, ctr: u64) -> Vec<u8> {
    let mut header = [0; MAX_HEADER_LEN];
    let len = Header { kid: Kid(kid), ctr }.encode(&mut header);
    let mut frame = [&header[..len], &[0; 40]].concat();
    world.rng.fill_bytes(&mut frame[len..]);
    frame
}

/// How often device 1 has announced itself to device 0.
fn requests(world: &World) -> usize {
    world.packets(1, 0, ANNOUNCEMENT).len()
}

#[test]
fn a_member_whose_frames_do_not_open_is_asked_for_its_key() {
    for seed in 0..8 {
        let mut world = deceived(seed);
        world.network.loss = 0;
        let before = requests(&world);
        let took = sends_until_opened(&mut world, 10_000);
        assert!(took.is_some_and(|ms| ms < 4_200), "{took:?}");
        world.run(20_000);
        assert!(keyed(&world) && world.converged(&[0, 1]));
        assert!(requests(&world) <= before + 2);
    }
}

#[test]
fn no_key_is_requested_without_frames() {
    let mut world = deceived(10);
    let before = requests(&world);
    world.run(60_000);
    assert_eq!((keyed(&world), requests(&world)), (true, before), "one frame proves nothing");
}

#[test]
fn a_key_request_is_repeated_with_back_off() {
    let mut world = deceived(12);
    let before = requests(&world);
    assert_eq!(sends_until_opened(&mut world, 60_000), None);
    let made = requests(&world) - before;
    assert!((60 / 3..=60 * 2 / 3 + 2).contains(&made), "{made}");
}

#[test]
fn a_key_request_is_repeated_even_if_the_member_stops_sending() {
    let mut world = deceived(17);
    assert_eq!(sends_until_opened(&mut world, 10_000), None);
    let before = requests(&world);
    world.run(10_000);
    assert!(!keyed(&world) && requests(&world) > before);
    world.network.loss = 0;
    world.run(4_000);
    assert_eq!(world.opens(0, 1), Ok(()));
}

#[test]
fn forged_frames_besides_genuine_ones_cost_no_request() {
    let mut world = World::call(13, 2);
    world.run(1_000);
    let before = world.seen.len();
    for ctr in 0..60_000 / FRAME {
        assert_eq!(world.opens(0, 1), Ok(()));
        for kid in [0xfff0, world.below(1 << 16)] {
            let frame = forged(&mut world, kid, ctr);
            assert!(world.open(0, 1, &frame).is_err());
        }
        world.run(FRAME);
    }
    assert_eq!((keyed(&world), world.seen.len()), (true, before));
}

#[test]
fn forged_frames_alone_cost_few_requests_and_no_key() {
    let mut world = World::call(14, 2);
    world.run(1_000);
    let late = world.seal(0).expect("sealed");
    let before = requests(&world);
    for ctr in 0..60_000 / FRAME {
        let frame = forged(&mut world, 0xfff0, ctr);
        assert_eq!(world.open(0, 1, &frame), Err(Error::UnknownKey));
        world.run(FRAME);
    }
    let made = requests(&world) - before;
    assert!((2..=60 + 2).contains(&made), "{made}");
    assert_eq!(world.open(0, 1, &late), Ok(()), "the key is still held");
    world.run(5_000);
    let after = world.seen.len();
    world.run(60_000);
    assert_eq!((keyed(&world), world.seen.len()), (true, after));
}

#[test]
fn a_key_on_its_way_is_not_requested() {
    let mut world = World::call(15, 2);
    world.run(1_000);
    let before = requests(&world);
    world.network = Network { delay: (2_500, 2_500), ..Network::GOOD };
    world.input(0, Input::Rotate).expect("a rotation");
    let mut missed = 0;
    world.run_by(10_000, FRAME, |world| {
        missed += usize::from(world.opens(0, 1) == Err(Error::UnknownKey));
        false
    });
    assert!((20..30).contains(&missed), "the new key seals after two seconds: {missed}");
    assert_eq!((keyed(&world), requests(&world)), (true, before));
}

#[test]
fn no_key_is_requested_of_a_peer_that_does_not_seal() {
    let mut world = World::call(16, 2);
    world.run(1_000);
    let (before, mut codes) = (requests(&world), Vec::new());
    for _ in 0..60_000 / FRAME {
        let mut frame = [0x18; 60]; // as with Opus the first byte stays
        world.rng.fill_bytes(&mut frame[1..]);
        codes.extend(world.open(0, 1, &frame).err());
        world.run(FRAME);
    }
    assert_eq!(codes.last(), Some(&Error::NotSealed));
    assert!(requests(&world) <= before + 1 && keyed(&world));
}
