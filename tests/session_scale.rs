//! Two hundred members, and a member that sends too much.

mod common;

use common::device::{self, Device, Stay};
use common::world::{CALL, START, World, entry};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::Millis;
use sealframe::envelope::{Body, CallTag, Header, Message, Nonce, Question, Suite, Unsigned};
use sealframe::key::{DeviceKid, Limits, Ring};
use sealframe::session::{Input, Output, Session};
use sealframe::sframe::BaseKey;

/// Number of sends, signatures and agreements in the outputs of one turn.
fn work(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| !matches!(output, Output::Wake { .. })).count()
}

struct One {
    session: Session,
    stay: Stay,
    ring: Ring,
    rng: ChaCha20Rng,
    now: Millis,
}

impl One {
    fn new(device: &Device) -> Self {
        let (stay, mut rng) = (device.enter(CALL, 0), ChaCha20Rng::seed_from_u64(1));
        let session = Session::new(stay.own(), Suite::P256, START, &mut rng);
        let ring = Ring::new(Limits::default(), START);
        Self { session, stay, ring, rng, now: START }
    }

    fn input(&mut self, input: Input<'_>) -> Vec<Output> {
        let done = self.session.handle(input, self.now, &mut self.ring, &mut self.rng);
        done.expect("no error");
        core::iter::from_fn(|| self.session.poll()).collect()
    }

    /// A signed message of another device to us.
    fn of(&mut self, other: &Stay, unsigned: &Unsigned) -> Vec<Output> {
        let bytes = unsigned.signed(&other.device.sign(&unsigned.to_sign()));
        self.input(Input::Receive { bytes: &bytes, from: None })
    }
}

fn header(from: &Stay, to: &Stay, counter: u64) -> Header {
    let (from, to) = (from.own(), to.own());
    Header {
        suite: to.bundle().suite(),
        call: CallTag::of(CALL),
        sender: from.bundle().id(),
        recipient: to.bundle().id(),
        from: from.incarnation(),
        to: Some(to.incarnation()),
        counter,
    }
}

fn announcement(from: &Stay, to: &Stay, counter: u64, answers: Nonce) -> Unsigned {
    let header = header(from, to, counter);
    Unsigned::announcement(&header, &from.own(), [counter as u8; 16], answers, &Question::default())
}

/// Does all host tasks of ours except encapsulations until all are done. Returns the
/// messages that we sent and the other outputs.
fn settle(one: &mut One, outputs: Vec<Output>) -> (Vec<Vec<u8>>, Vec<Output>) {
    let (mut todo, mut sent, mut rest) = (outputs, Vec::new(), Vec::new());
    while let Some(output) = todo.pop() {
        match output {
            Output::Send { bytes, .. } => sent.push(bytes),
            Output::Sign { .. } | Output::Verify { .. } | Output::Decap { .. } => {
                let stay = one.stay.clone();
                let (ticket, answer) =
                    stay.run_host_task(&output, &mut one.rng).expect("an answer");
                todo.extend(one.input(answer.input(ticket)));
            }
            other => rest.push(other),
        }
    }
    (sent, rest)
}

#[test]
fn announcements_to_200_members_are_made_32_per_turn() {
    let own = Device::on_fake_curve(0);
    let mut one = One::new(&own);
    let members = (1..=200).map(|n| entry(&Device::on_fake_curve(n).bundle));
    let mut outputs = one.input(Input::SetMembers(members.collect()));
    let mut signed = 0;
    for _ in 0..1_000 {
        assert!(work(&outputs) <= 33, "{}", work(&outputs));
        signed += outputs.iter().filter(|output| matches!(output, Output::Sign { .. })).count();
        if !outputs.contains(&Output::Wake { at: START }) {
            break;
        }
        outputs = one.input(Input::Tick);
    }
    assert_eq!(signed, 200);
}

#[test]
fn envelopes_to_200_members_are_made_32_per_turn() {
    let own = Device::on_fake_curve(0);
    let mut one = One::new(&own);
    let others: Vec<_> = (1..=200).map(|n| Device::on_fake_curve(n).enter(CALL, n)).collect();
    let members = others.iter().map(|other| entry(&other.device.bundle));
    let mut announced = Vec::new();
    let mut outputs = one.input(Input::SetMembers(members.collect()));
    while announced.len() < 200 {
        announced.extend(settle(&mut one, outputs).0);
        outputs = one.input(Input::Tick);
    }
    // Each member answers. Those that must get the key get it with the rotation.
    for bytes in announced {
        let message = Message::parse(&bytes).expect("an announcement");
        let Body::Announcement(said) = &message.body else { panic!("{message:?}") };
        let other = others.iter().find(|other| other.device.id() == message.header.recipient);
        let other = other.expect("a member").clone();
        let unsigned = announcement(&other, &one.stay.clone(), 1, said.nonce);
        let outputs = one.of(&other, &unsigned);
        assert!(work(&outputs) <= 33);
        for output in outputs.iter().filter(|output| matches!(output, Output::Verify { .. })) {
            let (ticket, answer) = other.run_host_task(output, &mut one.rng).expect("an answer");
            let outputs = one.input(answer.input(ticket));
            assert!(work(&outputs) <= 2, "{outputs:?}");
        }
    }
    one.now = one.now.plus(5_000);
    let mut outputs = one.input(Input::Rotate);
    let mut encapsulations = 0;
    for _ in 0..100 {
        assert!(work(&outputs) <= 66, "{}", work(&outputs));
        let asks = |output: &&Output| matches!(output, Output::Encap { .. });
        encapsulations += outputs.iter().filter(asks).count();
        outputs = one.input(Input::Tick);
    }
    assert!(encapsulations <= 200, "{encapsulations}");
}

#[test]
fn announcements_of_200_later_members_are_held() {
    let mut world = World::on_fake_curve(1, 200);
    for at in 1..200 {
        world.tell(at, &[0]);
    }
    world.run(800); // they have sent their announcements
    world.tell(0, &(1..200).collect::<Vec<_>>());
    world.run(200);
    assert!((1..200).all(|from| world.opens(from, 0).is_ok()));
    assert!(world.refusals(0).is_empty());
}

#[test]
fn a_rotation_reaches_200_members() {
    let members: Vec<_> = (0..200).collect();
    let mut world = World::on_fake_curve(1, 200);
    // Only the first one's side is played in full. The others have one member.
    for at in 1..200 {
        world.tell(at, &[0]);
    }
    world.tell(0, &members);
    world.run(1_000);
    assert!((1..200).all(|to| world.opens(0, to).is_ok()));
    world.tell(0, &members[..199]);
    world.run(3_000);
    assert!(world.opens(0, 199).is_err());
    assert!((1..199).all(|to| world.opens(0, to).is_ok()));
}

#[test]
fn a_member_that_floods_us_costs_few_verifications() {
    let (own, other) = (Device::on_fake_curve(0), Device::on_fake_curve(1).enter(CALL, 1));
    let mut one = One::new(&own);
    let outputs = one.input(Input::SetMembers(vec![entry(&other.device.bundle)]));
    let (sent, _) = settle(&mut one, outputs);
    let message = Message::parse(&sent[0]).expect("an announcement");
    let Body::Announcement(said) = &message.body else { panic!("{message:?}") };
    let (nonce, question) = (said.nonce, said.question.nonce);
    let outputs = one.of(&other, &announcement(&other, &one.stay.clone(), 1, nonce));
    settle(&mut one, outputs);
    let key = BaseKey::try_from([1; 32].as_slice()).expect("a key");
    let mut size = 0;
    for round in 1..200u64 {
        let stay = one.stay.clone();
        let header = header(&other, &stay, 2 * round);
        let kid = DeviceKid::first(round as u16);
        let envelope = device::seal(&header, kid, &key, &stay.keys(), question, &mut one.rng);
        let announcement = announcement(&other, &stay, 2 * round + 1, [0; 16]);
        for unsigned in [envelope, announcement] {
            let outputs = one.of(&other, &unsigned);
            assert!(work(&outputs) <= 2, "{outputs:?}");
        }
        let shown = format!("{:?}", one.session).len();
        if round == 10 {
            size = shown;
        }
        // Messages of one length replace waiting messages of another.
        assert!(round < 10 || shown < 2 * size, "the state does not grow");
    }
}
