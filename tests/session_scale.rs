//! Two hundred members, and members who want too much.

mod common;

use common::device::{self, Device};
use common::world::{CALL, START, World, entry};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::Millis;
use sealframe::envelope::{CallTag, Header, Suite, Unsigned};
use sealframe::key::{DeviceKid, Limits, Ring};
use sealframe::session::{Input, Output, Serials, Session};
use sealframe::sframe::BaseKey;

/// Sends, signatures and agreements asked for in one turn.
fn work(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| !matches!(output, Output::Wake { .. })).count()
}

struct One {
    session: Session,
    ring: Ring,
    rng: ChaCha20Rng,
    now: Millis,
}

impl One {
    fn new(device: &Device) -> Self {
        let session = Session::new(CALL, device.own(), Serials::default(), Suite::P256, START);
        let ring = Ring::new(Limits::default(), START);
        Self { session, ring, rng: ChaCha20Rng::seed_from_u64(1), now: START }
    }

    fn input(&mut self, input: Input<'_>) -> Vec<Output> {
        let done = self.session.handle(input, self.now, &mut self.ring, &mut self.rng);
        done.expect("no error");
        core::iter::from_fn(|| self.session.poll()).collect()
    }
}

#[test]
fn a_key_for_two_hundred_is_made_in_small_pieces() {
    let own = Device::pretend(0);
    let mut one = One::new(&own);
    let members = (1..=200).map(|n| entry(&Device::pretend(n).bundle));
    let mut outputs = one.input(Input::SetMembers(members.collect()));
    let mut asked = Vec::new();
    for _ in 0..1_000 {
        assert!(work(&outputs) <= 33, "{}", work(&outputs));
        asked.extend(outputs.iter().filter_map(|output| own.errand(output, &mut one.rng)));
        if !outputs.contains(&Output::Wake { at: START }) {
            break;
        }
        outputs = one.input(Input::Tick);
    }
    assert_eq!(asked.len(), 200);
    for (ticket, answer) in asked {
        let outputs = one.input(answer.input(ticket));
        assert!(matches!(
            outputs[..],
            [Output::Sign { .. }] | [Output::Sign { .. }, Output::Wake { .. }]
        ));
    }
}

#[test]
fn two_hundred_may_be_heard_of_before_they_are_known() {
    let mut world = World::pretend(1, 200);
    for at in 1..200 {
        world.tell(at, &[0]);
    }
    world.run(800); // they have sent their keys, and asked for ours
    world.tell(0, &(1..200).collect::<Vec<_>>());
    world.run(50);
    assert!((1..200).all(|from| world.opens(from, 0).is_ok()));
    assert!(world.refusals(0).is_empty());
}

#[test]
fn two_hundred_members_take_a_rotation() {
    let members: Vec<_> = (0..200).collect();
    let mut world = World::pretend(1, 200);
    // Only the first one's side is played in full; the others have one member.
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
fn a_member_that_floods_us_costs_little() {
    let (own, other) = (Device::pretend(0), Device::pretend(1));
    let mut one = One::new(&own);
    one.input(Input::SetMembers(vec![entry(&other.bundle)]));
    let (call, suite, to) = (CallTag::of(CALL), own.bundle.suite(), &own.bundle);
    let key = BaseKey::try_from([1; 32].as_slice()).expect("a key");
    let mut size = 0;
    for round in 0..200u64 {
        let serial = START.0 + round;
        let header = Header { suite, call, sender: other.id(), recipient: own.id(), serial };
        let kid = DeviceKid::first(round as u16);
        let envelope = device::seal(&header, kid, &key, to, &mut one.rng);
        for unsigned in [envelope, Unsigned::request(&header, [0; 16])] {
            let bytes = unsigned.signed(&other.sign(&unsigned.to_sign()));
            let outputs = one.input(Input::Receive { bytes: &bytes, from: None });
            assert!(work(&outputs) <= 2);
        }
        let shown = format!("{:?}", one.session).len();
        if round == 10 {
            size = shown;
        }
        assert!(round < 10 || shown < size + 200, "the state does not grow");
    }
}
