//! The WebAssembly interface: the only file that names `wasm_bindgen`.
//!
//! The frame path uses numbers only. Other calls throw an `Error` with a stable `code`.
#![allow(unnameable_types, unreachable_pub, reason = "JavaScript calls them")]

mod objects;
mod stack;
#[cfg(feature = "test-trap")]
mod trap;

use crate::MediaKind;
use crate::codec::Codec;
use crate::envelope::kem::Point;
use crate::envelope::{Bundle, CallTag, OwnDevice, Secret, Suite};
use crate::frame::StreamIndex;
use crate::key::{CallKey, GroupEpoch, LeafIndex, Limits, SenderId};
use crate::safety::{SafetyHalf, SafetyNumber};
use crate::session::{Entry, Input, Session, Ticket};
use crate::{Call as Core, Error, Millis};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use getrandom::SysRng;
use js_sys::{Reflect, Uint8Array};
use rand_core::UnwrapErr;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A broken invariant ends the instance. The worker sees a `WebAssembly.RuntimeError`.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The browser's random numbers. A browser without them traps here: no key is better than a
/// predictable one.
const RNG: UnwrapErr<SysRng> = UnwrapErr(SysRng);

/// The codes by error number. Number 0 is no error.
#[wasm_bindgen]
pub fn error_codes() -> Vec<String> {
    let codes = Error::ALL.iter().map(|error| error.code().to_owned());
    core::iter::once(String::new()).chain(codes).collect()
}

/// The number of a media type such as `video/VP8`; 0 if it has no layout.
#[wasm_bindgen]
pub fn codec_number(mime: &str) -> u8 {
    Codec::from_mime(mime).map_or(0, Codec::number)
}

/// The name of the device with this bundle: 32 hexadecimal digits.
#[wasm_bindgen]
pub fn device_id(bundle: &[u8]) -> Result<String, JsValue> {
    Bundle::parse(bundle).map(|bundle| bundle.id().hex()).map_err(throw)
}

/// The 60 digits that two people compare to verify each other's bundles.
#[wasm_bindgen]
pub fn safety_number(own_bundle: &[u8], other_bundle: &[u8]) -> Result<String, JsValue> {
    let half = |bundle| Bundle::parse(bundle).map(|bundle| SafetyHalf::of(&bundle)).map_err(throw);
    Ok(SafetyNumber::of(half(own_bundle)?, half(other_bundle)?).digits())
}

/// The keys of an epoch of an MLS group.
#[wasm_bindgen]
pub struct Epoch(GroupEpoch);

#[wasm_bindgen]
impl Epoch {
    /// The epoch of this number and KID context. Its tree has `width` leaves up to the last one in
    /// use. `secret` has 32 bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(number: f64, context: u16, width: u32, secret: Vec<u8>) -> Result<Self, JsValue> {
        let secret = parse_secret(secret);
        let epoch = secret.and_then(|key| GroupEpoch::new(number as u64, context, width, &key));
        stack::clear();
        epoch.map(Self).map_err(throw)
    }
}

/// Keys and frames of one call.
#[wasm_bindgen]
pub struct Call {
    core: Core,
    result: usize,
    #[cfg(feature = "test-trap")]
    trap: trap::Trap,
}

#[wasm_bindgen]
impl Call {
    /// A call in which our name is `own`. With the device's `bundle` it exchanges keys with other
    /// devices. `point` is the public half of the P-256 key that the host made for entering this
    /// call. `weakest` is the number of the weakest suite that members may have.
    #[wasm_bindgen(constructor)]
    pub fn new(
        id: &str,
        own: &str,
        bundle: Option<Vec<u8>>,
        point: Option<Vec<u8>>,
        weakest: u8,
        now: f64,
    ) -> Result<Self, JsValue> {
        let core = new_core(id, own, bundle, point, weakest, millis(now));
        stack::clear();
        let call = |core| Self {
            core,
            result: 0,
            #[cfg(feature = "test-trap")]
            trap: trap::Trap::default(),
        };
        core.map(call).map_err(throw)
    }

    /// Sets the application's keys: the senders' names and, in the same order, their keys.
    pub fn set_keys(
        &mut self,
        senders: Vec<String>,
        keys: Vec<Uint8Array>,
        now: f64,
    ) -> Result<(), JsValue> {
        let keys: Vec<_> = keys.iter().map(|key| Zeroizing::new(key.to_vec())).collect();
        if senders.len() != keys.len() {
            return Err(throw(Error::BadArgument));
        }
        let pairs = senders.iter().map(String::as_str).zip(keys.iter().map(|key| key.as_slice()));
        stack::clear_around(|| self.core.set_keys(pairs, millis(now), &mut { RNG })).map_err(throw)
    }

    /// Sets the key of a passphrase call, 32 bytes. All senders' keys are derived from it.
    pub fn set_call_key(&mut self, key: Vec<u8>, now: f64) -> Result<(), JsValue> {
        let key = parse_secret(key).map(|key| CallKey::from(&*key)).map_err(throw)?;
        stack::clear_around(|| self.core.set_call_key(key, millis(now), &mut { RNG }))
            .map_err(throw)
    }

    /// Opens frames of the members of an epoch, in which we have the leaf `own`: their names and, in
    /// the same order, their leaves.
    pub fn enter_epoch(
        &mut self,
        epoch: Epoch,
        own: u32,
        members: Vec<String>,
        leaves: Vec<u32>,
        now: f64,
    ) -> Result<(), JsValue> {
        if members.len() != leaves.len() {
            return Err(throw(Error::BadArgument));
        }
        let leaves = leaves.into_iter().map(LeafIndex);
        let members = members.iter().map(String::as_str).zip(leaves);
        let enter = || self.core.enter_epoch(&epoch.0, LeafIndex(own), members, millis(now));
        stack::clear_around(enter).map_err(throw)
    }

    /// Seals with the epoch that came last from now on, if it has this KID context.
    pub fn seal_epoch(&mut self, context: u16, now: f64) -> Result<(), JsValue> {
        stack::clear_around(|| self.core.seal_epoch(context, millis(now))).map_err(throw)
    }

    /// Wipes the keys of all members of the group but these.
    pub fn keep_members(&mut self, ids: Vec<String>) -> Result<(), JsValue> {
        self.core.keep_members(&ids).map_err(throw)
    }

    /// Leaves the group: wipes all keys.
    pub fn leave_group(&mut self) -> Result<(), JsValue> {
        self.core.leave_group().map_err(throw)
    }

    /// Sets the roster: bundles of the devices that may have our key and, in the same order, the
    /// application's names for them, or nothing. If an entry is refused, the error has its `index`,
    /// and members that are no longer listed are still removed.
    pub fn set_members(
        &mut self,
        bundles: Vec<Uint8Array>,
        ids: Vec<JsValue>,
        now: f64,
    ) -> Result<(), JsValue> {
        let ids = ids.iter().map(JsValue::as_string).chain(core::iter::repeat(None));
        let entry = |(bytes, id): (&Uint8Array, Option<String>)| {
            Entry::parse(&bytes.to_vec(), id.as_deref())
        };
        let entries = bundles.iter().zip(ids).map(entry).collect();
        self.handle(Input::SetMembers(entries), now).inspect_err(|error| {
            if let Some(at) = self.core.refused_entry() {
                // Setting a property of a new object cannot fail.
                let _ = Reflect::set(error, &"index".into(), &(at as f64).into());
            }
        })
    }

    /// Takes a key message, with the sender that the transport names.
    pub fn receive(&mut self, bytes: &[u8], from: Option<String>, now: f64) -> Result<(), JsValue> {
        let from = from.as_deref().map(SenderId::try_from).transpose().map_err(throw)?;
        self.handle(Input::Receive { bytes, from }, now)
    }

    /// Takes the signature for a `sign` task of `poll()`: `r ‖ s`, 64 bytes.
    pub fn signed(&mut self, ticket: u32, signature: &[u8], now: f64) -> Result<(), JsValue> {
        let signature = signature.try_into().map_err(|_| throw(Error::BadArgument))?;
        self.handle(Input::Signed { ticket: Ticket(ticket), signature }, now)
    }

    /// Takes the verdict for a `verify` task of `poll()`.
    pub fn verified(&mut self, ticket: u32, genuine: bool, now: f64) -> Result<(), JsValue> {
        self.handle(Input::Verified { ticket: Ticket(ticket), genuine }, now)
    }

    /// Takes the result of an `encapsulate` task of `poll()`: the ephemeral public key and the x
    /// coordinate; for RSA the ciphertext and the random bytes in it. `shared` has 32 bytes.
    pub fn encapsulated(
        &mut self,
        ticket: u32,
        enc: &[u8],
        shared: Vec<u8>,
        now: f64,
    ) -> Result<(), JsValue> {
        let shared = parse_secret(shared).map_err(throw)?;
        let (ticket, shared) = (Ticket(ticket), Secret::from(&*shared));
        self.handle(Input::Encapped { ticket, enc, shared }, now)
    }

    /// Takes the result of an `agree` task of `poll()`: the x coordinate or the decryption, 32
    /// bytes.
    pub fn agreed(&mut self, ticket: u32, shared: Vec<u8>, now: f64) -> Result<(), JsValue> {
        let shared = parse_secret(shared).map_err(throw)?;
        let (ticket, shared) = (Ticket(ticket), Secret::from(&*shared));
        self.handle(Input::Decapped { ticket, shared }, now)
    }

    /// Reports that a task of `poll()` could not be done.
    pub fn refused(&mut self, ticket: u32, now: f64) -> Result<(), JsValue> {
        self.handle(Input::Failed { ticket: Ticket(ticket) }, now)
    }

    /// The network is back: messages that wait to be repeated are sent now.
    pub fn reconnected(&mut self, now: f64) -> Result<(), JsValue> {
        self.handle(Input::Reconnected, now)
    }

    /// Makes a new random key.
    pub fn rotate(&mut self, now: f64) -> Result<(), JsValue> {
        self.handle(Input::Rotate, now)
    }

    /// Moves the clock. Call it about once a second, and at the time of a `wake` output.
    pub fn tick(&mut self, now: f64) -> Result<(), JsValue> {
        stack::clear_around(|| self.core.tick(millis(now), &mut { RNG })).map_err(throw)
    }

    /// The next task for the host, or nothing.
    pub fn poll(&mut self) -> JsValue {
        self.core.poll().map_or(JsValue::UNDEFINED, objects::host_task)
    }

    /// The members of the roster: `{ id, kem, legacy, keyed, acknowledged }` each.
    pub fn members(&self) -> Vec<JsValue> {
        self.core.members().map(objects::member).collect()
    }

    /// Seals a message to everyone in the call, or to one member.
    pub fn seal_data(&mut self, bytes: Vec<u8>, to: Option<String>) -> Result<Vec<u8>, JsValue> {
        let bytes = Zeroizing::new(bytes);
        self.core.seal_data(&bytes, to.as_deref()).map_err(throw)
    }

    /// Opens a message of this member. Each message opens once.
    pub fn open_data(&mut self, bytes: &[u8], from: &str) -> Result<Uint8Array, JsValue> {
        let data = self.core.open_data(bytes, from);
        stack::clear();
        data.map(|data| Uint8Array::from(data.as_slice())).map_err(throw)
    }

    /// Attaches a stream that seals a track and returns its number. `kind` is 1 for audio, 2 for
    /// video.
    pub fn seal_stream(&mut self, kind: u8, track: &str) -> Result<u32, JsValue> {
        let stream = parse_kind(kind).and_then(|kind| self.core.seal_stream(kind, track));
        #[cfg(feature = "test-trap")]
        self.trap.set(stream, track);
        stream.map(|stream| stream.0).map_err(throw)
    }

    /// Attaches a stream that opens a sender's track for one receiver and returns its number.
    pub fn open_stream(&mut self, kind: u8, sender: &str, track: &str) -> Result<u32, JsValue> {
        let stream = parse_kind(kind).and_then(|kind| self.core.open_stream(kind, sender, track));
        stream.map(|stream| stream.0).map_err(throw)
    }

    /// Releases the stream of a sender or receiver that is gone.
    pub fn release_stream(&mut self, stream: u32) {
        self.core.release_stream(StreamIndex(stream));
    }

    /// Makes room for a frame of `len` bytes. Returns the offset in memory to copy it to.
    pub fn scratch(&mut self, len: usize) -> Result<usize, JsValue> {
        self.core.scratch(len).map(|room| room.as_ptr() as usize).map_err(throw)
    }

    /// Seals the frame in the scratch buffer. Returns the length of the result, or a negative error
    /// number.
    pub fn seal(&mut self, stream: u32, codec: u8, len: usize) -> i32 {
        let codec = Codec::from_number(codec);
        let result = self.core.seal(StreamIndex(stream), codec, len);
        #[cfg(feature = "test-trap")]
        self.trap.sealed(StreamIndex(stream), &result);
        self.report(result)
    }

    /// Opens the frame in the scratch buffer. Returns the length of the result, or a negative error
    /// number.
    pub fn open(&mut self, stream: u32, codec: u8, len: usize) -> i32 {
        let codec = Codec::from_number(codec);
        let result = self.core.open(StreamIndex(stream), codec, len);
        self.report(result)
    }

    /// The offset in memory of the last result.
    pub fn start(&self) -> usize {
        self.result
    }

    /// Wipes every key. Later calls fail with `call-closed`.
    pub fn close(&mut self) {
        self.core.close();
        stack::clear();
    }

    fn handle(&mut self, input: Input<'_>, now: f64) -> Result<(), JsValue> {
        stack::clear_around(|| self.core.handle(input, millis(now), &mut { RNG })).map_err(throw)
    }

    fn report(&mut self, result: Result<Range<usize>, Error>) -> i32 {
        match result {
            Ok(range) => {
                let bytes = self.core.bytes(range);
                self.result = bytes.as_ptr() as usize;
                bytes.len() as i32 // a frame has at most 16 MiB
            }
            Err(error) => -i32::from(error.number()),
        }
    }
}

fn new_core(
    id: &str,
    own: &str,
    bundle: Option<Vec<u8>>,
    point: Option<Vec<u8>>,
    weakest: u8,
    now: Millis,
) -> Result<Core, Error> {
    let core = Core::new(SenderId::try_from(own)?, Limits::default(), now);
    let Some(bundle) = bundle else { return Ok(core) };
    let point = point.map(|bytes| Point::parse(&bytes).ok_or(Error::BadArgument)).transpose()?;
    let weakest = Suite::from_number(weakest).ok_or(Error::BadArgument)?;
    let bundle = Bundle::parse(&bundle)?;
    let device = OwnDevice::enter(CallTag::of(id), bundle, point, &mut { RNG })?;
    Ok(core.with_device(Session::new(device, weakest, now, &mut { RNG })))
}

fn parse_secret(bytes: Vec<u8>) -> Result<Zeroizing<[u8; 32]>, Error> {
    let bytes = Zeroizing::new(bytes);
    let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| Error::BadArgument)?;
    Ok(Zeroizing::new(bytes))
}

fn parse_kind(kind: u8) -> Result<MediaKind, Error> {
    match kind {
        1 => Ok(MediaKind::Audio),
        2 => Ok(MediaKind::Video),
        _ => Err(Error::BadArgument),
    }
}

/// A time of the page in milliseconds. A value that is not a time counts as 0.
fn millis(now: f64) -> Millis {
    Millis(now as u64) // a float cast saturates
}

/// `Error { message, code }`.
fn throw(error: Error) -> JsValue {
    let value = js_sys::Error::new(error.code());
    // Setting a property of a new object cannot fail.
    let _ = Reflect::set(&value, &"code".into(), &error.code().into());
    value.into()
}
