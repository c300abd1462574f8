//! Envelopes, acks and requests: their layout, who can read them, and that nothing in them can
//! be changed.

mod common;

use common::device::{self, Curve, Device};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::Error;
use sealframe::envelope::hybrid::MlKemSeed;
use sealframe::envelope::{
    self, Body, Bundle, CallTag, Envelope, Header, Message, OwnDevice, Secret, Suite, Unsigned,
};
use sealframe::key::DeviceKid;
use sealframe::sframe::{BaseKey, Kid};

struct Pair {
    alice: Device,
    bob: Device,
    header: Header,
}

fn pair() -> Pair {
    pair_of(Suite::P256)
}

/// Bob's bundle is of this suite.
fn pair_of(suite: Suite) -> Pair {
    let (alice, bob) = (Device::new(1), Device::of(2, suite, Curve::Real));
    let (call, sender, recipient) = (CallTag::of("room-42"), alice.id(), bob.id());
    let header = Header { suite, call, sender, recipient, serial: 0x1_0203 };
    Pair { alice, bob, header }
}

fn kid(number: u64) -> DeviceKid {
    DeviceKid::parse(Kid(number)).expect("a device's KID")
}

fn key(len: usize) -> BaseKey {
    BaseKey::try_from(vec![0x5a; len].as_slice()).expect("a key")
}

impl Pair {
    fn envelope(&self, len: usize) -> Vec<u8> {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let to = &self.bob.bundle;
        self.finish(device::seal(&self.header, kid(0x123), &key(len), to, &mut rng))
    }

    fn finish(&self, unsigned: Unsigned) -> Vec<u8> {
        let signature = self.alice.sign(&unsigned.to_sign());
        unsigned.signed(&signature)
    }

    /// All that a receiver does; what it gets, or the first refusal.
    fn receive(&self, bytes: &[u8]) -> Result<(Header, BaseKey), Error> {
        let message = Message::parse(bytes)?;
        let (key, signed) = (self.alice.bundle.signing(), message.to_verify());
        if device::verify(key, message.signature(), &signed) != Some(true) {
            return Err(Error::BadSignature);
        }
        let envelope = sealed(&message);
        let shared = self.bob.agree(envelope.outside()).ok_or(Error::DeviceKeyFailed)?;
        let content = envelope::open(&message.header, envelope, &shared, &self.bob.own())?;
        Ok((message.header, content.key.base_key))
    }
}

fn sealed<'a>(message: &'a Message<'_>) -> &'a Envelope {
    match &message.body {
        Body::Envelope(envelope) => envelope,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_envelope_has_the_documented_layout() {
    for (suite, enc) in [(Suite::P256, 65), (Suite::MlKem768P256, 1153), (Suite::Rsa, 256)] {
        let pair = pair_of(suite);
        for len in [32, 64] {
            check_layout(&pair, &pair.envelope(len), len, enc);
        }
    }
}

fn check_layout(pair: &Pair, bytes: &[u8], len: usize, enc: usize) {
    assert_eq!(bytes.len(), 59 + 8 + enc + len + 8 + 8 + 16 + 16 + 64);
    assert_eq!(bytes[..3], [1, 1, pair.header.suite.number()]);
    // printf room-42 | sha256sum, the first half
    assert_eq!(hex::encode(&bytes[3..19]), "4519adabe3e32c09a0c776fd7247bfe3");
    assert_eq!(bytes[19..35], *pair.alice.id().as_bytes());
    assert_eq!(bytes[35..51], *pair.bob.id().as_bytes());
    assert_eq!(bytes[51..59], [0, 0, 0, 0, 0, 1, 2, 3]);
    assert_eq!(bytes[59..67], [0, 0, 0, 0, 0, 0, 1, 0x23]);
    if pair.header.suite != Suite::Rsa {
        assert_eq!(bytes[67 + enc - 65], 4);
    }
    let (header, opened) = pair.receive(bytes).expect("genuine");
    assert_eq!(header, pair.header);
    assert!(opened.same(&key(len)));
}

#[test]
fn an_ack_and_a_request_have_the_documented_layout() {
    let pair = pair();
    let ack = pair.finish(Unsigned::ack(&pair.header, Suite::P256, kid(0x123)));
    assert_eq!((ack.len(), &ack[..3]), (131, [1, 2, 1].as_slice()));
    let parsed = Message::parse(&ack).expect("an ack");
    assert_eq!(parsed.header.sender, pair.bob.id());
    assert_eq!(parsed.header.recipient, pair.alice.id());
    assert_eq!(parsed.header.serial, pair.header.serial);
    assert_eq!(parsed.body, Body::Ack { kid: kid(0x123) });

    let request = pair.finish(Unsigned::request(&pair.header, [9; 16]));
    assert_eq!((request.len(), &request[..3]), (139, [1, 3, 1].as_slice()));
    let parsed = Message::parse(&request).expect("a request");
    assert_eq!((parsed.header, parsed.body), (pair.header, Body::Request { nonce: [9; 16] }));
}

#[test]
fn a_signature_covers_a_label() {
    let unsigned = Unsigned::request(&pair().header, [9; 16]);
    assert!(unsigned.to_sign().starts_with(b"sealframe/1 key message\x01\x03\x01"));
}

#[test]
fn another_device_cannot_open_an_envelope() {
    let pair = pair();
    let bytes = pair.envelope(32);
    let message = Message::parse(&bytes).expect("an envelope");
    let carol = Device::new(3);
    let dh = carol.agree(sealed(&message).outside()).expect("a point");
    for recipient in [&pair.bob, &carol] {
        let opened = envelope::open(&message.header, sealed(&message), &dh, &recipient.own());
        assert_eq!(opened.err(), Some(Error::AuthenticationFailed));
    }
}

#[test]
fn the_context_is_bound_even_without_the_signature() {
    let pair = pair();
    let bytes = pair.envelope(32);
    let message = Message::parse(&bytes).expect("an envelope");
    let envelope = sealed(&message);
    let dh = pair.bob.agree(envelope.outside()).expect("a point");
    let open = |header: &Header, envelope: &Envelope| {
        envelope::open(header, envelope, &dh, &pair.bob.own()).err()
    };
    let header = message.header;
    let refused = Some(Error::AuthenticationFailed);
    assert_eq!(open(&header, envelope), None);
    assert_eq!(open(&Header { call: CallTag::of("room-43"), ..header }, envelope), refused);
    assert_eq!(open(&Header { sender: pair.bob.id(), ..header }, envelope), refused);
    assert_eq!(open(&Header { recipient: pair.alice.id(), ..header }, envelope), refused);
    assert_eq!(open(&Header { suite: Suite::Rsa, ..header }, envelope), refused);
    assert_eq!(open(&Header { serial: header.serial + 1, ..header }, envelope), refused);
    assert_eq!(open(&header, &Envelope { kid: kid(0x124), ..envelope.clone() }), refused);
}

#[test]
fn messages_of_another_version_type_or_length_are_refused() {
    let bytes = pair().envelope(32);
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        Message::parse(&bytes).err()
    };
    assert_eq!(changed(0, 2), Some(Error::UnsupportedVersion));
    assert_eq!(changed(2, 0), Some(Error::UnsupportedVersion));
    assert_eq!(changed(2, 4), Some(Error::UnsupportedVersion));
    assert_eq!(changed(2, 2), Some(Error::BadMessage), "too short for suite 2");
    assert_eq!(changed(1, 0), Some(Error::BadMessage));
    assert_eq!(changed(1, 4), Some(Error::BadMessage));
    assert_eq!(changed(59, 1), Some(Error::BadMessage), "a KID that no device has");
    assert_eq!(changed(67, 2), Some(Error::BadMessage), "enc is compressed");
    for len in 0..bytes.len() {
        assert_eq!(Message::parse(&bytes[..len]).err(), Some(Error::BadMessage), "{len}");
    }
    let longer = [bytes, vec![0]].concat();
    assert_eq!(Message::parse(&longer).err(), Some(Error::BadMessage));
}

#[test]
fn a_bundle_is_read_back_and_named_by_its_hash() {
    for (suite, len) in [(Suite::P256, 131), (Suite::MlKem768P256, 1315), (Suite::Rsa, 322)] {
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
        assert_eq!(changed(0, 0), Err(Error::UnsupportedVersion));
        assert_eq!(changed(0, 4), Err(Error::UnsupportedVersion));
        let points = if suite == Suite::Rsa { vec![257] } else { vec![1, 66] };
        // Infinity, compressed, hybrid and compact forms; 5 in place of 4 is none at all.
        for (at, form) in points.iter().flat_map(|at| [0, 2, 3, 5, 6, 7].map(|form| (*at, form))) {
            assert_eq!(changed(at, form), Err(Error::BadBundle));
        }
        if suite == Suite::Rsa {
            assert_eq!(changed(1, 0x7f), Err(Error::BadBundle), "2047 bits");
            assert_eq!(changed(256, 0xfe), Err(Error::BadBundle), "an even number");
        }
    }
}

#[test]
fn a_bundle_of_version_2_needs_its_own_seed() {
    let seed = |byte| Some(MlKemSeed::from(&[byte; 64]));
    let point = *Device::new(1).bundle.signing().as_bytes();
    let key = seed(1).map(|seed| seed.encapsulation_key()).expect("a key");
    let second = [&[2], point.as_slice(), &point, &key].concat();
    let first = [&[1], point.as_slice(), &point].concat();
    assert!(OwnDevice::new(&second, seed(1)).is_ok());
    for (bundle, seed) in [(&second, seed(2)), (&second, None), (&first, seed(1))] {
        assert_eq!(OwnDevice::new(bundle, seed).err(), Some(Error::BadArgument));
    }
}

#[test]
fn what_does_not_fit_the_recipients_key_is_refused() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let shared = Secret::from(&[7; 32]);
    for suite in [Suite::P256, Suite::MlKem768P256, Suite::Rsa] {
        let bundle = Device::of(1, suite, Curve::Real).bundle;
        for enc in [&[4; 64][..], &[4; 66], &[2; 65], &[4; 255], &[4; 257], &[]] {
            let encapped = bundle.agreement().encap_with_rng(enc, &shared, &mut rng);
            assert_eq!(encapped.err(), Some(Error::BadArgument));
        }
    }
}

#[test]
fn secrets_are_silent() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let device = Device::of(1, Suite::MlKem768P256, Curve::Real);
    assert!(format!("{:?}", device.own()).contains("seed: Some(MlKemSeed { .. })"));
    let point = *device.bundle.signing();
    let secret = Secret::from(&[7; 32]);
    let encapped = device.bundle.agreement().encap_with_rng(point.as_bytes(), &secret, &mut rng);
    assert!(format!("{encapped:?}").contains("shared_secret: Secret { .. }"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_flipped_bit_anywhere_is_refused(at in 0usize..244, bit in 0u8..8) {
        let pair = pair();
        let mut bytes = pair.envelope(32);
        bytes[at] ^= 1 << bit;
        let refused = pair.receive(&bytes).err();
        let typed = [Error::UnsupportedVersion, Error::BadMessage, Error::BadSignature];
        prop_assert!(refused.is_some_and(|error| typed.contains(&error)), "{:?}", refused);
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Message::parse(&bytes);
        let _ = Bundle::parse(&bytes);
        let _ = Message::parse(&[&[1, 1, 1], bytes.as_slice()].concat());
    }
}
