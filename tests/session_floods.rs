//! A server, or a member, sends more messages than a device verifies.

mod common;

use common::outputs::{receive, refused, verify_of};
use common::world::World;
use sealframe::Error;
use sealframe::envelope::{Question, Unsigned};
use sealframe::session::{Input, Output};

#[test]
fn at_most_8_messages_of_a_member_wait() {
    let (mut world, packet) = World::one_envelope(11);
    let mut waiting = Vec::new();
    for n in 0..12 {
        let mut bytes = packet.bytes.clone();
        bytes[90] = bytes[90].wrapping_add(n); // another counter makes another message
        let outputs = receive(&mut world, 1, &bytes);
        match n {
            0..6 => waiting.extend(verify_of(&outputs)),
            8 => assert_eq!(refused(&outputs), [Error::TooManyMessages]),
            _ => assert_eq!(outputs.iter().filter(|it| !is_wake(it)).count(), 0, "{outputs:?}"),
        }
    }
    assert_eq!(waiting.iter().filter(|(_, genuine)| *genuine).count(), 1);
    for (ticket, genuine) in waiting.into_iter().rev() {
        world.input(1, Input::Verified { ticket, genuine }).expect("a verdict");
    }
    world.run(20);
    assert_eq!(world.opens(0, 1), Ok(()), "the genuine message among them counted");
}

#[test]
fn the_number_of_waiting_messages_of_all_members_is_bounded() {
    let mut world = World::on_fake_curve(12, 201);
    world.network.loss = 100;
    world.tell(0, &(1..=200).collect::<Vec<_>>());
    let (mut tickets, mut too_many) = (Vec::new(), 0);
    for counter in 1..=4 {
        for at in 1..=200 {
            let own = world.nodes[at].stay().own();
            let header = world.header(at, 0, counter);
            let unsigned =
                Unsigned::announcement(&header, &own, [1; 16], [0; 16], &Question::default());
            let outputs = receive(&mut world, 0, &unsigned.signed(&[0; 64]));
            tickets.extend(verify_of(&outputs));
            too_many += refused(&outputs).len();
        }
    }
    assert_eq!((tickets.len(), too_many), (64, 200), "one refusal a second for each member");
    let mut verified = 0;
    while let Some((ticket, genuine)) = tickets.pop() {
        verified += 1;
        tickets.extend(verify_of(&world.ask(0, Input::Verified { ticket, genuine })));
        assert!(tickets.len() <= 64);
    }
    assert_eq!(verified, 512, "all waiting messages were verified");
}

#[test]
fn a_genuine_message_passes_among_1000_forged_ones_a_second() {
    for seed in 0..10 {
        let mut world = World::on_fake_curve(seed, 3);
        world.tell(1, &[0, 2]);
        world.tell(2, &[1]);
        let mut verified = 0;
        let mut forge = |world: &mut World, counter| {
            let own = world.nodes[0].stay().own();
            let header = world.header(0, 1, counter);
            let question = Question::default();
            let unsigned = Unsigned::announcement(&header, &own, [1; 16], [0; 16], &question);
            for output in receive(world, 1, &unsigned.signed(&[0; 64])) {
                if let Output::Verify { ticket, .. } = output {
                    verified += 1;
                    world.input(1, Input::Verified { ticket, genuine: false }).expect("a verdict");
                }
            }
        };
        let mut counter = 1_000;
        let mut flood = |world: &mut World, ms| {
            for _ in 0..ms {
                counter += 1;
                forge(world, counter);
                world.run(1);
            }
        };
        flood(&mut world, 2_000);
        world.tell(0, &[1]);
        flood(&mut world, 30_000);
        assert!(verified <= 6 + 4 * 32 + 1, "seed {seed}: {verified}");
        assert_eq!(world.opens(2, 1), Ok(()), "other members are affected");
        let took = world.run_until(5_000, |world| world.converged(&[0, 1]));
        assert!(took.is_some(), "seed {seed}: they meet when it is over");
    }
}

fn is_wake(output: &Output) -> bool {
    matches!(output, Output::Wake { .. })
}
