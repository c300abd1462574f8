//! Data messages under the keys of the call: only genuine ones open, each once, each in its place.

mod common;

use common::json::{self, bytes, list, number, text};
use common::pair::{End, id, key, label};
use proptest::prelude::*;
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::frame::{DataChannels, Label};
use sealframe::key::{ApplicationKey, DeviceKid, Limits, SenderId};
use sealframe::sframe::{BaseKey, Kid, data_key, ratchet};
use sealframe::{Error, Millis};

/// One end of a call that sends data.
struct Chat {
    end: End,
    own: SenderId,
    data: DataChannels,
}

impl Chat {
    fn new(name: &str) -> Self {
        Self { end: End::new(Limits::default()), own: id(name), data: DataChannels::default() }
    }

    fn alice(kid: DeviceKid, base_key: &BaseKey) -> Self {
        let mut alice = Self::new("alice");
        alice.end.ring.install_own(kid.kid(), base_key).expect("a new key");
        alice
    }

    fn knowing_alice(name: &str, kid: DeviceKid, base_key: &BaseKey) -> Self {
        let mut chat = Self::new(name);
        chat.end.ring.install_device(&id("alice"), kid, base_key.clone());
        chat
    }

    fn seal(&mut self, channel: &str, to: Option<&str>, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.data.seal(&mut self.end.ring, &label(channel), to.map(id).as_ref(), data)
    }

    fn open(&mut self, channel: &str, from: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        let (ring, channel) = (&mut self.end.ring, label(channel));
        self.data.open(ring, &channel, &id(from), &self.own, message).map(|data| data.to_vec())
    }
}

fn kid() -> DeviceKid {
    DeviceKid::first(0x123)
}

fn pair() -> (Chat, Chat) {
    (Chat::alice(kid(), &key(1)), Chat::knowing_alice("bob", kid(), &key(1)))
}

#[test]
fn data_messages_match_the_vectors() {
    let file = json::file(include_str!("vectors/sealframe-data.json"));
    for case in list(&file["messages"]) {
        let base_key = BaseKey::try_from(bytes(&case["baseKey"]).as_slice()).expect("a key");
        assert_eq!(data_key(&base_key).as_bytes(), bytes(&case["dataBaseKey"]));
        let kid = u64::from_str_radix(text(&case["kid"]), 16).expect("a KID");
        let (channel, to) = (text(&case["label"]), case["to"].as_str());

        let mut alice = Chat::new("alice");
        alice.end.ring.install_own(Kid(kid), &base_key).expect("a new key");
        for _ in 0..number(&case["ctr"]) {
            alice.seal(channel, to, b"another message").expect("sealed");
        }
        let message = alice.seal(channel, to, &bytes(&case["data"])).expect("sealed");
        assert_eq!(message, bytes(&case["message"]));

        let mut other = Chat::new(to.unwrap_or("bob"));
        match case["applicationKey"].as_str() {
            Some(_) => {
                let given = bytes(&case["applicationKey"]);
                let given = ApplicationKey::try_from(given.as_slice()).expect("a key");
                let keys = vec![given.for_sender(&id(text(&case["from"])))];
                other.end.ring.set_shared_keys(&other.own, Kid(1), keys).expect("new keys");
            }
            None => {
                let kid = DeviceKid::parse(Kid(kid)).expect("a device's KID");
                other.end.ring.install_device(&id("alice"), kid, base_key);
            }
        }
        assert_eq!(other.open(channel, "alice", &message), Ok(bytes(&case["data"])));
    }
}

#[test]
fn each_data_message_opens_once() {
    let (mut alice, mut bob) = pair();
    let messages: Vec<_> = (0..9).map(|n| alice.seal("chat", None, &[n]).unwrap()).collect();
    for n in [3, 1, 8, 0] {
        assert_eq!(bob.open("chat", "alice", &messages[n]), Ok(vec![n as u8]));
        assert_eq!(bob.open("chat", "alice", &messages[n]), Err(Error::Duplicate));
    }
}

#[test]
fn each_data_channel_has_its_own_replay_window() {
    let (mut alice, mut bob) = pair();
    let slow = alice.seal("chat", None, b"hello").unwrap();
    for _ in 0..3000 {
        let fast = alice.seal("file", None, &[0; 100]).unwrap();
        bob.open("file", "alice", &fast).unwrap();
    }
    assert_eq!(bob.open("chat", "alice", &slow), Ok(b"hello".to_vec()));
    assert_eq!(bob.open("chat", "alice", &slow), Err(Error::Duplicate));
}

#[test]
fn a_message_to_one_member_is_refused_by_others() {
    let (mut alice, mut bob) = pair();
    let mut carol = Chat::knowing_alice("carol", kid(), &key(1));
    let message = alice.seal("", Some("bob"), b"only for Bob").unwrap();
    assert_eq!(carol.open("", "alice", &message), Err(Error::AuthenticationFailed));
    // A server cannot turn it into a message to all either.
    let mut to_all = message.clone();
    to_all[1] = 16;
    assert_eq!(carol.open("", "alice", &to_all), Err(Error::AuthenticationFailed));
    assert_eq!(bob.open("", "alice", &message), Ok(b"only for Bob".to_vec()));
}

#[test]
fn a_message_does_not_open_on_another_channel_or_for_another_sender() {
    let (mut alice, mut bob) = pair();
    bob.end.ring.install_device(&id("carol"), kid(), key(2));
    let message = alice.seal("chat", None, b"hello").unwrap();
    assert_eq!(bob.open("file", "alice", &message), Err(Error::AuthenticationFailed));
    assert_eq!(bob.open("chat", "carol", &message), Err(Error::AuthenticationFailed));
    assert_eq!(bob.open("chat", "mallory", &message), Err(Error::UnknownKey));
    assert_eq!(bob.open("chat", "alice", &message), Ok(b"hello".to_vec()));
}

#[test]
fn the_name_of_an_unknown_sender_is_not_kept() {
    let (mut alice, mut bob) = pair();
    let message = alice.seal("", None, b"hello").unwrap();
    for n in 0..100 {
        assert_eq!(bob.open("", &format!("stranger {n}"), &message), Err(Error::UnknownKey));
    }
    assert_eq!(bob.end.ring.find(&id("stranger 7")), None);
}

#[test]
fn every_flipped_bit_is_refused_and_changes_nothing() {
    let (mut alice, mut bob) = pair();
    let message = alice.seal("chat", None, b"hello").unwrap();
    for bit in 0..8 * message.len() {
        let mut bent = message.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(bob.open("chat", "alice", &bent).is_err(), "bit {bit}");
    }
    assert_eq!(bob.open("chat", "alice", &message), Ok(b"hello".to_vec()));
}

#[test]
fn frames_and_data_never_share_a_key() {
    let (mut alice, mut bob) = pair();
    let stream = alice.end.sealing(MediaKind::Audio, "");
    let frame = alice.end.seal(stream, Codec::Opus, b"hello").unwrap();
    let message = alice.seal("", None, b"hello").unwrap();
    // Both are the first of their kind, so they have the same KID, counter and SFrame header.
    assert_eq!(frame[..3], message[2..5]);
    assert_ne!(frame[3..8], message[5..10]);
    let as_message = [&message[..2], frame.as_slice()].concat();
    assert_eq!(bob.open("", "alice", &as_message), Err(Error::AuthenticationFailed));
    let stream = bob.end.opening("alice", MediaKind::Audio, "");
    let as_frame = bob.end.open(stream, Codec::Opus, &message[2..]);
    assert_eq!(as_frame, Err(Error::AuthenticationFailed));
    // Neither counter moved the replay window of the other.
    assert_eq!(bob.end.open(stream, Codec::Opus, &frame), Ok(b"hello".to_vec()));
    assert_eq!(bob.open("", "alice", &message), Ok(b"hello".to_vec()));
}

#[test]
fn a_key_received_later_opens_no_earlier_message() {
    let (mut alice, _) = pair();
    let before = alice.seal("", None, b"before").unwrap();
    let (next, base_key) = (kid().next_step().unwrap(), ratchet(&key(1)));
    alice.end.ring.install_own(next.kid(), &base_key).unwrap();
    let after = alice.seal("", None, b"after").unwrap();
    let mut carol = Chat::knowing_alice("carol", next, &base_key);
    assert_eq!(carol.open("", "alice", &before), Err(Error::UnknownKey));
    assert_eq!(carol.open("", "alice", &after), Ok(b"after".to_vec()));
}

#[test]
fn a_message_under_a_new_key_expires_the_old_key() {
    let (mut alice, mut bob) = pair();
    let old = alice.seal("", None, b"old").unwrap();
    let next = kid().next_generation();
    alice.end.ring.install_own(next.kid(), &key(2)).unwrap();
    bob.end.ring.install_device(&id("alice"), next, key(2));
    let new = alice.seal("", None, b"new").unwrap();
    assert_eq!(bob.open("", "alice", &new), Ok(b"new".to_vec()));
    bob.end.ring.tick(Millis(9_999));
    assert_eq!(bob.open("", "alice", &old), Ok(b"old".to_vec()));
    bob.end.ring.tick(Millis(10_000));
    assert_eq!(bob.open("", "alice", &old), Err(Error::UnknownKey));
}

#[test]
fn a_worn_key_is_due_for_rotation_and_then_refuses_to_seal() {
    let limits = Limits { rotate_frames: 3, max_frames: 5, ..Limits::default() };
    let mut alice = Chat { end: End::new(limits), ..Chat::new("alice") };
    assert_eq!(alice.seal("", None, b"no key"), Err(Error::NoKey));
    alice.end.ring.install_own(kid().kid(), &key(1)).unwrap();
    for n in 0..5 {
        assert_eq!(alice.end.ring.rotation_due(), n >= 3);
        alice.seal("", None, b"data").unwrap();
    }
    assert_eq!(alice.seal("", None, b"data"), Err(Error::CounterExhausted));
}

#[test]
fn messages_too_large_or_of_another_version_are_refused() {
    let (mut alice, mut bob) = pair();
    let large = vec![0; sealframe::frame::MAX_DATA_LEN + 1];
    assert_eq!(alice.seal("", None, &large), Err(Error::FrameTooLarge));
    let mut message = alice.seal("", None, b"data").unwrap();
    for (at, byte, error) in [(1, 18, Error::BadMessage), (0, 2, Error::UnsupportedVersion)] {
        message[at] = byte;
        assert_eq!(bob.open("", "alice", &message), Err(error));
    }
}

proptest! {
    #[test]
    fn opening_any_bytes_as_data_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..80), named: bool) {
        let (_, mut bob) = pair();
        let front = [1, 16 + u8::from(named)];
        for message in [bytes.clone(), [front.as_slice(), &bytes].concat()] {
            prop_assert!(bob.open("", "alice", &message).is_err());
        }
    }

    #[test]
    fn any_sealed_message_opens(
        data in prop::collection::vec(any::<u8>(), 0..300),
        name in "[a-zé]{0,100}",
        named: bool,
    ) {
        let (mut alice, mut bob) = pair();
        let channel = Label::try_from(name.as_str()).map_or("", |_| name.as_str());
        let message = alice.seal(channel, named.then_some("bob"), &data).unwrap();
        prop_assert!(message.len() <= data.len() + 22);
        prop_assert_eq!(bob.open(channel, "alice", &message), Ok(data));
    }
}
