//! Our own vectors, made by another implementation: key messages of all suites and types, made and
//! read byte for byte.

mod common;
#[path = "common/drawn.rs"]
mod drawn;

use ::p256::SecretKey;
use common::json::{self, array, bytes, list, number, text};
use common::{device, p256};
use drawn::Drawn;
use sealframe::envelope::kem::Point;
use sealframe::envelope::{
    self, Ack, AgreementKey, Body, Bundle, CallTag, DeviceId, Header, IncarnationId, Kem, Message,
    OwnDevice, Question, Secret, Statement, Suite, Unsigned,
};
use sealframe::key::{Counters, DeviceKid, KeyGrant};
use sealframe::sframe::{BaseKey, Kid};
use serde_json::Value;

/// One message of the vectors: its sender, its recipient, and the expected header.
struct Case<'a> {
    value: &'a Value,
    from: Bundle,
    header: Header,
}

/// A device of the vectors in its stay. Its private keys are in the file.
fn own(device: &Value, call: &str) -> OwnDevice {
    let bundle = Bundle::parse(&bytes(&device["bundle"])).expect("a bundle");
    assert_eq!(bundle.id().to_string(), text(&device["id"]));
    assert_eq!(device["suite"], bundle.suite().number());
    let keys = bytes(&device["keys"]);
    let point = keys.get(..65).map(|point| Point::parse(point).expect("a point"));
    let seed = device["mlkemSeed"].as_str().map(|_| bytes(&device["mlkemSeed"]));
    let drawn = [bytes(&device["entry"]), seed.unwrap_or_default()].concat();
    let own = OwnDevice::enter(CallTag::of(call), bundle, point, &mut Drawn(drawn));
    let own = own.expect("keys that fit");
    assert_eq!(own.incarnation().as_bytes().as_slice(), bytes(&device["incarnation"]));
    own
}

fn keys_of(own: &OwnDevice) -> AgreementKey {
    let rsa = || own.bundle().modulus().map(|n| AgreementKey::Rsa(Box::new(*n)));
    own.keys().cloned().or_else(rsa).expect("keys")
}

impl<'a> Case<'a> {
    fn new(value: &'a Value, devices: &Value) -> Self {
        let call = text(&value["call"]);
        let [from, to] = ["from", "to"].map(|end| own(&devices[text(&value[end])], call));
        let announces = value.get("entry").is_some();
        let known = value.get("known").is_none_or(|known| known == true);
        let header = Header {
            suite: if announces { from.bundle().suite() } else { to.bundle().suite() },
            call: CallTag::of(call),
            sender: from.bundle().id(),
            recipient: to.bundle().id(),
            from: from.incarnation(),
            to: known.then(|| to.incarnation()),
            counter: number(&value["counter"]),
        };
        assert_eq!(value["suite"], header.suite.number());
        Self { value, from: from.bundle().clone(), header }
    }

    fn statement(&self) -> Statement {
        let kid = Kid(u64::from_be_bytes(array(&self.value["kid"])));
        Statement {
            kid: DeviceKid::parse(kid).expect("a device's KID"),
            answers: array(&self.value["answers"]),
            holders: array(&self.value["holders"]),
        }
    }

    fn question(&self) -> Question {
        let question: [u8; 48] = array(&self.value["question"]);
        let (nonce, roster) = question.split_first_chunk().expect("48 bytes");
        Question { nonce: *nonce, roster: roster.try_into().expect("32 bytes") }
    }

    /// Checks the signed bytes and the sent bytes.
    fn check_made(&self, unsigned: &Unsigned) {
        assert_eq!(unsigned.to_sign(), bytes(&self.value["toSign"]));
        assert_eq!(
            unsigned.signed(&array(&self.value["signature"])),
            bytes(&self.value["message"])
        );
    }

    fn read(&self) -> Message {
        let message = Message::parse(&bytes(&self.value["message"])).expect("a message");
        assert_eq!(message.header, self.header);
        assert_eq!(message.to_verify(), bytes(&self.value["toSign"]));
        let (key, signature) = (self.from.signing(), message.signature());
        assert_eq!(device::verify(key, signature, message.to_verify()), Some(true));
        message
    }
}

fn envelopes() -> Value {
    json::file(include_str!("vectors/sealframe-envelope.json"))
}

fn announcements() -> Value {
    json::file(include_str!("vectors/sealframe-announcement.json"))
}

/// The host's result for an envelope: the public part and the secret.
fn host_part(case: &Case<'_>, to: &AgreementKey) -> (Vec<u8>, Secret) {
    if case.header.suite.kem() == Kem::Rsa {
        let shared = Secret::from(&array(&case.value["sharedSecret"]));
        return (bytes(&case.value["enc"]), shared);
    }
    let private = SecretKey::from_slice(&bytes(&case.value["ephemeralPrivate"])).expect("a scalar");
    let dh = p256::agree(&private, to.host_part()).expect("a point");
    assert_eq!(dh.as_bytes().as_slice(), bytes(&case.value["dh"]));
    (p256::point(&private).as_bytes().to_vec(), dh)
}

fn given(value: &Value) -> KeyGrant {
    let base_key = BaseKey::try_from(bytes(&value["baseKey"]).as_slice()).expect("a key");
    let counter = |name: &str| u64::from_be_bytes(array(&value[name]));
    let next = Counters { frames: counter("nextFrame"), data: counter("nextData") };
    KeyGrant { base_key, next }
}

#[test]
fn sealing_makes_the_envelopes_of_the_vectors() {
    let file = envelopes();
    let mut suites = Vec::new();
    for value in list(&file["envelopes"]) {
        let case = Case::new(value, &file["devices"]);
        suites.push(case.header.suite.number());
        let to = keys_of(&own(&file["devices"][text(&value["to"])], text(&value["call"])));
        let (enc, shared) = host_part(&case, &to);
        let mut rng = Drawn(value["m"].as_str().map(|_| bytes(&value["m"])).unwrap_or_default());
        let encapped = to.encap_with_rng(&enc, &shared, &mut rng).expect("a good key");
        let (statement, question) = (case.statement(), case.question());
        let unsigned =
            envelope::seal(&case.header, &statement, &question, &given(value), &encapped);
        case.check_made(&unsigned.expect("sealed"));
    }
    assert_eq!(suites, [1, 1, 2, 2, 3, 3]);
}

#[test]
fn the_envelopes_of_the_vectors_open() {
    let file = envelopes();
    for value in list(&file["envelopes"]) {
        let case = Case::new(value, &file["devices"]);
        let message = case.read();
        let Body::Envelope(envelope) = &message.body else { panic!("an envelope") };
        assert_eq!((envelope.statement, envelope.question), (case.statement(), case.question()));
        assert_eq!(envelope.enc, bytes(&value["enc"]));
        assert_eq!(envelope.ciphertext, bytes(&value["ct"]));
        let own = own(&file["devices"][text(&value["to"])], text(&value["call"]));
        let name = if case.header.suite == Suite::Rsa { "sharedSecret" } else { "dh" };
        let shared = Secret::from(&array(&value[name]));
        let opened = envelope::open(&message.header, envelope, &shared, &own).expect("genuine");
        let expected = given(value);
        assert!(opened.base_key.same(&expected.base_key));
        assert_eq!(opened.next, expected.next);
    }
}

#[test]
fn announcements_acks_and_notes_match_the_vectors() {
    let (file, devices) = (announcements(), envelopes()["devices"].clone());
    let mut suites = Vec::new();
    for value in list(&file["announcements"]) {
        let case = Case::new(value, &devices);
        suites.push(case.header.suite.number());
        let (nonce, answers) = (array(&value["nonce"]), array(&value["answers"]));
        let own = own(&devices[text(&value["from"])], text(&value["call"]));
        let question = case.question();
        case.check_made(&Unsigned::announcement(&case.header, &own, nonce, answers, &question));
        let message = case.read();
        let Body::Announcement(said) = message.body else { panic!("an announcement") };
        assert_eq!((said.nonce, said.answers, said.question), (nonce, answers, question));
        assert_eq!((&said.entry, said.keys.as_ref()), (own.entry(), own.keys()));
    }
    assert_eq!(suites, [1, 2, 3]);
    for value in list(&file["acks"]) {
        let case = Case::new(value, &devices);
        let of = value["ofEnvelope"].as_u64().expect("a place") as usize;
        let counter = number(&envelopes()["envelopes"][of]["counter"]);
        let listed = bytes(&value["list"]);
        let holders = listed.as_chunks().0.iter().copied().map(DeviceId::new).collect();
        let ack = Ack { counter, statement: case.statement(), holders };
        case.check_made(&Unsigned::ack(&case.header, &ack));
        assert_eq!(case.read().body, Body::Ack(ack));
    }
    for value in list(&file["notes"]) {
        let case = Case::new(value, &devices);
        let kept = IncarnationId::parse(array(&value["kept"])).expect("a name");
        case.check_made(&Unsigned::twice(&case.header, kept));
        assert_eq!(case.read().body, Body::Twice { kept });
    }
}
