//! Devices of every suite in one call. A device is addressed only with its bundle's suite.

mod common;

use common::device::{self, Curve, Device};
use common::world::{CALL, World, entry};
use sealframe::envelope::{Header, Suite};
use sealframe::key::{DeviceKid, Limits, Ring};
use sealframe::session::{Entry, Input, Session};
use sealframe::sframe::BaseKey;
use sealframe::{Error, Millis};

const SUITES: [Suite; 3] = [Suite::P256, Suite::MlKem768P256, Suite::Rsa];

fn world_of(seed: u64, suites: &[Suite]) -> World {
    let device = |(number, suite): (usize, &Suite)| Device::of(number as u64, *suite, Curve::Real);
    World::of(seed, suites.iter().enumerate().map(device))
}

#[test]
fn devices_of_any_two_suites_exchange_keys() {
    for one in SUITES {
        for other in SUITES {
            let mut world = world_of(1, &[one, other]).met();
            world.input(0, Input::Rotate).expect("a rotation");
            world.run(1_000);
            assert!(world.converged(&[0, 1]), "{one:?} and {other:?}");
            assert!((0..2).all(|at| world.refusals(at).is_empty()));
            for (from, to, own, suite) in [(0, 1, one, other), (1, 0, other, one)] {
                let mut packets = (1..=2).flat_map(|kind| world.packets(from, to, kind));
                assert!(packets.all(|packet| packet.bytes[2] == suite.number()));
                let mut announced = world.packets(from, to, 3).into_iter();
                assert!(announced.all(|packet| packet.bytes[2] == own.number()));
            }
        }
    }
}

#[test]
fn a_call_of_all_suites_converges_after_joins_leaves_and_reloads() {
    let suites = [SUITES, SUITES].concat();
    let mut world = world_of(2, &suites);
    world.roster(&[0, 1, 2, 3]);
    world.run(2_000);
    world.roster(&[0, 1, 2, 3, 4, 5]);
    world.run(3_000);
    assert!(world.converged(&[0, 1, 2, 3, 4, 5]));
    world.roster(&[1, 2, 3, 4]);
    world.run(4_000);
    assert!(world.converged(&[1, 2, 3, 4]));
    for gone in [0, 5] {
        assert!((1..5).all(|at| world.opens(at, gone).is_err()));
    }
    for at in 1..4 {
        world.close_tab(at);
        world.open_tab(at);
        world.tell(at, &[1, 2, 3, 4]);
        let took = world.run_until(2_000, |world| world.converged(&[1, 2, 3, 4]));
        assert!(took.is_some(), "{at} came back");
    }
}

#[test]
fn an_envelope_of_a_weaker_suite_is_refused() {
    for (own, weaker) in [
        (Suite::MlKem768P256, Suite::P256),
        (Suite::MlKem768P256, Suite::Rsa),
        (Suite::P256, Suite::Rsa),
    ] {
        let mut world = world_of(3, &[Suite::P256, own]).met();
        world.run(1_000);
        let header = Header { suite: weaker, ..world.header(0, 1, 1_000_000) };
        // It is as good as its sender can make it, and signed.
        let weak = Device::of(1, weaker, Curve::Real).enter(CALL, 1).keys();
        let (kid, key) = (DeviceKid::first(7), BaseKey::try_from([7; 32].as_slice()));
        let (key, answers) = (key.expect("a key"), world.question(1, 0));
        let unsigned = device::seal(&header, kid, &key, &weak, answers, &mut world.rng);
        let bytes = unsigned.signed(&world.nodes[0].device.sign(&unsigned.to_sign()));
        world.receive(1, &bytes, None);
        world.run(20);
        assert_eq!(world.last_refusal(1).1, Error::WrongSuite);
        assert!(world.converged(&[0, 1]));
    }
}

#[test]
fn an_envelope_relabelled_to_another_suite_is_refused() {
    let mut world = world_of(4, &[Suite::P256, Suite::MlKem768P256]).met();
    world.run(1_000);
    let genuine = world.packets(0, 1, 1).remove(0).bytes;
    let mut relabelled = genuine.clone();
    relabelled[2] = Suite::P256.number();
    world.receive(1, &relabelled, None);
    assert_eq!(world.last_refusal(1).1, Error::BadMessage, "of another length");
    let mut cut = [&relabelled[..195], &relabelled[195 + 1088..]].concat();
    cut[2] = Suite::P256.number();
    world.receive(1, &cut, None);
    assert_eq!(world.last_refusal(1).1, Error::WrongSuite);
}

#[test]
fn a_bundle_with_another_suite_is_another_device() {
    let mut world = world_of(5, &[Suite::P256, Suite::MlKem768P256]);
    // The same key with a weaker suite: a server could hand it to the first device.
    let weak = Device::of(1, Suite::P256, Curve::Real).bundle;
    assert_ne!(weak.id(), world.nodes[1].device.id());
    world.tell(1, &[0]);
    let asked = world.ask(0, Input::SetMembers(vec![entry(&weak)]));
    let stay = world.nodes[0].stay().clone();
    let mut outputs: std::collections::VecDeque<_> = asked.into();
    while let Some(output) = outputs.pop_front() {
        if let Some((ticket, answer)) = stay.run_host_task(&output, &mut world.rng) {
            outputs.extend(world.ask(0, answer.input(ticket)));
        }
        if let sealframe::session::Output::Send { bytes, .. } = output {
            world.receive(1, &bytes, None);
        }
    }
    assert_eq!(world.refusals(1), [Error::WrongRecipient].into());
    world.run(100);
    assert!(world.opens(0, 1).is_err());
    assert_eq!(world.opens(1, 0), Err(Error::UnknownKey));
}

#[test]
fn a_member_weaker_than_the_application_allows_is_refused() {
    let own = Device::on_fake_curve(0);
    let devices = [Suite::MlKem768P256, Suite::P256, Suite::Rsa];
    let entries: Vec<_> = (1..)
        .zip(devices)
        .map(|(number, suite)| entry(&Device::of(number, suite, Curve::FakeCurve).bundle))
        .collect();
    let set = |weakest, entries: &[Entry]| {
        let mut rng: rand_chacha::ChaCha20Rng = rand_core::SeedableRng::seed_from_u64(1);
        let own = own.enter(CALL, 1).own();
        let mut session = Session::new(own, weakest, Millis(1), &mut rng);
        let mut ring = Ring::new(Limits::default(), Millis(1));
        let input = Input::SetMembers(entries.to_vec());
        let done = session.handle(input, Millis(1), &mut ring, &mut rng);
        (done, session.refused_entry(), session.members().count())
    };
    let legacy = Err(Error::LegacyDevice);
    assert_eq!(set(Suite::P256, &entries), (legacy, Some(2), 0));
    assert_eq!(set(Suite::P256, &entries[..2]), (Ok(()), None, 2));
    assert_eq!(set(Suite::Rsa, &entries), (Ok(()), None, 3));
    assert_eq!(set(Suite::MlKem768P256, &entries), (Err(Error::ClassicDevice), Some(1), 0));
    assert_eq!(set(Suite::MlKem768P256, &entries[2..]), (legacy, Some(0), 0));
    assert_eq!(set(Suite::MlKem768P256, &entries[..1]), (Ok(()), None, 1));
}

#[test]
fn members_are_reported_with_suite_and_key_state() {
    let mut world = world_of(6, &SUITES);
    world.nodes[2].cut_off = true;
    world.roster(&[0, 1, 2]);
    world.run(1_000);
    let report = |world: &World, at: usize| {
        let session = &world.nodes[at].tab.as_ref().expect("open").session;
        let member = |m: sealframe::session::MemberReport<'_>| (m.suite, m.keyed, m.acknowledged);
        session.members().map(member).collect::<Vec<_>>()
    };
    let expected = [(Suite::MlKem768P256, true, true), (Suite::Rsa, false, false)];
    assert_eq!(report(&world, 0), expected);
    world.nodes[2].cut_off = false;
    world.run(5_000);
    let expected = [(Suite::MlKem768P256, true, true), (Suite::Rsa, true, true)];
    assert_eq!(report(&world, 0), expected);
}

#[test]
fn a_member_that_can_ratchet_to_the_newest_key_counts_as_having_it() {
    let mut world = World::new(7, 3);
    world.roster(&[0, 1]);
    world.run(2_000);
    world.roster(&[0, 1, 2]);
    world.run(2_000);
    let session = &world.nodes[0].tab.as_ref().expect("open").session;
    assert_eq!(world.packets(0, 1, 1).len(), 1);
    assert!(session.members().all(|member| member.keyed && member.acknowledged));
}
