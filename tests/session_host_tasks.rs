//! Host tasks may fail, take time, and return in any order.

mod common;

use common::device::{self, Answer};
use common::outputs::{receive, refused, verify_of};
use common::world::{Packet, World, entry};
use sealframe::Error;
use sealframe::envelope::{Body, Message, Secret};
use sealframe::key::DeviceKid;
use sealframe::session::{Input, Output, Ticket};
use sealframe::sframe::{BaseKey, Kid};

const ENVELOPE: u8 = 1;
const ANNOUNCEMENT: u8 = 3;

/// An envelope from device 0 to device 1 that answers the question of device 1.
fn forge(world: &mut World, counter: u64, kid: u16, key: u8) -> Vec<u8> {
    let header = world.header(0, 1, counter);
    let base_key = BaseKey::try_from([key; 32].as_slice()).expect("a key");
    let kid = DeviceKid::first(kid);
    let (keys, answers) = (world.nodes[1].stay().keys(), world.question(1, 0));
    let unsigned = device::seal(&header, kid, &base_key, &keys, answers, &mut world.rng);
    unsigned.signed(&world.nodes[0].device.sign(&unsigned.to_sign()))
}

/// Two devices that know each other. The first has just been asked to encapsulate. Returns that
/// task.
fn to_encapsulate(seed: u64) -> (World, Output) {
    let mut world = World::new(seed, 2);
    world.network.delay = (10, 10);
    world.host_tasks = (1, 1);
    world.roster(&[0, 1]);
    let answered = |world: &World| world.packets(1, 0, ANNOUNCEMENT).len() > 1;
    assert!(world.run_until(500, |world| answered(world)).is_some());
    let packet = world.packets(1, 0, ANNOUNCEMENT).pop().expect("an answer");
    world.lose_what_is_under_way();
    world.network.loss = 100;
    let asked = world.ask(0, Input::Receive { bytes: &packet.bytes, from: None });
    let (ticket, genuine) = verify_of(&asked)[0];
    let mut asked = world.ask(0, Input::Verified { ticket, genuine });
    let encapsulate = |output: &Output| matches!(output, Output::Encap { .. });
    let at = asked.iter().position(encapsulate).expect("a host task");
    (world, asked.remove(at))
}

#[test]
fn a_message_has_no_effect_before_its_signature_is_verified() {
    let (mut world, packet) = World::one_envelope(5);
    let outputs = receive(&mut world, 1, &packet.bytes);
    assert_eq!(verify_of(&outputs).len(), 1);
    assert!(!outputs.iter().any(|output| matches!(output, Output::Decap { .. })));
    let ticket = verify_of(&outputs)[0].0;
    let outputs = world.ask(1, Input::Verified { ticket, genuine: false });
    assert_eq!(refused(&outputs), [Error::BadSignature]);
    let outputs = world.ask(1, Input::Verified { ticket, genuine: true });
    assert_eq!(outputs, [], "a ticket counts once");
}

#[test]
fn a_message_delivered_twice_is_verified_once() {
    let (mut world, packet) = World::one_envelope(6);
    let first = receive(&mut world, 1, &packet.bytes);
    assert_eq!(verify_of(&first).len(), 1);
    assert_eq!(receive(&mut world, 1, &packet.bytes), []);
    let ticket = verify_of(&first)[0].0;
    let asked = world.ask(1, Input::Verified { ticket, genuine: true });
    assert_eq!(receive(&mut world, 1, &packet.bytes), [], "it waits for the decapsulation");
    for output in asked {
        let task = world.nodes[1].stay().clone().run_host_task(&output, &mut world.rng);
        let Some((ticket, answer)) = task else { continue };
        world.input(1, answer.input(ticket)).expect("the key");
    }
    world.run(10);
    assert_eq!(receive(&mut world, 1, &packet.bytes), [], "an ack was made just before");
    world.run(250);
    let again = receive(&mut world, 1, &packet.bytes);
    assert!(matches!(again[..], [Output::Sign { .. }]), "a new ack and nothing else");
}

#[test]
fn removing_a_member_drops_its_waiting_messages() {
    for back in [false, true] {
        let (mut world, packet) = World::one_envelope(7);
        let ticket = verify_of(&receive(&mut world, 1, &packet.bytes))[0].0;
        world.tell(1, &[]);
        if back {
            world.tell(1, &[0]);
        }
        assert_eq!(world.ask(1, Input::Verified { ticket, genuine: true }), [], "{back}");
        assert_eq!(world.opens(0, 1), Err(Error::UnknownKey));
    }
}

#[test]
fn removing_a_member_drops_its_envelope_that_waits_for_decap() {
    let (mut world, packet) = World::one_envelope(8);
    let ticket = verify_of(&receive(&mut world, 1, &packet.bytes))[0].0;
    let asked = world.ask(1, Input::Verified { ticket, genuine: true });
    world.tell(1, &[]);
    world.tell(1, &[0]);
    let task = world.nodes[1].stay().clone().run_host_task(&asked[0], &mut world.rng);
    let (ticket, answer) = task.expect("an agreement");
    assert!(matches!(answer, Answer::Decapped(_)));
    assert_eq!(world.ask(1, answer.input(ticket)), []);
    assert_eq!(world.opens(0, 1), Err(Error::UnknownKey));
}

#[test]
fn a_result_after_close_is_refused() {
    let (mut world, packet) = World::one_envelope(9);
    let ticket = verify_of(&receive(&mut world, 1, &packet.bytes))[0].0;
    world.input(1, Input::Close).expect("closed");
    let late = world.input(1, Input::Verified { ticket, genuine: true });
    assert_eq!(late, Err(Error::CallClosed));
}

#[test]
fn the_newer_of_two_envelopes_counts_whichever_is_verified_first() {
    for newer_first in [false, true] {
        let (mut world, _) = World::one_envelope(10);
        let envelopes = [(1_000, 0x111, 1), (1_001, 0x222, 2)]
            .map(|(counter, kid, key)| forge(&mut world, counter, kid, key));
        let mut tickets: Vec<_> =
            envelopes.iter().flat_map(|bytes| verify_of(&receive(&mut world, 1, bytes))).collect();
        if newer_first {
            tickets.reverse();
        }
        let mut asked = Vec::new();
        for (ticket, genuine) in tickets {
            asked.extend(world.ask(1, Input::Verified { ticket, genuine }));
        }
        let agreements = asked.iter().filter(|o| matches!(o, Output::Decap { .. })).count();
        assert_eq!(agreements, 2, "messages are handled in the order of their arrival");
        let stay = world.nodes[1].stay().clone();
        for output in asked.iter().rev() {
            if let Some((ticket, answer)) = stay.run_host_task(output, &mut world.rng) {
                world.input(1, answer.input(ticket)).expect("an answer that fits");
            }
        }
        let key = BaseKey::try_from([2; 32].as_slice()).expect("a key");
        let sender = world.id(0);
        let ring = &mut world.nodes[1].tab.as_mut().expect("open").end.ring;
        let at = ring.find(&sender).expect("a sender");
        let newer = DeviceKid::first(0x222).kid();
        let mut fits = false;
        let opened = ring.open(at, newer, &mut |held| {
            fits = held.is_made_of(&key);
            Ok(())
        });
        assert!(opened.is_ok() && fits);
        let older: Kid = DeviceKid::first(0x111).kid();
        assert!(ring.open(at, older, &mut |_| Ok(())).is_err());
    }
}

#[test]
fn slow_host_tasks_in_any_order_lead_to_the_same_state() {
    for seed in 0..12 {
        let mut world = World::on_fake_curve(seed, 4);
        world.host_tasks = (0, 600);
        world.network.duplicates = 30;
        world.roster(&[0, 1, 2, 3]);
        let took = world.run_until(10_000, |world| world.converged(&[0, 1, 2, 3]));
        assert!(took.is_some(), "seed {seed}");
        world.roster(&[0, 1, 2]);
        world.run(15_000);
        assert!(world.converged(&[0, 1, 2]), "seed {seed}");
        assert!((0..3).all(|at| world.opens(at, 3).is_err()), "seed {seed}");
    }
}

#[test]
fn an_envelope_holds_the_newest_key_when_the_host_has_encapsulated() {
    let (mut world, task) = to_encapsulate(13);
    let first = world.nodes[0].tab.as_ref().expect("open").end.ring.own_kid().expect("a key");
    let again = world.ask(0, Input::Rotate);
    let encapsulate = |output: &&Output| matches!(output, Output::Encap { .. });
    assert_eq!(again.iter().filter(encapsulate).count(), 0, "one encapsulation for both keys");
    let stay = world.nodes[0].stay().clone();
    let (ticket, answer) = stay.run_host_task(&task, &mut world.rng).expect("an answer");
    world.input(0, answer.input(ticket)).expect("an envelope");
    world.run(50);
    let packet = world.packets(0, 1, ENVELOPE).remove(0);
    let message = Message::parse(&packet.bytes).expect("an envelope");
    let Body::Envelope(envelope) = message.body else { panic!("an envelope") };
    let staged = DeviceKid::parse(first).expect("a device's").next_generation();
    assert_eq!(envelope.statement.kid, staged);
}

#[test]
fn an_encapsulation_for_a_member_that_left_is_dropped() {
    let (mut world, task) = to_encapsulate(14);
    let start = world.now;
    world.tell(0, &[]);
    let stay = world.nodes[0].stay().clone();
    let (ticket, answer) = stay.run_host_task(&task, &mut world.rng).expect("an answer");
    assert_eq!(world.ask(0, answer.input(ticket)), []);
    world.run(5_000);
    assert_eq!(world.own_keys(0, start), 0, "it never had a key, so no rotation is needed");
}

#[test]
fn an_encapsulation_of_the_wrong_form_is_an_error_and_changes_nothing() {
    let (mut world, task) = to_encapsulate(15);
    let stay = world.nodes[0].stay().clone();
    let (ticket, answer) = stay.run_host_task(&task, &mut world.rng).expect("a host task");
    let Answer::Encapped(enc, shared) = &answer else { panic!("{answer:?}") };
    for wrong in [&enc[1..], &[], &[4; 66], &[0; 65]] {
        let input = Input::Encapped { ticket, enc: wrong, shared: shared.clone() };
        assert_eq!(world.input(0, input), Err(Error::BadArgument));
    }
    world.input(0, answer.input(ticket)).expect("the right result still counts");
    world.run(50);
    assert_eq!(world.packets(0, 1, ENVELOPE).len(), 1);
}

#[test]
fn a_device_key_that_fails_is_tried_again() {
    let (mut world, packet) = World::one_envelope(28);
    let Packet { bytes, .. } = packet;
    for _ in 0..3 {
        let asked = world.ask(1, Input::Receive { bytes: &bytes, from: None });
        let ticket = asked.iter().find_map(|output| match output {
            Output::Verify { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let ticket = ticket.expect("a question");
        let asked = world.ask(1, Input::Verified { ticket, genuine: true });
        let ticket = asked.iter().find_map(|output| match output {
            Output::Decap { ticket, .. } => Some(*ticket),
            _ => None,
        });
        world.input(1, Input::Failed { ticket: ticket.expect("a question") }).expect("noted");
        assert_eq!(world.last_refusal(1), (Some(world.id(0)), Error::DeviceKeyFailed));
    }
    world.receive(1, &bytes, None);
    world.run(20);
    assert_eq!(world.opens(0, 1), Ok(()));
}

#[test]
fn an_announcement_with_a_slow_signature_is_still_sent() {
    let mut world = World::on_fake_curve(30, 2);
    let roster = vec![entry(&world.nodes[1].device.bundle)];
    let mut signs = Vec::new();
    let tickets = |asked: Vec<Output>| {
        asked.into_iter().filter_map(|output| match output {
            Output::Sign { ticket, .. } => Some(ticket),
            _ => None,
        })
    };
    signs.extend(tickets(world.ask(0, Input::SetMembers(roster))));
    for _ in 0..5 {
        world.jump(0, 3_000);
        signs.extend(tickets(world.ask(0, Input::Tick)));
    }
    let [ticket] = signs[..] else { panic!("{signs:?}") };
    let asked = world.ask(0, Input::Signed { ticket, signature: [1; 64] });
    assert!(matches!(asked[..], [Output::Send { .. }, ..]), "{asked:?}");
}

#[test]
fn results_for_unknown_tickets_are_ignored() {
    let mut world = World::call(29, 2);
    world.run(1_000);
    let before = world.state(0);
    for number in [0, 1, 2, 3, 99, u32::MAX] {
        let ticket = Ticket(number);
        world.input(0, Input::Signed { ticket, signature: [1; 64] }).expect("ignored");
        let shared = || Secret::from(&[1; 32]);
        world.input(0, Input::Decapped { ticket, shared: shared() }).expect("ignored");
        let encapsulated = Input::Encapped { ticket, enc: &[4; 65], shared: shared() };
        world.input(0, encapsulated).expect("ignored");
        world.input(0, Input::Verified { ticket, genuine: true }).expect("ignored");
        world.input(0, Input::Failed { ticket }).expect("ignored");
    }
    assert!(world.state(0) == before);
}
