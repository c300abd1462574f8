//! An untrusted network and server: they can delay the key exchange, and change nothing else.

mod common;

use common::device::{self, Curve, Device};
use common::world::{CALL, Event, Network, World};
use proptest::prelude::*;
use sealframe::Error;
use sealframe::envelope::{self, Ack, CallTag, Header, Statement, Suite, Unsigned};
use sealframe::key::{DeviceKid, SenderId};
use sealframe::session::{Input, Ticket};
use sealframe::sframe::BaseKey;

const ENVELOPE: u8 = 1;
const ACK: u8 = 2;
const ANNOUNCEMENT: u8 = 3;

/// A counter above all that a device has used.
const LATER: u64 = 1_000_000;

/// Delivers a message, and waits for its verification and the effects.
fn receive(world: &mut World, at: usize, bytes: &[u8], from: Option<SenderId>) {
    world.receive(at, bytes, from);
    world.run(9);
}

/// An envelope of `from`'s device to device 1 that answers its newest question to device 0.
fn forge(world: &mut World, from: usize, header: Header, kid: u16, key: u8) -> Vec<u8> {
    let base_key = BaseKey::try_from([key; 32].as_slice()).expect("a key");
    let (keys, answers) = (world.nodes[1].stay().keys(), world.question(1, 0));
    let kid = DeviceKid::first(kid);
    let unsigned = device::seal(&header, kid, &base_key, &keys, answers, &mut world.rng);
    unsigned.signed(&world.nodes[from].device.sign(&unsigned.to_sign()))
}

/// Device 1's ack of the envelope with this counter, signed by `signer`.
fn ack(world: &World, signer: usize, counter: u64, kid: DeviceKid) -> Vec<u8> {
    let statement = Statement { kid, answers: [0; 16], holders: [0; 32] };
    let ack = Ack { counter, statement, holders: Vec::new() };
    let unsigned = Unsigned::ack(&world.header(1, 0, LATER), &ack);
    unsigned.signed(&world.nodes[signer].device.sign(&unsigned.to_sign()))
}

#[test]
fn lost_messages_are_repeated() {
    for seed in 0..8 {
        let mut world = World::new(seed, 3);
        world.network = Network { loss: 30, ..Network::GOOD };
        world.roster(&[0, 1, 2]);
        let took = world.run_until(20_000, |world| world.converged(&[0, 1, 2]));
        assert!(took.is_some(), "seed {seed}");
    }
}

#[test]
fn duplicates_and_disorder_change_nothing() {
    for seed in 0..8 {
        let mut world = World::new(seed, 3);
        world.network = Network { delay: (0, 400), loss: 0, duplicates: 60 };
        world.roster(&[0, 1, 2]);
        let took = world.run_until(3_000, |world| world.converged(&[0, 1, 2]));
        assert!(took.is_some(), "seed {seed}");
        world.run(5_000);
        let quiet = world.seen.len();
        world.run(20_000);
        assert_eq!(world.seen.len(), quiet, "messages are still sent, seed {seed}");
    }
}

#[test]
fn a_repeated_envelope_is_acked_again_and_installs_nothing() {
    let (mut world, packet) = World::one_envelope(20);
    for _ in 0..5 {
        world.deliver(&packet);
        world.run(300);
    }
    let keys = world.nodes[1].events.iter().filter(|e| matches!(e.1, Event::Key(_))).count();
    assert_eq!((keys, world.packets(1, 0, ACK).len()), (1, 5));
    assert!(world.refusals(1).is_empty());
}

#[test]
fn a_replayed_envelope_cannot_bring_an_old_key_back() {
    let mut world = World::call(21, 2);
    world.run(2_000);
    let old = world.packets(0, 1, ENVELOPE).remove(0);
    let frame = world.seal(0).expect("sealed");
    world.input(0, Input::Rotate).expect("a rotation");
    world.run(30_000);
    assert!(world.converged(&[0, 1]));
    assert_eq!(world.open(0, 1, &frame), Err(Error::UnknownKey));

    world.deliver(&old);
    world.run(1_000);
    assert!(world.refusals(1).is_empty(), "it is dropped without a report");
    assert_eq!(world.open(0, 1, &frame), Err(Error::UnknownKey));
    assert!(world.converged(&[0, 1]));
}

#[test]
fn another_key_under_a_used_counter_is_dropped() {
    let mut world = World::call(22, 2);
    world.run(1_000);
    let packet = world.packets(0, 1, ENVELOPE).pop().expect("an envelope");
    let used = envelope::Message::parse(&packet.bytes).expect("an envelope").header.counter;
    let keys = |world: &World| {
        world.nodes[1].events.iter().filter(|event| matches!(event.1, Event::Key(_))).count()
    };
    let before = keys(&world);
    for (counter, more) in [(used, 0), (used - 1, 0), (LATER, 1)] {
        let forged = {
            let header = world.header(0, 1, counter);
            forge(&mut world, 0, header, 7, 7)
        };
        receive(&mut world, 1, &forged, None);
        assert_eq!(keys(&world), before + more, "{counter}");
    }
    assert!(world.refusals(1).is_empty());
}

#[test]
fn each_wrong_address_has_its_error_code() {
    let mut world = World::call(23, 3);
    world.tell(1, &[0]); // device 2 is no longer on device 1's roster
    world.run(3_000);
    let right = world.header(0, 1, LATER);
    let cases = [
        (Error::WrongCall, Header { call: CallTag::of("room-43"), ..right }, 0),
        (Error::WrongRecipient, world.header(0, 2, LATER), 0),
        (Error::WrongSuite, Header { suite: Suite::Rsa, ..right }, 0),
        (Error::BadSignature, right, 2),
    ];
    for (code, header, signer) in cases {
        let forged = forge(&mut world, signer, header, 7, 7);
        // With another suite it needs a longer enc.
        let forged = match header.suite {
            Suite::Rsa => [&forged[..195], &[0; 256], &forged[260..]].concat(),
            _ => forged,
        };
        let before = world.state(1);
        receive(&mut world, 1, &forged, None);
        assert_eq!(world.last_refusal(1).1, code);
        assert!(world.state(1) == before, "{code}");
    }
    let header = world.header(2, 1, LATER);
    let stranger = forge(&mut world, 2, header, 7, 7);
    receive(&mut world, 1, &stranger, None);
    assert_eq!(world.last_refusal(1), (Some(world.id(2)), Error::NotAMember));
    let genuine = forge(&mut world, 0, right, 7, 7);
    world.receive(1, &genuine, Some(world.id(2)));
    assert_eq!(world.last_refusal(1), (Some(world.id(2)), Error::WrongSender));
    world.receive(1, b"\x02rubbish", Some(world.id(2)));
    assert_eq!(world.last_refusal(1), (Some(world.id(2)), Error::BadMessage));
    world.receive(1, b"\x01rubbish", Some(world.id(2)));
    assert_eq!(world.last_refusal(1), (Some(world.id(2)), Error::UnsupportedVersion));
    world.receive(1, b"", None);
    assert_eq!(world.last_refusal(1), (None, Error::BadMessage));
}

#[test]
fn an_announcement_of_another_suite_than_the_bundle_is_refused() {
    let mut world = World::call(35, 2);
    let device = Device::of(0, Suite::MlKem768P256, Curve::Real);
    let own = device.enter(CALL, 7).own();
    let header = Header {
        suite: Suite::MlKem768P256,
        sender: world.nodes[0].device.id(),
        ..world.header(0, 1, LATER)
    };
    let header = Header { from: own.incarnation(), ..header };
    let unsigned = Unsigned::announcement(&header, &own, [1; 16], [0; 16], &Default::default());
    let bytes = unsigned.signed(&world.nodes[0].device.sign(&unsigned.to_sign()));
    receive(&mut world, 1, &bytes, None);
    let refused = world.last_refusal(1).1;
    assert!([Error::BadMessage, Error::WrongSuite].contains(&refused), "{refused}");
}

#[test]
fn a_signed_envelope_that_does_not_open_changes_nothing() {
    let mut world = World::call(24, 2);
    world.run(1_000);
    let header = world.header(0, 1, LATER);
    // Sealed in another context than its header states.
    let misaddressed = Header { counter: LATER + 1, ..header };
    let mut bytes = forge(&mut world, 0, misaddressed, 7, 7);
    bytes[83..91].copy_from_slice(&LATER.to_be_bytes());
    let signed = bytes.len() - 64;
    let label = b"sealframe/2 key message".as_slice();
    let signature = world.nodes[0].device.sign(&[label, &bytes[..signed]].concat());
    bytes[signed..].copy_from_slice(&signature);
    world.receive(1, &bytes, None);
    world.run(100);
    assert_eq!(world.last_refusal(1), (Some(world.id(0)), Error::AuthenticationFailed));
    assert!(world.converged(&[0, 1]));
}

#[test]
fn an_ack_from_another_device_does_not_count() {
    let mut world = World::call(25, 3);
    world.run(2_000);
    world.nodes[1].cut_off = true;
    world.input(0, Input::Rotate).expect("a rotation");
    world.run(200);
    let parcel = world.packets(0, 1, ENVELOPE).pop().expect("an envelope");
    let message = envelope::Message::parse(&parcel.bytes).expect("an envelope");
    let kid = match &message.body {
        envelope::Body::Envelope(envelope) => envelope.statement.kid,
        other => panic!("{other:?}"),
    };
    let counter = message.header.counter;
    let start = world.now;
    let forged = ack(&world, 2, counter, kid);
    receive(&mut world, 0, &forged, None);
    assert_eq!(world.last_refusal(0), (Some(world.id(1)), Error::BadSignature));
    assert_eq!(world.own_keys(0, start), 0);
    let of_another = ack(&world, 1, counter - 1, kid);
    receive(&mut world, 0, &of_another, None);
    assert_eq!(world.own_keys(0, start), 0);
    let genuine = ack(&world, 1, counter, kid);
    receive(&mut world, 0, &genuine, None);
    assert_eq!(world.own_keys(0, start), 1);
}

#[test]
fn an_encapsulation_for_a_removed_member_leads_to_no_envelope() {
    let mut world = World::new(26, 2);
    world.roster(&[0, 1]);
    let out = world.run_until(500, |world| world.state(0).contains("Encapsulating"));
    assert!(out.is_some(), "no encapsulation was requested");
    world.tell(0, &[]);
    world.run(10_000);
    assert!(world.packets(0, 1, ENVELOPE).is_empty(), "an envelope to a removed member");
}

#[test]
fn a_closed_session_has_no_keys_and_does_nothing() {
    let mut world = World::call(31, 2);
    world.input(0, Input::Close).expect("closed");
    assert_eq!(world.seal(0), Err(Error::NoKey));
    assert_eq!(world.opens(1, 0), Err(Error::UnknownKey));
    assert_eq!(world.input(0, Input::SetMembers(vec![])), Err(Error::CallClosed));
    assert_eq!(world.input(0, Input::Close), Err(Error::CallClosed));
    let left = world.state(0);
    assert!(left.contains("keys: None") && left.contains("members: []"), "{left}");
}

#[test]
fn secrets_are_silent_in_debug_output_of_a_session() {
    let (mut world, packet) = World::one_envelope(32);
    world.deliver(&packet);
    world.run(3);
    for at in 0..2 {
        let shown = world.state(at);
        assert!(shown.contains("BaseKey { .. }"), "{shown}");
        assert!(!shown.contains("bytes: [0, 0"), "{shown}");
    }
    let input = Input::Decapped { ticket: Ticket(1), shared: envelope::Secret::from(&[0xa5; 32]) };
    assert!(!format!("{input:?}").contains("165"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_key_message_with_a_flipped_bit_is_refused_and_changes_nothing(
        kind in prop::sample::select(vec![ENVELOPE, ACK, ANNOUNCEMENT]),
        at in 0usize..219,
        bit in 0u8..8,
    ) {
        let mut world = World::new(33, 2);
        world.roster(&[0, 1]);
        world.run_until(500, |world| !world.packets(1, 0, kind).is_empty());
        world.lose_what_is_under_way();
        world.network.loss = 100;
        world.run(30);
        let mut bytes = world.packets(1, 0, kind).remove(0).bytes;
        // From the front or from the back, so that each position of each length is reached.
        let place = if at % 2 == 0 { at } else { bytes.len() - 1 - at };
        bytes[place] ^= 1 << bit;
        let (before, events) = (world.state(0), world.nodes[0].events.len());
        // An announcement in a stranger's name would be held until that device becomes a member.
        let strange = kind == ANNOUNCEMENT && (19..35).contains(&place);
        let from = strange.then(|| world.id(1));
        receive(&mut world, 0, &bytes, from);
        prop_assert!(world.state(0) == before);
        // A message that would change nothing is dropped before its verification.
        let refused = world.nodes[0].events.len() - events;
        let ignored = envelope::Message::parse(&bytes).is_ok() && place < 123;
        prop_assert!(refused == 1 || (refused == 0 && ignored), "{refused}");
    }

    #[test]
    fn receiving_any_bytes_is_refused_and_changes_nothing(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut world = World::new(34, 2);
        world.roster(&[0, 1]);
        let before = world.state(0);
        world.receive(0, &bytes, None);
        prop_assert!(world.state(0) == before);
        prop_assert!(matches!(world.last_refusal(0), (None, _)));
    }
}
