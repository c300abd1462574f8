//! Key messages: their layout, the devices that can read them, and their protection against any
//! change.

mod common;

use common::device::{self, Curve, Device, Stay};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sealframe::Error;
use sealframe::envelope::{
    self, Ack, Body, Bundle, CallTag, DeviceId, Envelope, Header, IncarnationId, MAX_HOLDERS,
    Message, Question, Secret, Statement, Suite, Unsigned,
};
use sealframe::key::DeviceKid;
use sealframe::sframe::{BaseKey, Kid};

struct Pair {
    alice: Stay,
    bob: Stay,
    header: Header,
}

const CALL: &str = "room-42";
const QUESTION: Question = Question { nonce: [8; 16], roster: [9; 32] };

fn pair() -> Pair {
    pair_of(Suite::P256)
}

/// Bob's bundle has this suite.
fn pair_of(suite: Suite) -> Pair {
    let alice = Device::new(1).enter(CALL, 1);
    let bob = Device::of(2, suite, Curve::Real).enter(CALL, 2);
    let header = Header {
        suite,
        call: CallTag::of(CALL),
        sender: alice.device.id(),
        recipient: bob.device.id(),
        from: alice.own().incarnation(),
        to: Some(bob.own().incarnation()),
        counter: 0x1_0203,
    };
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
        let to = self.bob.keys();
        self.finish(device::seal(&self.header, kid(0x123), &key(len), &to, [7; 16], &mut rng))
    }

    fn finish(&self, unsigned: Unsigned) -> Vec<u8> {
        let signature = self.alice.device.sign(&unsigned.to_sign());
        unsigned.signed(&signature)
    }

    /// Alice's announcement to Bob.
    fn announcement(&self) -> Unsigned {
        let header = Header { suite: Suite::P256, ..self.header };
        Unsigned::announcement(&header, &self.alice.own(), [1; 16], [2; 16], &QUESTION)
    }

    /// The whole receiving side. Returns the header and the key, or the first error.
    fn receive(&self, bytes: &[u8]) -> Result<(Header, BaseKey), Error> {
        let message = Message::parse(bytes)?;
        let (key, signed) = (self.alice.device.bundle.signing(), message.to_verify());
        if device::verify(key, message.signature(), signed) != Some(true) {
            return Err(Error::BadSignature);
        }
        let envelope = sealed(&message);
        let shared = self.bob.agree(envelope.host_part()).ok_or(Error::DeviceKeyFailed)?;
        let key = envelope::open(&message.header, envelope, &shared, &self.bob.own())?;
        Ok((message.header, key.base_key))
    }
}

fn sealed(message: &Message) -> &Envelope {
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

fn check_header(pair: &Pair, bytes: &[u8], kind: u8, suite: Suite) {
    assert_eq!(bytes[..3], [2, kind, suite.number()]);
    // printf room-42 | sha256sum, the first half
    assert_eq!(hex::encode(&bytes[3..19]), "4519adabe3e32c09a0c776fd7247bfe3");
    assert_eq!(bytes[19..35], *pair.alice.device.id().as_bytes());
    assert_eq!(bytes[35..51], *pair.bob.device.id().as_bytes());
    assert_eq!(bytes[51..67], *pair.alice.own().incarnation().as_bytes());
    assert_eq!(bytes[67..83], *pair.bob.own().incarnation().as_bytes());
    assert_eq!(bytes[83..91], [0, 0, 0, 0, 0, 1, 2, 3]);
}

fn check_layout(pair: &Pair, bytes: &[u8], len: usize, enc: usize) {
    assert_eq!(bytes.len(), 91 + 56 + 48 + enc + len + 8 + 8 + 16 + 64);
    check_header(pair, bytes, 1, pair.header.suite);
    assert_eq!(bytes[91..99], [0, 0, 0, 0, 0, 0, 1, 0x23]);
    assert_eq!(bytes[99..115], [7; 16]);
    if pair.header.suite != Suite::Rsa {
        assert_eq!(bytes[195 + enc - 65], 4);
    }
    let (header, opened) = pair.receive(bytes).expect("genuine");
    assert_eq!(header, pair.header);
    assert!(opened.same(&key(len)));
}

#[test]
fn the_other_messages_have_the_documented_layout() {
    let pair = pair();
    let statement = Statement { kid: kid(0x123), answers: [3; 16], holders: [4; 32] };
    for holders in [0, 1, 2, MAX_HOLDERS as u16] {
        let holders: Vec<_> = (0..holders).map(device_id).collect();
        let ack = Ack { counter: 5, statement, holders };
        let bytes = pair.finish(Unsigned::ack(&pair.header, &ack));
        assert_eq!(bytes.len(), 91 + 8 + 56 + 16 * ack.holders.len() + 64);
        check_header(&pair, &bytes, 2, Suite::P256);
        assert_eq!(bytes[91..99], [0, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(Message::parse(&bytes).expect("an ack").body, Body::Ack(ack));
    }

    let kept = pair.bob.own().incarnation();
    let bytes = pair.finish(Unsigned::twice(&pair.header, kept));
    assert_eq!(bytes.len(), 91 + 16 + 64);
    check_header(&pair, &bytes, 4, Suite::P256);
    assert_eq!(Message::parse(&bytes).expect("a note").body, Body::Twice { kept });

    let bytes = pair.finish(pair.announcement());
    assert_eq!(bytes.len(), 91 + 16 + 16 + 48 + 16 + 65 + 64);
    check_header(&pair, &bytes, 3, Suite::P256);
    assert_eq!((&bytes[91..107], &bytes[107..123]), ([1; 16].as_slice(), [2; 16].as_slice()));
    let parsed = Message::parse(&bytes).expect("an announcement");
    let Body::Announcement(said) = parsed.body else { panic!("{:?}", parsed.body) };
    assert_eq!((said.nonce, said.answers, said.question), ([1; 16], [2; 16], QUESTION));
    assert_eq!(
        (said.entry, said.keys.as_ref()),
        (*pair.alice.own().entry(), pair.alice.own().keys())
    );
}

fn device_id(number: u16) -> DeviceId {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    DeviceId::new(id)
}

#[test]
fn an_ack_with_an_unordered_or_endless_list_is_refused() {
    let pair = pair();
    let statement = Statement { kid: kid(0x123), answers: [3; 16], holders: [4; 32] };
    let too_many: Vec<_> = (0..=MAX_HOLDERS as u16).map(device_id).collect();
    for holders in [vec![device_id(1); 2], [2, 1].map(device_id).to_vec(), too_many] {
        let ack = Ack { counter: 5, statement, holders };
        let bytes = pair.finish(Unsigned::ack(&pair.header, &ack));
        assert_eq!(Message::parse(&bytes).err(), Some(Error::BadMessage));
    }
    let ack = Ack { counter: 5, statement, holders: vec![device_id(1)] };
    let bytes = pair.finish(Unsigned::ack(&pair.header, &ack));
    for cut in 1..16 {
        let end = bytes.len() - 64;
        let cut = [&bytes[..end - cut], &bytes[end..]].concat();
        assert_eq!(Message::parse(&cut).err(), Some(Error::BadMessage));
    }
}

#[test]
fn an_announcement_whose_incarnation_does_not_match_its_keys_is_refused() {
    let pair = pair();
    let bytes = pair.finish(pair.announcement());
    // Sender, call, incarnation, entry and key determine the name.
    for at in [3, 19, 51, 171, 190, 250] {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        assert_eq!(Message::parse(&bent).err(), Some(Error::BadMessage), "byte {at}");
    }
    for at in [35, 67, 83, 91, 107, 123, 150] {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        assert!(Message::parse(&bent).is_ok(), "byte {at} is the signature's to bind");
    }
}

#[test]
fn a_signature_covers_a_label() {
    assert!(pair().announcement().to_sign().starts_with(b"sealframe/2 key message\x02\x03\x01"));
}

#[test]
fn another_device_or_another_stay_cannot_open_an_envelope() {
    let pair = pair();
    let bytes = pair.envelope(32);
    let message = Message::parse(&bytes).expect("an envelope");
    let carol = Device::new(3).enter(CALL, 3);
    let dh = carol.agree(sealed(&message).host_part()).expect("a point");
    let again = pair.bob.device.enter(CALL, 4);
    let dh_again = again.agree(sealed(&message).host_part()).expect("a point");
    let opened = envelope::open(&message.header, sealed(&message), &dh_again, &again.own());
    assert_eq!(opened.err(), Some(Error::AuthenticationFailed));
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
    let dh = pair.bob.agree(envelope.host_part()).expect("a point");
    let open = |header: &Header, envelope: &Envelope| {
        envelope::open(header, envelope, &dh, &pair.bob.own()).err()
    };
    let header = message.header;
    let refused = Some(Error::AuthenticationFailed);
    assert_eq!(open(&header, envelope), None);
    assert_eq!(open(&Header { call: CallTag::of("room-43"), ..header }, envelope), refused);
    assert_eq!(open(&Header { sender: pair.bob.device.id(), ..header }, envelope), refused);
    assert_eq!(open(&Header { recipient: pair.alice.device.id(), ..header }, envelope), refused);
    assert_eq!(open(&Header { suite: Suite::Rsa, ..header }, envelope), refused);
    assert_eq!(open(&Header { counter: header.counter + 1, ..header }, envelope), refused);
    assert_eq!(open(&Header { to: None, ..header }, envelope), refused);
    let from = IncarnationId::parse([5; 16]).expect("a name");
    assert_eq!(open(&Header { from, ..header }, envelope), refused);
    let statement = Statement { kid: kid(0x124), ..envelope.statement };
    assert_eq!(open(&header, &Envelope { statement, ..envelope.clone() }), refused);
    assert_eq!(open(&header, &Envelope { question: QUESTION, ..envelope.clone() }), refused);
}

#[test]
fn messages_of_another_version_type_or_length_are_refused() {
    let bytes = pair().envelope(32);
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        Message::parse(&bytes).err()
    };
    assert_eq!(changed(0, 1), Some(Error::UnsupportedVersion));
    assert_eq!(changed(0, 3), Some(Error::UnsupportedVersion));
    assert_eq!(changed(2, 0), Some(Error::UnsupportedVersion));
    assert_eq!(changed(2, 4), Some(Error::UnsupportedVersion));
    assert_eq!(changed(2, 2), Some(Error::BadMessage), "too short for suite 2");
    assert_eq!(changed(1, 0), Some(Error::BadMessage));
    assert_eq!(changed(1, 5), Some(Error::BadMessage));
    assert_eq!(changed(91, 1), Some(Error::BadMessage), "a KID that no device has");
    assert_eq!(changed(195, 2), Some(Error::BadMessage), "enc is compressed");
    for len in 0..bytes.len() {
        assert_eq!(Message::parse(&bytes[..len]).err(), Some(Error::BadMessage), "{len}");
    }
    let longer = [bytes, vec![0]].concat();
    assert_eq!(Message::parse(&longer).err(), Some(Error::BadMessage));
}

#[test]
fn an_encapsulation_that_does_not_fit_the_key_is_refused() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let shared = Secret::from(&[7; 32]);
    for suite in [Suite::P256, Suite::MlKem768P256, Suite::Rsa] {
        let keys = Device::of(1, suite, Curve::Real).enter(CALL, 1).keys();
        for enc in [&[4; 64][..], &[4; 66], &[2; 65], &[4; 255], &[4; 257], &[]] {
            let encapped = keys.encap_with_rng(enc, &shared, &mut rng);
            assert_eq!(encapped.err(), Some(Error::BadArgument));
        }
    }
}

#[test]
fn envelope_secrets_are_silent_in_debug_output() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let stay = Device::of(1, Suite::MlKem768P256, Curve::Real).enter(CALL, 1);
    assert!(format!("{:?}", stay.own()).contains("seed: Some(MlKemSeed { .. })"));
    let point = *stay.device.bundle.signing();
    let secret = Secret::from(&[7; 32]);
    let encapped = stay.keys().encap_with_rng(point.as_bytes(), &secret, &mut rng);
    assert!(format!("{encapped:?}").contains("shared_secret: Secret { .. }"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_key_message_with_a_flipped_bit_is_refused(at in 0usize..372, bit in 0u8..8) {
        let pair = pair();
        let mut bytes = pair.envelope(32);
        bytes[at] ^= 1 << bit;
        let refused = pair.receive(&bytes).err();
        let typed = [Error::UnsupportedVersion, Error::BadMessage, Error::BadSignature];
        prop_assert!(refused.is_some_and(|error| typed.contains(&error)), "{:?}", refused);
    }

    #[test]
    fn parsing_any_bytes_as_a_key_message_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = Message::parse(&bytes);
        let _ = Bundle::parse(&bytes);
        let _ = Message::parse(&[&[2, 1, 1], bytes.as_slice()].concat());
    }
}
