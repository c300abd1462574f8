//! Objects for JavaScript.

use super::JsValue;
use crate::session::{MemberReport, Output, Ticket};
use js_sys::{Array, Object, Reflect, Uint8Array};

/// An output as the worker reads it: `{ type, … }`.
pub(super) fn host_task(output: Output) -> JsValue {
    match output {
        Output::Decap { ticket, kem, enc } => {
            typed("agree", [ticketed(ticket), ("kem", kem.name().into()), ("enc", bytes(&enc))])
        }
        Output::DeviceTwice { device } => typed("twice", [("device", device.as_str().into())]),
        Output::Encap { ticket, kem, public } => typed(
            "encapsulate",
            [ticketed(ticket), ("kem", kem.name().into()), ("public", bytes(&public))],
        ),
        Output::KeyChanged { sender } => typed("key", [("sender", sender.as_str().into())]),
        Output::OwnKeyChanged { kid } => typed("own-key", [("kid", number(kid.0))]),
        Output::Refused { from, code } => {
            let from = from.map_or(JsValue::UNDEFINED, |from| from.as_str().into());
            typed("refused", [("from", from), ("code", code.code().into())])
        }
        Output::Send { to, bytes: message } => {
            typed("send", [("to", to.hex().into()), ("bytes", bytes(&message))])
        }
        Output::Sign { ticket, bytes: message } => {
            typed("sign", [ticketed(ticket), ("bytes", bytes(&message))])
        }
        Output::Trusted { sender } => typed("trusted", [("sender", sender.as_str().into())]),
        Output::Untrusted { sender, devices } => {
            let devices: Array = devices.iter().map(|id| JsValue::from(id.as_str())).collect();
            typed("untrusted", [("sender", sender.as_str().into()), ("devices", devices.into())])
        }
        Output::Verify { ticket, public, signature, bytes: message } => typed(
            "verify",
            [
                ticketed(ticket),
                ("public", bytes(public.as_bytes())),
                ("signature", bytes(&signature)),
                ("bytes", bytes(&message)),
            ],
        ),
        Output::Wake { at } => typed("wake", [("at", number(at.0))]),
    }
}

/// One element of `members()`.
pub(super) fn member(report: MemberReport<'_>) -> JsValue {
    object([
        ("id", report.sender.as_str().into()),
        ("kem", report.suite.name().into()),
        ("legacy", report.suite.is_legacy().into()),
        ("keyed", report.keyed.into()),
        ("acknowledged", report.acknowledged.into()),
    ])
}

fn ticketed(ticket: Ticket) -> (&'static str, JsValue) {
    ("ticket", ticket.0.into())
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn typed<const N: usize>(kind: &str, fields: [(&str, JsValue); N]) -> JsValue {
    object([("type", kind.into())].into_iter().chain(fields))
}

fn object<'a>(fields: impl IntoIterator<Item = (&'a str, JsValue)>) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a property of a new object cannot fail.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}

fn number(value: u64) -> JsValue {
    (value as f64).into()
}
