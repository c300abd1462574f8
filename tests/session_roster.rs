//! Rosters with a refused entry: nobody is added, and members that are not listed are removed.

mod common;

use common::device::{Curve, Device};
use common::world::{World, entry};
use sealframe::Error;
use sealframe::envelope::Suite;
use sealframe::session::{Entry, Input};

/// A call of three. Sets this roster on the first device. Returns the result and the members.
fn told(seed: u64, entries: Vec<Entry>) -> (Result<(), Error>, Option<usize>, Vec<usize>) {
    let mut world = World::call(seed, 3);
    world.run(1_000);
    let done = world.input(0, Input::SetMembers(entries));
    let session = &world.nodes[0].tab.as_ref().expect("open").session;
    let there = |at: &usize| session.members().any(|member| *member.sender == world.id(*at));
    (done, session.refused_entry(), (1..3).filter(there).collect())
}

fn device(number: u64) -> Device {
    Device::new(number)
}

fn bytes(number: u64) -> Vec<u8> {
    device(number).bundle.as_bytes().to_vec()
}

fn good(number: u64) -> Entry {
    entry(&device(number).bundle)
}

#[test]
fn an_id_that_does_not_match_the_bundle_is_refused() {
    let id = device(1).id().hex();
    let swapped = Entry::parse(&bytes(7), Some(&id));
    let told_of = told(1, vec![good(2), swapped]);
    assert_eq!(told_of, (Err(Error::BadBundle), Some(1), vec![1, 2]), "the id keeps its device");
    let honest = Entry::parse(&bytes(1), Some(&id));
    assert_eq!(told(2, vec![honest]), (Ok(()), None, vec![1]));
    for no_id in ["", "me", &id.to_uppercase(), &id[1..], &format!("{id}0")] {
        let entry = Entry::parse(&bytes(1), Some(no_id));
        assert_eq!(told(3, vec![entry]), (Err(Error::BadBundle), Some(0), vec![]), "{no_id}");
    }
}

#[test]
fn two_devices_that_share_a_public_key_are_refused() {
    let hybrid = Device::of(7, Suite::MlKem768P256, Curve::Real);
    let classic = Device::of(7, Suite::P256, Curve::Real);
    assert_eq!(hybrid.bundle.as_bytes()[2..], classic.bundle.as_bytes()[2..], "only the suite");
    let derived = entry(&classic.bundle);
    let both = vec![good(1), good(2), entry(&hybrid.bundle), derived.clone()];
    assert_eq!(told(4, both), (Err(Error::BadBundle), Some(3), vec![1, 2]));
    assert_eq!(told(5, vec![good(1), derived]), (Ok(()), None, vec![1]), "alone it is one device");
    // The modulus of one device with the signing key of another.
    let [one, other] = [8, 9].map(|number| Device::of(number, Suite::Rsa, Curve::FakeCurve).bundle);
    let crossed = [&other.as_bytes()[..67], &one.as_bytes()[67..]].concat();
    let crossed = vec![entry(&one), Entry::parse(&crossed, None)];
    assert_eq!(told(6, crossed), (Err(Error::BadBundle), Some(1), vec![]));
}

#[test]
fn a_device_with_our_own_public_key_is_refused() {
    let ours = Device::of(0, Suite::MlKem768P256, Curve::Real).bundle;
    let entries = vec![good(0), good(1), good(2), entry(&ours)];
    assert_eq!(told(7, entries), (Err(Error::BadBundle), Some(3), vec![1, 2]));
}

#[test]
fn a_refused_entry_adds_nobody_and_removes_members_that_are_not_listed() {
    let mut bad = bytes(6);
    bad[2] ^= 1;
    let newer = [&[9], &bytes(6)[1..]].concat();
    for (bytes, code) in
        [(bad, Error::BadBundle), (newer, Error::UnsupportedVersion), (vec![], Error::BadBundle)]
    {
        let entries = vec![good(2), good(5), Entry::parse(&bytes, None)];
        assert_eq!(told(8, entries), (Err(code), Some(2), vec![2]));
    }
}

#[test]
fn a_member_removed_by_a_roster_with_a_refused_entry_loses_its_key() {
    let mut world = World::call(9, 3);
    world.run(1_000);
    let entries = vec![good(1), Entry::parse(b"none", None)];
    assert!(world.input(0, Input::SetMembers(entries)).is_err());
    assert_eq!(world.opens(2, 0), Err(Error::UnknownKey));
    let took = world.run_until(3_000, |world| world.opens(0, 2).is_err());
    assert!(took.is_some_and(|ms| ms < 1_200), "{took:?}");
    assert!(world.converged(&[0, 1]));
}

#[test]
fn too_many_entries_change_nothing() {
    let entries = vec![good(5); 1_025];
    assert_eq!(told(10, entries), (Err(Error::BadArgument), None, vec![1, 2]));
}

#[test]
fn listing_a_device_twice_or_our_own_is_allowed() {
    let entries = vec![good(1), good(0), good(1), good(2), good(2)];
    assert_eq!(told(11, entries), (Ok(()), None, vec![1, 2]));
}
