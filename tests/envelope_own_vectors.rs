//! Our own vectors, which another implementation made: key messages of all suites and types, made
//! and read byte for byte.

mod common;
#[path = "common/drawn.rs"]
mod drawn;

use ::p256::SecretKey;
use common::json::{self, array, bytes, list, number, text};
use common::{device, p256};
use drawn::Drawn;
use sealframe::envelope::hybrid::MlKemSeed;
use sealframe::envelope::{
    self, Body, Bundle, CallTag, Content, Header, Kem, Message, OwnDevice, Secret, Suite, Unsigned,
};
use sealframe::key::{Counters, DeviceKid, GivenKey};
use sealframe::sframe::{BaseKey, Kid};
use serde_json::Value;

/// One message: who sends it to whom, and what its header must be.
struct Case<'a> {
    value: &'a Value,
    from: Bundle,
    to: Bundle,
    header: Header,
}

impl<'a> Case<'a> {
    fn new(value: &'a Value, devices: &Value) -> Self {
        let bundle = |name: &str| {
            let device = &devices[text(&value[name])];
            let bundle = Bundle::parse(&bytes(&device["bundle"])).expect("a bundle");
            assert_eq!(bundle.id().to_string(), text(&device["id"]));
            bundle
        };
        let (from, to) = (bundle("from"), bundle("to"));
        let header = Header {
            suite: to.suite(),
            call: CallTag::of(text(&value["call"])),
            sender: from.id(),
            recipient: to.id(),
            serial: number(&value["serial"]),
        };
        assert_eq!(value["suite"], header.suite.number());
        Self { value, from, to, header }
    }

    fn kid(&self) -> DeviceKid {
        let kid = Kid(u64::from_be_bytes(array(&self.value["kid"])));
        DeviceKid::parse(kid).expect("a device's KID")
    }

    /// Both what is signed and what is sent.
    fn check_made(&self, unsigned: &Unsigned) {
        assert_eq!(unsigned.to_sign(), bytes(&self.value["toSign"]));
        assert_eq!(
            unsigned.signed(&array(&self.value["signature"])),
            bytes(&self.value["message"])
        );
    }

    fn read<'b>(&self, message: &'b [u8]) -> Message<'b> {
        let message = Message::parse(message).expect("a message");
        assert_eq!(message.header, self.header);
        assert_eq!(message.to_verify(), bytes(&self.value["toSign"]));
        let (key, signature) = (self.from.signing(), message.signature());
        assert_eq!(device::verify(key, signature, &message.to_verify()), Some(true));
        message
    }
}

fn envelopes() -> Value {
    json::file(include_str!("vectors/sealframe-envelope.json"))
}

fn requests() -> Value {
    json::file(include_str!("vectors/sealframe-request.json"))
}

/// What a browser gives for an envelope: the public part, and the secret.
fn outside(case: &Case<'_>) -> (Vec<u8>, Secret) {
    if case.header.suite.kem() == Kem::Rsa {
        let shared = Secret::from(&array(&case.value["sharedSecret"]));
        return (bytes(&case.value["enc"]), shared);
    }
    let private = SecretKey::from_slice(&bytes(&case.value["ephemeralPrivate"])).expect("a scalar");
    let dh = p256::agree(&private, case.to.agreement().outside()).expect("a point");
    assert_eq!(dh.as_bytes().as_slice(), bytes(&case.value["dh"]));
    (p256::point(&private).as_bytes().to_vec(), dh)
}

fn content(value: &Value) -> Content {
    let base_key = BaseKey::try_from(bytes(&value["baseKey"]).as_slice()).expect("a key");
    let counter = |name: &str| u64::from_be_bytes(array(&value[name]));
    let next = Counters { frames: counter("nextFrame"), data: counter("nextData") };
    Content { key: GivenKey { base_key, next }, answers: array(&value["answers"]) }
}

#[test]
fn envelopes_are_made_as_they_are() {
    let file = envelopes();
    let mut suites = Vec::new();
    for value in list(&file["envelopes"]) {
        let case = Case::new(value, &file["devices"]);
        suites.push(case.header.suite.number());
        let (enc, shared) = outside(&case);
        let mut rng = Drawn(value["m"].as_str().map(|_| bytes(&value["m"])).unwrap_or_default());
        let encapped = case.to.agreement().encap_with_rng(&enc, &shared, &mut rng);
        let content = content(value);
        let encapped = encapped.expect("a good key");
        let unsigned =
            envelope::seal(&case.header, case.kid(), &content, &encapped).expect("sealed");
        case.check_made(&unsigned);
    }
    assert_eq!(suites, [1, 1, 2, 2, 3, 3]);
}

#[test]
fn envelopes_are_read_as_they_are() {
    let file = envelopes();
    for value in list(&file["envelopes"]) {
        let case = Case::new(value, &file["devices"]);
        let message = bytes(&value["message"]);
        let message = case.read(&message);
        let Body::Envelope(envelope) = &message.body else { panic!("an envelope") };
        assert_eq!((&envelope.enc, envelope.kid), (&bytes(&value["enc"]), case.kid()));
        assert_eq!(envelope.ciphertext, bytes(&value["ct"]));
        let device = &file["devices"][text(&value["to"])];
        let seed =
            device["mlkemSeed"].as_str().map(|_| MlKemSeed::from(&array(&device["mlkemSeed"])));
        let own = OwnDevice::new(case.to.as_bytes(), seed).expect("its seed");
        let name = if case.header.suite == Suite::Rsa { "sharedSecret" } else { "dh" };
        let shared = Secret::from(&array(&value[name]));
        let opened = envelope::open(&message.header, envelope, &shared, &own).expect("genuine");
        assert_eq!(opened.to_bytes(), content(value).to_bytes());
    }
}

#[test]
fn requests_and_acks() {
    let file = requests();
    for value in list(&file["requests"]) {
        let case = Case::new(value, &file["devices"]);
        let nonce = array(&value["nonce"]);
        case.check_made(&Unsigned::request(&case.header, nonce));
        assert_eq!(case.read(&bytes(&value["message"])).body, Body::Request { nonce });
    }
    for value in list(&file["acks"]) {
        let case = Case::new(value, &file["devices"]);
        let (sender, recipient) = (case.header.recipient, case.header.sender);
        let envelope = Header { suite: case.from.suite(), sender, recipient, ..case.header };
        case.check_made(&Unsigned::ack(&envelope, case.to.suite(), case.kid()));
        assert_eq!(case.read(&bytes(&value["message"])).body, Body::Ack { kid: case.kid() });
    }
}
