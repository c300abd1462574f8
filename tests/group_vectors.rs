//! Our own vectors of MLS groups, made by another implementation: KIDs, and frames that the core
//! opens, and seals byte for byte.

#[path = "common/json.rs"]
mod json;

use json::{array, bytes, file, list, number, text};
use sealframe::MediaKind;
use sealframe::codec::Codec;
use sealframe::key::{GroupEpoch, LeafIndex, Limits, SenderId};
use sealframe::{Call, Error, Millis};
use serde_json::Value;

fn vectors() -> Value {
    file(include_str!("vectors/sealframe-group-frames.json"))
}

/// The members of an epoch, by leaf.
fn members(epoch: &Value) -> Vec<(LeafIndex, &str)> {
    let member = |value: &'_ Value| LeafIndex(number(&value[0]).try_into().expect("a leaf"));
    list(&epoch["members"]).iter().map(|value| (member(value), text(&value[1]))).collect()
}

fn keys(epoch: &Value) -> GroupEpoch {
    let width = members(epoch).iter().map(|(leaf, _)| leaf.0).max().expect("a member") + 1;
    let context = number(&epoch["context"]).try_into().expect("16 bits");
    GroupEpoch::new(number(&epoch["epoch"]), context, width, &array(&epoch["baseKey"]))
        .expect("a tree")
}

/// The call of one member in an epoch.
fn call_of(epoch: &Value, (leaf, name): (LeafIndex, &str)) -> Call {
    let own = SenderId::try_from(name).expect("a name");
    let mut call = Call::new(own, Limits::default(), Millis(0));
    let all = members(epoch).into_iter().map(|(leaf, name)| (name, leaf));
    call.enter_epoch(&keys(epoch), leaf, all, Millis(0)).expect("an epoch");
    call.seal_epoch(keys(epoch).context(), Millis(0)).expect("the newest");
    call
}

fn codec(frame: &Value) -> (MediaKind, Codec) {
    match text(&frame["codec"]) {
        "opus" => (MediaKind::Audio, Codec::Opus),
        _ => (MediaKind::Video, Codec::Vp8),
    }
}

fn open(call: &mut Call, frame: &Value, from: &str, wire: &[u8]) -> Result<Vec<u8>, Error> {
    let (kind, codec) = codec(frame);
    let stream = call.open_stream(kind, from, text(&frame["track"])).expect("a stream");
    call.scratch(wire.len())?.copy_from_slice(wire);
    let range = call.open(stream, Some(codec), wire.len())?;
    Ok(call.bytes(range).to_vec())
}

fn seal(call: &mut Call, frame: &Value) -> Vec<u8> {
    let (kind, codec) = codec(frame);
    let content = bytes(&frame["frame"]);
    let stream = call.seal_stream(kind, text(&frame["track"])).expect("a stream");
    call.scratch(content.len()).expect("room").copy_from_slice(&content);
    let range = call.seal(stream, Some(codec), content.len()).expect("sealed");
    call.bytes(range).to_vec()
}

/// Each frame with its epoch and its sender.
fn cases(vectors: &Value) -> impl Iterator<Item = (&Value, &Value, (LeafIndex, &str))> {
    list(&vectors["frames"]).iter().map(|frame| {
        let at = usize::try_from(number(&frame["epoch"])).expect("an index");
        let leaf = LeafIndex(number(&frame["leaf"]).try_into().expect("a leaf"));
        (frame, &vectors["epochs"][at], (leaf, text(&frame["sender"])))
    })
}

#[test]
fn kids_are_those_of_the_vectors() {
    for (frame, epoch, (leaf, _)) in cases(&vectors()) {
        let kid = keys(epoch).kid(leaf).expect("a leaf");
        assert_eq!(kid.0, u64::from_be_bytes(array(&frame["kid"])));
    }
}

#[test]
fn each_other_member_opens_a_frame_as_its_senders_only() {
    for (frame, epoch, (leaf, sender)) in cases(&vectors()) {
        let wire = bytes(&frame["wire"]);
        let all = members(epoch);
        for own in all.iter().filter(|(other, _)| *other != leaf) {
            let mut call = call_of(epoch, *own);
            let third = all.iter().find(|other| *other != own && other.0 != leaf);
            if let Some((_, third)) = third {
                assert_eq!(open(&mut call, frame, third, &wire), Err(Error::UnknownKey));
            }
            let opened = open(&mut call, frame, sender, &wire);
            assert_eq!(opened, Ok(bytes(&frame["frame"])));
        }
    }
}

#[test]
fn a_member_seals_the_first_frames_byte_for_byte() {
    let vectors = vectors();
    let mut sealed = 0;
    for (frame, epoch, own) in cases(&vectors).filter(|(frame, ..)| frame["ctr"] == 0) {
        let mut call = call_of(epoch, own);
        assert_eq!(seal(&mut call, frame), bytes(&frame["wire"]));
        sealed += 1;
    }
    assert!(sealed > 0);
}
