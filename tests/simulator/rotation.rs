//! The duration of a rotation: from the roster without a member until all others open frames under
//! the new key.
//!
//! Only one sender's side is played in full. The others list all devices but know only the bundle
//! of that sender. Senders do not wait for each other. Each device's host tasks take a millisecond,
//! one after the other.

use crate::common::world::{Network, World, entry};
use crate::on_all_cores;
use crate::total::percentile;
use sealframe::Error;
use sealframe::session::{Entry, Input};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const SIZES: [u64; 10] = [2, 5, 10, 20, 35, 50, 75, 100, 150, 200];
const LOOK: u64 = 5;
/// Every lost message was repeated by this time, in milliseconds.
const LIMIT: u64 = 20_000;

/// The figures for a number of members, without loss and with some.
pub fn all(rotations: u64) -> Vec<Value> {
    let (runs, next) = (SIZES.len() * 2, AtomicUsize::new(0));
    let done = Mutex::new(vec![Value::Null; runs]);
    on_all_cores(|| {
        // The largest first: they take longest.
        while let Some(at) = runs.checked_sub(1 + next.fetch_add(1, Ordering::Relaxed)) {
            let figures = one(SIZES[at / 2], [0, 5][at % 2], rotations);
            done.lock().expect("no panic")[at] = figures;
        }
    });
    done.into_inner().expect("no panic")
}

fn one(members: u64, loss: u64, rotations: u64) -> Value {
    let mut world = World::on_fake_curve(members * 100 + loss, members + 1);
    (world.host_tasks, world.in_turn) = ((1, 1), true);
    world.network = Network { loss, ..Network::GOOD };
    // The last device comes and goes; `members` remain.
    let all: Vec<_> = (0..=members as usize).collect();
    for &at in &all[1..] {
        world.tell(at, &[0]);
        name(&mut world, at, &all);
    }
    let mut took: Vec<_> = (0..rotations).map(|_| rotation(&mut world, &all)).collect();
    took.sort_unstable();
    let [p50, p99] = [50, 99].map(|percent| percentile(&took, percent));
    json!({ "members": members, "loss": loss, "p50": p50, "p99": p99, "max": took.last() })
}

/// Lists devices whose bundles a device cannot read, besides its member 0.
fn name(world: &mut World, at: usize, all: &[usize]) {
    let member = entry(&world.nodes[0].device.bundle);
    let ids = all[1..].iter().map(|&other| world.nodes[other].device.id().hex());
    let unread = ids.map(|id| Entry::parse(b"", Some(&id)));
    let entries = [member].into_iter().chain(unread).collect();
    let refused = world.input(at, Input::SetMembers(entries));
    assert_eq!(refused, Err(Error::BadBundle));
}

fn rotation(world: &mut World, all: &[usize]) -> u64 {
    world.tell(0, all);
    world.run(LIMIT);
    assert!(all[1..].iter().all(|&to| world.opens(0, to).is_ok()), "they never met");
    let (start, remain) = (world.now, &all[..all.len() - 1]);
    let leaver = all[all.len() - 1];
    world.tell(0, remain);
    let mut missing = remain[1..].to_vec();
    let done = world.run_by(LIMIT, LOOK, |world| {
        let new = world.own_keys(0, start) > 0;
        let frame = world.seal(0).expect("a key");
        missing.retain(|&to| !new || world.open(0, to, &frame).is_err());
        missing.is_empty()
    });
    assert!(world.opens(0, leaver).is_err(), "a removed device opens the new key");
    done.expect("a rotation")
}
