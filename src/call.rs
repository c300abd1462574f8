//! One call: its keys and its frames.

use crate::codec::{Codec, Kind};
use crate::frame::{DataChannels, Direction, Engine, Label, StreamIndex};
use crate::key::{ApplicationKey, CallKey, Limits, Ring, SenderId};
use crate::session::{Input, MemberReport, Output, Session};
use crate::sframe::Kid;
use crate::{Error, Millis};
use alloc::vec::Vec;
use core::ops::Range;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Keys and frames of one call. After [`Call::close`] every method refuses.
#[derive(Debug)]
pub struct Call {
    ring: Ring,
    engine: Engine,
    data: DataChannels,
    own: SenderId,
    session: Option<Session>,
    call_key: Option<CallKey>,
    /// How many more strangers may be tried before the next tick.
    strangers: u32,
    source: Option<Source>,
    closed: bool,
}

/// Where the keys of a call come from. The first that is used stays: a key that the application
/// gave must not be replaced behind its back, nor a device's by one of no forward secrecy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Application,
    Devices,
    Passphrase,
}

/// In a passphrase call anybody may name a sender of a message. No more than these are believed.
const MAX_SENDERS: usize = 4096;
/// And no more than these are tried between two ticks: forged messages must not cost a key
/// derivation each.
const STRANGERS: u32 = 64;

impl Call {
    /// A call without keys, in which we are called `own`.
    pub fn new(own: SenderId, limits: Limits, now: Millis) -> Self {
        Self {
            ring: Ring::new(limits, now),
            engine: Engine::default(),
            data: DataChannels::default(),
            own,
            session: None,
            call_key: None,
            strangers: STRANGERS,
            source: None,
            closed: false,
        }
    }

    /// The same with a device, which exchanges keys with the devices of the roster.
    pub fn with_device(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Keys that the application gives, of all senders and of ourselves; replaces the last ones.
    ///
    /// # Errors
    /// [`Error::BadKeyLength`]; [`Error::BadArgument`] for a bad name, or once the keys of this call
    /// come from devices. Nothing is changed then.
    pub fn set_keys<'a>(
        &mut self,
        keys: impl Iterator<Item = (&'a str, &'a [u8])>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        self.check_open()?;
        let parse =
            |(id, key)| Ok(ApplicationKey::try_from(key)?.for_sender(&SenderId::try_from(id)?));
        let keys = keys.map(parse).collect::<Result<Vec<_>, Error>>()?;
        self.check_source(Source::Application)?;
        self.ring.set_shared_keys(&self.own, random_kid(rng), keys)?;
        self.source = Some(Source::Application);
        Ok(())
    }

    /// The key of a passphrase call: our own key and every sender's come from it, that of a sender
    /// when it is first met.
    ///
    /// # Errors
    /// [`Error::BadArgument`] once the keys of this call come from elsewhere. Nothing is changed
    /// then.
    pub fn set_call_key(&mut self, key: CallKey, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        self.check_open()?;
        self.check_source(Source::Passphrase)?;
        let met = self.ring.ids().filter(|id| **id != self.own).chain([&self.own]);
        let keys = met.map(|id| key.for_sender(id)).collect();
        self.ring.set_shared_keys(&self.own, random_kid(rng), keys)?;
        self.call_key = Some(key);
        self.source = Some(Source::Passphrase);
        Ok(())
    }

    /// Hands an input to the device's session, see [`Session::handle`].
    ///
    /// # Errors
    /// Those of the session; [`Error::BadArgument`] in a call without a device, or once its keys
    /// come from the application.
    pub fn handle(
        &mut self,
        input: Input<'_>,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        self.check_open()?;
        self.check_source(Source::Devices)?;
        let session = self.session.as_mut().ok_or(Error::BadArgument)?;
        let states_roster = matches!(input, Input::SetMembers(_));
        let done = session.handle(input, now, &mut self.ring, rng);
        // Even where an entry was refused members may have been removed.
        if states_roster && (done.is_ok() || session.refused_entry().is_some()) {
            self.source = Some(Source::Devices);
        }
        done
    }

    /// Which entry of the last roster was refused, see [`Session::refused_entry`].
    pub fn refused_entry(&self) -> Option<usize> {
        self.session.as_ref()?.refused_entry()
    }

    /// What the session wants done outside.
    pub fn poll(&mut self) -> Option<Output> {
        self.session.as_mut()?.poll()
    }

    /// The members of a device's call.
    pub fn members(&self) -> impl Iterator<Item = MemberReport<'_>> {
        self.session.iter().flat_map(Session::members)
    }

    /// Moves the clock; to be called about once a second, and when [`Output::Wake`] says so.
    ///
    /// # Errors
    /// [`Error::CallClosed`].
    pub fn tick(&mut self, now: Millis, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        if self.source == Some(Source::Devices) {
            return self.handle(Input::Tick, now, rng);
        }
        self.check_open()?;
        self.strangers = STRANGERS;
        self.ring.tick(now);
        if self.ring.rotation_due() {
            self.ring.renew_shared(random_kid(rng));
        }
        Ok(())
    }

    /// The stream that seals one of our tracks.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a label beyond 255 bytes.
    pub fn seal_stream(&mut self, kind: Kind, track: &str) -> Result<StreamIndex, Error> {
        self.check_open()?;
        self.engine.attach(&mut self.ring, Direction::Seal, kind, Label::try_from(track)?)
    }

    /// A stream that opens a track of `sender` for one receiver. It opens nothing up to the highest
    /// counter that other receivers of the track have opened by now.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a name or label beyond its length; [`Error::TooManyReceivers`] if
    /// eight receivers of the track are attached.
    pub fn open_stream(
        &mut self,
        kind: Kind,
        sender: &str,
        track: &str,
    ) -> Result<StreamIndex, Error> {
        self.check_open()?;
        let (sender, label) = (SenderId::try_from(sender)?, Label::try_from(track)?);
        self.meet(&sender);
        let direction = Direction::Open(self.ring.intern(&sender));
        self.engine.attach(&mut self.ring, direction, kind, label)
    }

    /// Lets a stream go: its sender or receiver is gone. A number that names none changes nothing.
    pub fn release_stream(&mut self, stream: StreamIndex) {
        self.engine.release(&mut self.ring, stream);
    }

    /// Room for a frame of `len` bytes, to be filled before it is sealed or opened.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`], [`Error::CallClosed`].
    pub fn scratch(&mut self, len: usize) -> Result<&mut [u8], Error> {
        self.check_open()?;
        self.engine.scratch(len)
    }

    /// Seals the frame in the scratch buffer, see [`Engine::seal`].
    ///
    /// # Errors
    /// Why it must not be sent.
    pub fn seal(
        &mut self,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        self.check_open()?;
        self.engine.seal(&mut self.ring, stream, codec, len)
    }

    /// Opens the frame in the scratch buffer, see [`Engine::open`].
    ///
    /// # Errors
    /// Why it must not be rendered.
    pub fn open(
        &mut self,
        stream: StreamIndex,
        codec: Option<Codec>,
        len: usize,
    ) -> Result<Range<usize>, Error> {
        self.check_open()?;
        self.engine.open(&mut self.ring, stream, codec, len)
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

    /// Opens a message of `from`, once.
    ///
    /// # Errors
    /// Why it must not be believed; [`Error::BadArgument`] for a bad name.
    pub fn open_data(&mut self, message: &[u8], from: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check_open()?;
        let from = SenderId::try_from(from)?;
        let stranger = self.ring.find(&from).is_none();
        if stranger && self.strangers > 0 && self.ring.ids().len() < MAX_SENDERS {
            self.strangers -= 1;
            self.meet(&from);
        }
        let opened = self.data.open(&mut self.ring, &Label::default(), &from, &self.own, message);
        if stranger && opened.is_err() {
            self.ring.forget_last(&from);
        }
        opened
    }

    /// The bytes of a result.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.engine.bytes(range)
    }

    /// Wipes every key and the scratch buffer.
    pub fn close(&mut self) {
        self.ring.wipe();
        self.engine.wipe();
        self.session = None;
        self.call_key = None;
        self.closed = true;
    }

    /// In a passphrase call a sender gets its key when its name is first met. We do not: nobody else
    /// seals in our name, and what we sealed must not come back as somebody's.
    fn meet(&mut self, sender: &SenderId) {
        if let Some(key) = &self.call_key
            && *sender != self.own
            && self.ring.find(sender).is_none()
        {
            self.ring.add_shared_key(key.for_sender(sender));
        }
    }

    fn check_source(&self, source: Source) -> Result<(), Error> {
        let other = self.source.is_some_and(|first| first != source);
        if other { Err(Error::BadArgument) } else { Ok(()) }
    }

    const fn check_open(&self) -> Result<(), Error> {
        if self.closed { Err(Error::CallClosed) } else { Ok(()) }
    }
}

/// A random 56-bit KID: a shared key may be the same at every start,
/// the frame keys that are made of it must not.
fn random_kid(rng: &mut dyn CryptoRng) -> Kid {
    Kid(rng.next_u64() >> 8)
}
