//! The WebAssembly interface: the only file here that names `wasm_bindgen`.
//!
//! Errors are thrown as an `Error` with a stable `code`.
#![allow(unnameable_types, unreachable_pub, reason = "JavaScript calls them")]

use crate::crypto::Random;
use crate::group::{EpochKeys, Input, Membership as Machine, Options, Output, Ticket, To};
use crate::identity::{CallId, DeviceId};
use crate::{Error, Millis, Suite};
use js_sys::{Reflect, Uint8Array};
use serde::Serialize;
use std::alloc::System;
use wasm_bindgen::prelude::*;
use zeroize::{Zeroize, Zeroizing};
use zeroizing_alloc::ZeroAlloc;

/// Wipes all memory that is freed.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// 256 KiB of the stack are wiped: more than a commit uses.
const STACK: usize = 256 << 10;

/// A device in the MLS group of a call.
#[wasm_bindgen]
pub struct Membership(Machine);

#[wasm_bindgen]
impl Membership {
    /// The device with this bundle enters the call. `suite` is the group's suite by name. With
    /// `is_ordered` the transport gives all devices the same messages in the same order, our own
    /// among them. `passphrase` is the 32 bytes that were derived from the call's passphrase.
    #[wasm_bindgen(constructor)]
    pub fn new(
        call: &str,
        bundle: Vec<u8>,
        suite: &str,
        is_ordered: bool,
        passphrase: Option<Vec<u8>>,
        now: f64,
    ) -> Result<Self, JsValue> {
        let machine = parse_options(call, bundle, suite, is_ordered, passphrase)
            .and_then(|options| Machine::new(options, millis(now)));
        clear_stack();
        machine.map(Self).map_err(throw)
    }

    /// Sets the roster: bundles of all devices that may be in the group.
    pub fn set_members(&mut self, bundles: Vec<Uint8Array>, now: f64) -> Result<(), JsValue> {
        let bundles: Vec<_> = bundles.iter().map(Uint8Array::to_vec).collect();
        let bundles: Vec<_> = bundles.iter().map(Vec::as_slice).collect();
        self.handle(Input::SetMembers(&bundles), now)
    }

    /// Takes a message of another device.
    pub fn receive(&mut self, bytes: &[u8], now: f64) -> Result<(), JsValue> {
        self.handle(Input::Receive(bytes), now)
    }

    /// Takes the signature for a `sign` task of `poll()`: `r ‖ s`, 64 bytes.
    pub fn signed(&mut self, ticket: u32, signature: &[u8], now: f64) -> Result<(), JsValue> {
        let signature = signature.try_into().map_err(|_| throw(Error::BadArgument))?;
        self.handle(Input::Signed { ticket: Ticket(ticket), signature }, now)
    }

    /// Reports that a task of `poll()` could not be done.
    pub fn refused(&mut self, ticket: u32, now: f64) -> Result<(), JsValue> {
        self.handle(Input::Refused { ticket: Ticket(ticket) }, now)
    }

    /// Makes a new epoch with a new leaf of our own.
    pub fn rotate(&mut self, now: f64) -> Result<(), JsValue> {
        self.handle(Input::Rotate, now)
    }

    /// Moves the clock. Call it about once a second, and at the time of a `wake` task.
    pub fn tick(&mut self, now: f64) -> Result<(), JsValue> {
        self.handle(Input::Tick, now)
    }

    /// The next task for the host, or nothing.
    pub fn poll(&mut self) -> JsValue {
        let Some(output) = self.0.poll() else { return JsValue::UNDEFINED };
        let task = serde_wasm_bindgen::to_value(&Task::of(&output));
        task.unwrap_or_default() // texts, bytes and numbers below 2^53 always have a value
    }

    /// Wipes every secret. Later calls fail with `call-closed`.
    pub fn close(&mut self) {
        let _ = self.0.handle(Input::Close, Millis(0)); // closing twice is no error
        clear_stack();
    }

    fn handle(&mut self, input: Input<'_>, now: f64) -> Result<(), JsValue> {
        let done = self.0.handle(input, millis(now));
        clear_stack();
        done.map_err(throw)
    }
}

/// An output as the worker reads it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Task<'a> {
    Epoch {
        epoch: u64,
        context: u16,
        /// Leaves up to the last one in use.
        width: u32,
        code: &'a str,
        /// Device ids, and in the same order their leaves.
        members: Vec<String>,
        leaves: Vec<u32>,
        leaf: u32,
        #[serde(with = "serde_bytes")]
        secret: &'a [u8],
    },
    Forget {
        context: u16,
    },
    Left,
    Refused {
        from: Option<String>,
        code: &'static str,
    },
    Seal {
        context: u16,
    },
    Send {
        /// Missing if it is for all.
        to: Option<String>,
        #[serde(with = "serde_bytes")]
        bytes: &'a [u8],
    },
    Twice,
    Sign {
        ticket: u32,
        #[serde(with = "serde_bytes")]
        bytes: &'a [u8],
    },
    Wake {
        at: u64,
    },
}

impl<'a> Task<'a> {
    fn of(output: &'a Output) -> Self {
        match output {
            Output::Epoch(keys) => Self::of_epoch(keys),
            Output::Forget { context } => Self::Forget { context: *context },
            Output::Left => Self::Left,
            Output::Refused { from, code } => {
                Self::Refused { from: from.map(text), code: code.code() }
            }
            Output::Seal { context } => Self::Seal { context: *context },
            Output::Send { to: To::All, bytes } => Self::Send { to: None, bytes },
            Output::Send { to: To::One(id), bytes } => Self::Send { to: Some(text(*id)), bytes },
            Output::Sign { ticket, bytes } => Self::Sign { ticket: ticket.0, bytes },
            Output::Twice => Self::Twice,
            Output::Wake { at } => Self::Wake { at: at.0 },
        }
    }

    fn of_epoch(keys: &'a EpochKeys) -> Self {
        let EpochKeys { epoch, context, code, members, leaf, secret } = keys;
        let width = members.last().map_or(0, |(leaf, _)| leaf + 1);
        let leaves = members.iter().map(|(leaf, _)| *leaf).collect();
        let members = members.iter().map(|(_, id)| text(*id)).collect();
        let secret = secret.as_bytes();
        let (epoch, context, leaf) = (*epoch, *context, *leaf);
        Self::Epoch { epoch, context, width, code, members, leaves, leaf, secret }
    }
}

fn parse_options(
    call: &str,
    bundle: Vec<u8>,
    suite: &str,
    is_ordered: bool,
    passphrase: Option<Vec<u8>>,
) -> Result<Options, Error> {
    let suite = Suite::from_name(suite).ok_or(Error::BadArgument)?;
    let passphrase = passphrase.map(Zeroizing::new).map(|bytes| {
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| Error::BadArgument)?;
        Ok(Zeroizing::new(bytes))
    });
    let passphrase = passphrase.transpose()?;
    let random = Random::new(fill);
    Ok(Options { call: CallId::of(call), suite, bundle, passphrase, is_ordered, random })
}

/// The browser's random numbers. A browser without them traps here: no key is better than a
/// predictable one.
fn fill(out: &mut [u8]) {
    getrandom::fill(out).expect("the browser has random numbers");
}

fn text(id: DeviceId) -> String {
    id.to_string()
}

/// A time of the page in milliseconds. A value that is not a time counts as 0.
const fn millis(now: f64) -> Millis {
    Millis(now as u64) // a float cast saturates
}

/// Overwrites the part of the stack that cryptography may have left secrets on.
#[inline(never)]
fn clear_stack() {
    let mut stack = [0u8; STACK];
    stack.zeroize();
    std::hint::black_box(&stack);
}

/// `Error { message, code }`.
fn throw(error: Error) -> JsValue {
    let value = js_sys::Error::new(error.code());
    // Setting a property of a new object cannot fail.
    let _ = Reflect::set(&value, &"code".into(), &error.code().into());
    value.into()
}
