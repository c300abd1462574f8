//! Envelopes, acks and requests: their layout, who can read them, and that nothing in them can
//! be changed.

mod common;

use common::device::Device;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::Error;
use sealframe::envelope::{self, Body, Bundle, CallTag, Envelope, Header, Message, Unsigned};
use sealframe::key::DeviceKid;
use sealframe::sframe::{BaseKey, Kid};

struct Pair {
    alice: Device,
    bob: Device,
    header: Header,
}

fn pair() -> Pair {
    let (alice, bob) = (Device::new(1), Device::new(2));
    let call = CallTag::of("room-42");
    let header = Header { call, sender: alice.id(), recipient: bob.id(), serial: 0x1_0203 };
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
        let to = self.bob.bundle.agreement();
        let unsigned = envelope::seal_with_rng(&self.header, kid(0x123), &key(len), to, &mut rng);
        self.finish(unsigned.expect("sealed"))
    }

    fn finish(&self, unsigned: Unsigned) -> Vec<u8> {
        let signature = self.alice.sign(&unsigned.to_sign());
        unsigned.signed(&signature)
    }

    /// All that a receiver does; what it gets, or the first refusal.
    fn receive(&self, bytes: &[u8]) -> Result<(Header, BaseKey), Error> {
        let message = Message::parse(bytes)?;
        message.verify(self.alice.bundle.signing())?;
        let envelope = sealed(&message);
        let dh = self.bob.agree(envelope.enc.as_bytes());
        let to = self.bob.bundle.agreement();
        Ok((message.header, envelope::open(&message.header, envelope, &dh, to)?))
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
    let pair = pair();
    for (len, total) in [(32, 244), (64, 276)] {
        let bytes = pair.envelope(len);
        assert_eq!(bytes.len(), total);
        assert_eq!(bytes[..3], [1, 1, 1]);
        // printf room-42 | sha256sum, the first half
        assert_eq!(hex::encode(&bytes[3..19]), "4519adabe3e32c09a0c776fd7247bfe3");
        assert_eq!(bytes[19..35], *pair.alice.id().as_bytes());
        assert_eq!(bytes[35..51], *pair.bob.id().as_bytes());
        assert_eq!(bytes[51..59], [0, 0, 0, 0, 0, 1, 2, 3]);
        assert_eq!(bytes[59..67], [0, 0, 0, 0, 0, 0, 1, 0x23]);
        assert_eq!(bytes[67], 4);
        let (header, opened) = pair.receive(&bytes).expect("genuine");
        assert_eq!(header, pair.header);
        assert!(opened.same(&key(len)));
    }
}

#[test]
fn an_ack_and_a_request_have_the_documented_layout() {
    let pair = pair();
    let ack = pair.finish(Unsigned::ack(&pair.header, kid(0x123)));
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
    let dh = carol.agree(sealed(&message).enc.as_bytes());
    for recipient in [pair.bob.bundle.agreement(), carol.bundle.agreement()] {
        let opened = envelope::open(&message.header, sealed(&message), &dh, recipient);
        assert_eq!(opened.err(), Some(Error::AuthenticationFailed));
    }
}

#[test]
fn the_context_is_bound_even_without_the_signature() {
    let pair = pair();
    let bytes = pair.envelope(32);
    let message = Message::parse(&bytes).expect("an envelope");
    let envelope = sealed(&message);
    let dh = pair.bob.agree(envelope.enc.as_bytes());
    let open = |header: &Header, envelope: &Envelope| {
        envelope::open(header, envelope, &dh, pair.bob.bundle.agreement()).err()
    };
    let header = message.header;
    let refused = Some(Error::AuthenticationFailed);
    assert_eq!(open(&header, envelope), None);
    assert_eq!(open(&Header { call: CallTag::of("room-43"), ..header }, envelope), refused);
    assert_eq!(open(&Header { sender: pair.bob.id(), ..header }, envelope), refused);
    assert_eq!(open(&Header { recipient: pair.alice.id(), ..header }, envelope), refused);
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
    assert_eq!(changed(2, 2), Some(Error::UnsupportedVersion));
    assert_eq!(changed(1, 0), Some(Error::BadMessage));
    assert_eq!(changed(1, 4), Some(Error::BadMessage));
    assert_eq!(changed(59, 1), Some(Error::BadMessage), "a KID that no device has");
    assert_eq!(changed(70, bytes[70] ^ 1), Some(Error::BadMessage), "enc off the curve");
    for len in 0..bytes.len() {
        assert_eq!(Message::parse(&bytes[..len]).err(), Some(Error::BadMessage), "{len}");
    }
    let longer = [bytes, vec![0]].concat();
    assert_eq!(Message::parse(&longer).err(), Some(Error::BadMessage));
}

#[test]
fn a_bundle_is_read_back_and_named_by_its_hash() {
    let device = Device::new(1);
    let bytes = device.bundle.as_bytes();
    assert_eq!(bytes.len(), Bundle::LEN);
    assert_eq!(Bundle::parse(bytes), Ok(device.bundle.clone()));
    let id = device.id();
    assert_eq!(id.to_string(), hex::encode(id.as_bytes()));
}

#[test]
fn a_bad_bundle_is_refused() {
    let bytes = Device::new(1).bundle.as_bytes().to_vec();
    for len in 0..bytes.len() {
        assert_eq!(Bundle::parse(&bytes[..len]), Err(Error::BadBundle));
    }
    assert_eq!(Bundle::parse(&[&bytes[..], &[0]].concat()), Err(Error::BadBundle));
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        Bundle::parse(&bytes)
    };
    assert_eq!(changed(0, 2), Err(Error::UnsupportedVersion));
    for at in [1, 66] {
        // Infinity, compressed, hybrid and compact forms; 5 in place of 4 is none at all.
        for form in [0, 2, 3, 5, 6, 7] {
            assert_eq!(changed(at, form), Err(Error::BadBundle));
        }
        assert_eq!(changed(at + 9, bytes[at + 9] ^ 1), Err(Error::BadBundle));
    }
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
