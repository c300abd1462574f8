//! Bundles, and how a device enters a call.

mod common;

use common::device::{Curve, Device};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::Error;
use sealframe::envelope::kem::Point;
use sealframe::envelope::{Bundle, CallTag, OwnDevice, Suite};

const CALL: &str = "room-42";

#[test]
fn a_bundle_is_parsed_and_named_by_its_hash() {
    for (suite, len) in [(Suite::P256, 67), (Suite::MlKem768P256, 67), (Suite::Rsa, 323)] {
        let device = Device::of(1, suite, Curve::Real);
        let bytes = device.bundle.as_bytes();
        assert_eq!((bytes.len(), device.bundle.suite()), (len, suite));
        assert_eq!(Bundle::parse(bytes), Ok(device.bundle.clone()));
        let id = device.id();
        assert_eq!(id.to_string(), hex::encode(id.as_bytes()));
    }
}

#[test]
fn a_bad_bundle_is_refused() {
    for suite in [Suite::P256, Suite::MlKem768P256, Suite::Rsa] {
        let bytes = Device::of(1, suite, Curve::Real).bundle.as_bytes().to_vec();
        for len in 0..bytes.len() {
            assert_eq!(Bundle::parse(&bytes[..len]), Err(Error::BadBundle));
        }
        assert_eq!(Bundle::parse(&[&bytes[..], &[0]].concat()), Err(Error::BadBundle));
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = to;
            Bundle::parse(&bytes)
        };
        for version in [0, 1, 2, 3, 5] {
            assert_eq!(changed(0, version), Err(Error::UnsupportedVersion));
        }
        assert_eq!(changed(1, 0), Err(Error::UnsupportedVersion), "a suite");
        assert_eq!(changed(1, 4), Err(Error::UnsupportedVersion), "a suite");
        // Infinity, compressed, hybrid and compact forms. 5 in place of 4 is not a form at all.
        for form in [0, 2, 3, 5, 6, 7] {
            assert_eq!(changed(2, form), Err(Error::BadBundle));
        }
        if suite == Suite::Rsa {
            assert_eq!(changed(67, 0x7f), Err(Error::BadBundle), "2047 bits");
            assert_eq!(changed(322, 0xfe), Err(Error::BadBundle), "an even number");
        }
    }
}

#[test]
fn a_device_enters_with_a_key_that_fits_its_suite() {
    let point = Point::parse(Device::new(1).bundle.signing().as_bytes());
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    for suite in [Suite::P256, Suite::MlKem768P256, Suite::Rsa] {
        let bundle = Device::of(1, suite, Curve::Real).bundle;
        let mut enter =
            |point| OwnDevice::enter(CallTag::of(CALL), bundle.clone(), point, &mut rng);
        let (with, without) = (enter(point).err(), enter(None).err());
        let wrong = Some(Error::BadArgument);
        assert_eq!(
            (with, without),
            if suite == Suite::Rsa { (wrong, None) } else { (None, wrong) }
        );
    }
}

#[test]
fn no_two_stays_have_the_same_name() {
    let device = Device::of(1, Suite::Rsa, Curve::Real);
    let name = |call, seed| device.enter(call, seed).own().incarnation();
    let names = [name(CALL, 1), name(CALL, 2), name("room-43", 1)];
    assert_eq!(names[0], name(CALL, 1));
    assert!(names[0] != names[1] && names[0] != names[2] && names[1] != names[2]);
}
