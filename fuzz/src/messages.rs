//! Parsers of what a server, another device or a file gives us.

use sealframe::envelope::{Bundle, Message};
use sealframe::session::Entry;
use sealframe_argon2::Cost;
use sealframe_argon2::recovery::Container;
use sealframe_mls::identity::CallId;
use sealframe_mls::wire;

/// The call of the seeds.
pub(crate) const CALL: [u8; 16] = [7; 16];

/// Any bytes are a key message or an error. A message is what its sender signed, and a signature.
pub(crate) fn message(bytes: &[u8]) {
    if let Ok(message) = Message::parse(bytes) {
        let signed = message.to_verify().len() + message.signature().len();
        assert!(signed >= bytes.len(), "{} bytes are bound by no signature", bytes.len() - signed);
    }
}

/// Any bytes are a bundle or an error, and a bundle has one encoding.
pub(crate) fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::parse(bytes) {
        assert_eq!(bundle.as_bytes(), bytes);
        assert_eq!(Bundle::parse(bundle.as_bytes()).map(|same| same.id()), Ok(bundle.id()));
    }
    let id = String::from_utf8_lossy(bytes);
    let _ = Entry::parse(bytes, Some(&id));
}

/// Any bytes are a recovery container of a bounded cost, or an error.
pub(crate) fn container(bytes: &[u8]) {
    if let Ok(container) = Container::parse(bytes) {
        let cost = container.cost();
        assert_eq!(Cost::new(cost.memory(), cost.passes()), Ok(cost));
    }
}

/// Any bytes are a message of an MLS group, or an error.
pub(crate) fn group_message(bytes: &[u8]) {
    let call = CallId::new(CALL);
    if let Ok(wire::Message::Commit(branch, commit)) = wire::Message::parse(bytes, call) {
        assert_eq!(wire::commit(call, branch, commit), bytes);
    }
}
