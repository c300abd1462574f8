//! Vectors of docs/protocol.md, 6, for a second implementation: a call of two devices in each suite,
//! with fixed randomness. `node tests/vectors/check-group.mjs` checks them without our code.
//!
//! `SEALFRAME_WRITE=1 cargo test -p sealframe-mls --test group_vectors` writes them again.

mod common;

use common::world::{Setting, World};
use common::{Signer, random};
use sealframe_mls::Suite;
use sealframe_mls::group::{EpochKeys, EpochName, Input};
use sealframe_mls::identity::{CallId, Certificate, DeviceId, Draft};
use sealframe_mls::wire::{Body, Message, Note};
use serde_json::{Value, json};
use std::path::PathBuf;

const NAMES: [&str; 2] = ["alice", "bob"];
const CALL: &str = "room-42";
const SEED: u64 = 1;

#[test]
fn the_vectors_are_made_again() {
    let made = serde_json::to_string_pretty(&vectors()).expect("a value") + "\n";
    if std::env::var_os("SEALFRAME_WRITE").is_some() {
        std::fs::write(place(), &made).expect("a folder to write to");
    }
    let old = std::fs::read_to_string(place()).expect("the vectors");
    assert!(old == made, "SEALFRAME_WRITE=1 writes them");
}

fn place() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../tests/vectors/sealframe-group.json"].iter().collect()
}

fn vectors() -> Value {
    let signers = [0, 1].map(|at| Signer::new(&random(900 + at)));
    let named = NAMES.into_iter().zip(&signers);
    let devices: serde_json::Map<_, _> =
        named.map(|(name, signer)| (name.to_owned(), device(signer))).collect();
    let names = [32, 48].map(name);
    json!({
        "call": CALL,
        "callTag": hex::encode(CallId::of(CALL).as_bytes()),
        "devices": devices,
        "certificates": [certificate(&signers[0])],
        "names": names,
        "calls": Suite::ALL.map(call),
    })
}

fn device(signer: &Signer) -> Value {
    json!({
        "signingPrivate": hex::encode(signer.secret()),
        "bundle": hex::encode(signer.bundle()),
        "id": signer.device().id().to_string(),
    })
}

fn certificate(signer: &Signer) -> Value {
    let leaf = Signer::new(&random(77));
    let draft = Draft::new(signer.device().id(), CallId::of(CALL), *leaf.device().signing());
    let to_sign = draft.to_sign();
    let certificate = draft.signed(&signer.sign(&to_sign)).expect("a signature");
    let identity = certificate.identity();
    let credential = identity.credential.as_custom().expect("ours");
    json!({
        "device": NAMES[0],
        "leafPrivate": hex::encode(leaf.secret()),
        "leafKey": hex::encode(certificate.leaf().as_bytes()),
        "toSign": hex::encode(to_sign),
        "certificate": hex::encode(certificate.signature()),
        "credentialType": credential.credential_type().raw_value(),
        "credential": hex::encode(credential.data()),
    })
}

fn name(length: usize) -> Value {
    let authenticator: Vec<_> = (0..length).map(|at| at as u8).collect();
    let name = EpochName::of(&authenticator);
    json!({
        "authenticator": hex::encode(authenticator),
        "context": name.context,
        "branch": hex::encode(name.branch),
        "code": name.code,
    })
}

/// Both enter, the second renews its leaf, and the first removes it.
fn call(suite: Suite) -> Value {
    let mut world = World::new(SEED, 2, Setting { suite, ..Setting::PLAIN });
    world.enter(&[0, 1]);
    world.until_one_group(&[0, 1], 5_000).expect("a group");
    world.run(500);
    world.input(1, Input::Rotate).expect("a group");
    world.run(500);
    world.tell(0, &[0]);
    world.run(500);
    let mut epochs: Vec<Value> = Vec::new();
    for (keys, _) in world.nodes.iter().flat_map(|node| &node.media.entered) {
        let epoch = epoch(&world, keys);
        if !epochs.contains(&epoch) {
            epochs.push(epoch);
        }
    }
    epochs.sort_by_key(|epoch| epoch["epoch"].as_u64());
    let packets = world
        .seen
        .iter()
        .map(|packet| message(&world, (NAMES[packet.from], NAMES[packet.to]), &packet.bytes));
    json!({
        "suite": suite.name(),
        "number": suite.number(),
        // An HPKE key of a device is DeriveKeyPair (RFC 9180 §4) of these.
        "ikm": { NAMES[0]: ikm(0), NAMES[1]: ikm(1) },
        "messages": packets.collect::<Vec<_>>(),
        "epochs": epochs,
    })
}

/// What a device draws first when it enters.
fn ikm(at: u64) -> String {
    hex::encode(random(SEED ^ at << 32 ^ 1 << 48).array::<32>())
}

fn epoch(world: &World, keys: &EpochKeys) -> Value {
    let members = keys.members.iter().map(|(leaf, id)| json!([leaf, name_of(world, *id)]));
    json!({
        "epoch": keys.epoch,
        "context": keys.context,
        "code": keys.code,
        "members": members.collect::<Vec<_>>(),
        "baseKey": hex::encode(keys.secret.as_bytes()),
    })
}

fn message(world: &World, (from, to): (&str, &str), bytes: &[u8]) -> Value {
    let mut record = match Message::parse(bytes, CallId::of(CALL)).expect("a message") {
        Message::Commit(branch, commit) => json!({
            "type": 1,
            "branch": hex::encode(branch),
            "mlsMessage": hex::encode(commit),
        }),
        Message::Note(note) => self::note(world, &note),
    };
    record["from"] = from.into();
    record["to"] = to.into();
    record["message"] = hex::encode(bytes).into();
    record
}

fn note(world: &World, note: &Note<'_>) -> Value {
    let mut record = body(world, note.body());
    let certificate: &Certificate = note.certificate();
    record["leafKey"] = hex::encode(certificate.leaf().as_bytes()).into();
    record["certificate"] = hex::encode(certificate.signature()).into();
    record["counter"] = note.counter().into();
    record["toSign"] = hex::encode(note.to_sign()).into();
    record["signature"] = hex::encode(note.signature()).into();
    record
}

fn body(world: &World, body: &Body<'_>) -> Value {
    match body {
        Body::Beacon(beacon) => json!({
            "type": 2,
            "epoch": beacon.epoch,
            "branch": hex::encode(beacon.branch),
            "leaf": beacon.leaf,
        }),
        Body::Ask(ask) => json!({
            "type": 3,
            "nonce": hex::encode(ask.nonce),
            "isOut": ask.is_out,
            "wantsInfo": ask.wants_info,
            "branch": hex::encode(ask.branch),
            "key": hex::encode(ask.key),
        }),
        Body::Info(info) => json!({
            "type": 4,
            "recipient": name_of(world, info.to),
            "nonce": hex::encode(info.nonce),
            "branch": hex::encode(info.branch),
            "lead": [info.lead.0, name_of(world, info.lead.1)],
            "leaf": info.leaf,
            "enc": hex::encode(info.enc),
            "ct": hex::encode(info.ciphertext),
        }),
    }
}

fn name_of(world: &World, id: DeviceId) -> &'static str {
    let at = world.nodes.iter().position(|node| node.id == id).expect("a device");
    NAMES[at]
}
