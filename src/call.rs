//! One call: its keys and its frames.

mod group;

use crate::MediaKind;
use crate::codec::Codec;
use crate::frame::{DataChannels, Direction, FrameCryptor, Label, StreamIndex};
use crate::key::{ApplicationKey, CallKey, Limits, Ring, SenderId};
use crate::session::{Input, MemberReport, Output, Session};
use crate::sframe::Kid;
use crate::{Error, Millis};
use alloc::vec::Vec;
use core::ops::Range;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Keys and frames of one call. After [`Call::close`] every method returns [`Error::CallClosed`].
#[derive(Debug)]
pub struct Call {
    ring: Ring,
    cryptor: FrameCryptor,
    data: DataChannels,
    own: SenderId,
    session: Option<Session>,
    call_key: Option<CallKey>,
    /// How many more unknown senders may be tried before the next tick.
    unknown_sender_budget: u32,
    key_source: Option<KeySource>,
    closed: bool,
}

/// The source of a call's keys. The first source that is used stays: device keys must not replace
/// keys that the application set, and keys without forward secrecy must not replace device keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeySource {
    Application,
    Devices,
    Group,
    Passphrase,
}

/// At most 4096 senders are known in a passphrase call, because anybody can name a new one.
const MAX_SENDERS: usize = 4096;
/// At most 64 unknown senders are tried between two ticks, so that forged messages do not cost a
/// key derivation each.
const UNKNOWN_SENDERS_PER_TICK: u32 = 64;

impl Call {
    /// A call without keys. `own` is our sender id.
    pub fn new(own: SenderId, limits: Limits, now: Millis) -> Self {
        Self {
            ring: Ring::new(limits, now),
            cryptor: FrameCryptor::default(),
            data: DataChannels::default(),
            own,
            session: None,
            call_key: None,
            unknown_sender_budget: UNKNOWN_SENDERS_PER_TICK,
            key_source: None,
            closed: false,
        }
    }

    /// Adds a device, which exchanges keys with the devices of the roster.
    pub fn with_device(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Sets the application's keys of all senders, also our own. They replace the keys set before.
    ///
    /// # Errors
    /// [`Error::BadKeyLength`]; [`Error::BadArgument`] for a bad name, or if the keys of this call
    /// come from devices. Then nothing is changed.
    pub fn set_keys<'a>(
        &mut self,
        keys: impl Iterator<Item = (&'a str, &'a [u8])>,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        self.check_open()?;
        let parse =
            |(id, key)| Ok(ApplicationKey::try_from(key)?.for_sender(&SenderId::try_from(id)?));
        let keys = keys.map(parse).collect::<Result<Vec<_>, Error>>()?;
        self.check_key_source(KeySource::Application)?;
        self.ring.set_time(now);
        self.ring.set_shared_keys(&self.own, random_kid(rng), keys)?;
        self.key_source = Some(KeySource::Application);
        Ok(())
    }

    /// Sets the key of a passphrase call. Our key and the key of every sender are derived from it;
    /// a sender's key is derived when the sender's name first appears.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if the keys of this call come from another source. Then nothing is
    /// changed.
    pub fn set_call_key(
        &mut self,
        key: CallKey,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        self.check_open()?;
        self.check_key_source(KeySource::Passphrase)?;
        let met = self.ring.ids().filter(|id| **id != self.own).chain([&self.own]);
        let keys = met.map(|id| key.for_sender(id)).collect();
        self.ring.set_time(now);
        self.ring.set_shared_keys(&self.own, random_kid(rng), keys)?;
        self.call_key = Some(key);
        self.key_source = Some(KeySource::Passphrase);
        Ok(())
    }

    /// Passes an input to the device's session, see [`Session::handle`].
    ///
    /// # Errors
    /// The session's errors; [`Error::BadArgument`] in a call without a device, or if its keys come
    /// from the application.
    pub fn handle(
        &mut self,
        input: Input<'_>,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        self.check_open()?;
        self.check_key_source(KeySource::Devices)?;
        let session = self.session.as_mut().ok_or(Error::BadArgument)?;
        let states_roster = matches!(input, Input::SetMembers(_));
        let done = session.handle(input, now, &mut self.ring, rng);
        // Members may have been removed although an entry was refused.
        if states_roster && (done.is_ok() || session.refused_entry().is_some()) {
            self.key_source = Some(KeySource::Devices);
        }
        done
    }

    /// Which entry of the last roster was refused, see [`Session::refused_entry`].
    pub fn refused_entry(&self) -> Option<usize> {
        self.session.as_ref()?.refused_entry()
    }

    /// The next thing that the host has to do for the session.
    pub fn poll(&mut self) -> Option<Output> {
        self.session.as_mut()?.poll()
    }

    /// The members of a device's call.
    pub fn members(&self) -> impl Iterator<Item = MemberReport<'_>> {
        self.session.iter().flat_map(Session::members)
    }

    /// Moves the clock. The host calls it about once a second, and when [`Output::Wake`] asks for
    /// it.
    ///
    /// # Errors
    /// [`Error::CallClosed`].
    pub fn tick(&mut self, now: Millis, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        if self.key_source == Some(KeySource::Devices) {
            return self.handle(Input::Tick, now, rng);
        }
        self.check_open()?;
        self.unknown_sender_budget = UNKNOWN_SENDERS_PER_TICK;
        self.ring.tick(now);
        if self.ring.rotation_due() {
            self.ring.renew_shared(random_kid(rng));
        }
        Ok(())
    }

    /// A stream that seals one of our tracks.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a label beyond 255 bytes.
    pub fn seal_stream(&mut self, kind: MediaKind, track: &str) -> Result<StreamIndex, Error> {
        self.check_open()?;
        self.cryptor.attach(&mut self.ring, Direction::Seal, kind, Label::try_from(track)?)
    }

    /// A stream that opens a track of `sender` for one receiver. It opens no counter up to the
    /// highest one that another receiver of the track has opened.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if a name or label is too long; [`Error::TooManyReceivers`] if eight
    /// receivers of the track are attached.
    pub fn open_stream(
        &mut self,
        kind: MediaKind,
        sender: &str,
        track: &str,
    ) -> Result<StreamIndex, Error> {
        self.check_open()?;
        let (sender, label) = (SenderId::try_from(sender)?, Label::try_from(track)?);
        self.admit_sender(&sender);
        let direction = Direction::Open(self.ring.intern(&sender));
        self.cryptor.attach(&mut self.ring, direction, kind, label)
    }

    /// Releases the stream of a sender or receiver that is gone. An unknown number changes nothing.
    pub fn release_stream(&mut self, stream: StreamIndex) {
        self.cryptor.release(&mut self.ring, stream);
    }

    /// Returns room for a frame of `len` bytes. The frame must be copied there to be sealed or
    /// opened.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`], [`Error::CallClosed`].
    pub fn scratch(&mut self, len: usize) -> Result<&mut [u8], Error> {
        self.check_open()?;
        self.cryptor.scratch(len)
    }

    /// Seals the frame in the scratch buffer, see [`FrameCryptor::seal`].
    ///
    /// # Errors
    /// The reason why the frame must not be sent.
    pub fn seal(
        &mut self,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        self.check_open()?;
        self.cryptor.seal(&mut self.ring, stream, codec, len)
    }

    /// Opens the frame in the scratch buffer, see [`FrameCryptor::open`].
    ///
    /// # Errors
    /// The reason why the frame must not be rendered.
    pub fn open(
        &mut self,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        self.check_open()?;
        self.cryptor.open(&mut self.ring, stream, codec, len)
    }

    /// Seals a message to everyone in the call, or to one member.
    ///
    /// # Errors
    /// [`Error::NoKey`], [`Error::CounterExhausted`]; [`Error::FrameTooLarge`] above 16 MiB;
    /// [`Error::BadArgument`] for a bad name.
    pub fn seal_data(&mut self, data: &[u8], to: Option<&str>) -> Result<Vec<u8>, Error> {
        self.check_open()?;
        let to = to.map(SenderId::try_from).transpose()?;
        self.data.seal(&mut self.ring, &Label::default(), to.as_ref(), data)
    }

    /// Opens a message of `from`. Each message opens once.
    ///
    /// # Errors
    /// The reason why the message must not be believed; [`Error::BadArgument`] for a bad name.
    pub fn open_data(&mut self, message: &[u8], from: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check_open()?;
        let from = SenderId::try_from(from)?;
        let unknown = self.ring.find(&from).is_none();
        if unknown && self.unknown_sender_budget > 0 && self.ring.ids().len() < MAX_SENDERS {
            self.unknown_sender_budget -= 1;
            self.admit_sender(&from);
        }
        let opened = self.data.open(&mut self.ring, &Label::default(), &from, &self.own, message);
        if unknown && opened.is_err() {
            self.ring.forget_last(&from);
        }
        opened
    }

    /// The bytes at a place that [`Call::seal`] or [`Call::open`] returned.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.cryptor.bytes(range)
    }

    /// Wipes every key and the scratch buffer.
    pub fn close(&mut self) {
        self.ring.wipe();
        self.cryptor.wipe();
        self.session = None;
        self.call_key = None;
        self.closed = true;
    }

    /// In a passphrase call a sender gets its key when its name first appears. Our own name gets
    /// none: nobody else seals in our name, and a frame of ours must not come back as another
    /// sender's.
    fn admit_sender(&mut self, sender: &SenderId) {
        if let Some(key) = &self.call_key
            && *sender != self.own
            && self.ring.find(sender).is_none()
        {
            self.ring.add_shared_key(key.for_sender(sender));
        }
    }

    fn check_key_source(&self, key_source: KeySource) -> Result<(), Error> {
        let other = self.key_source.is_some_and(|first| first != key_source);
        if other { Err(Error::BadArgument) } else { Ok(()) }
    }

    const fn check_open(&self) -> Result<(), Error> {
        if self.closed { Err(Error::CallClosed) } else { Ok(()) }
    }
}

/// A random 56-bit KID. A shared key may be the same in every session, but the frame keys that are
/// derived from it must not be.
fn random_kid(rng: &mut dyn CryptoRng) -> Kid {
    Kid(rng.next_u64() >> 8)
}
