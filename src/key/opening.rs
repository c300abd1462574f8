//! One key that opens frames and data of one sender.

use super::{Counters, GivenKey};
use crate::codec::Kind;
use crate::sframe::{BaseKey, FrameKey, Kid, ReplayWindow, data_key, ratchet};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// Names a track of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track {
    /// Audio or video.
    pub kind: Kind,
    /// Number of the label, given by the engine.
    pub label: u32,
}

/// Names one receiver of a track, by a number that the engine gives once. Each receiver has its own
/// replay windows, so that a feed which comes twice plays twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver(pub u32);

/// Names a data channel of a sender, by the number of its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel(pub u32);

/// A key with its replay windows. A frame key is derived when something first asks for it, once.
#[derive(Debug)]
pub struct OpeningKey {
    kid: Kid,
    order: u32,
    base_key: BaseKey,
    frames: Opened<Receiver>,
    marks: Marks,
    data: Opened<Channel>,
    guessed: bool,
    proven: bool,
    used: bool,
    expires: Option<Millis>,
}

/// What was opened with a key that is gone: nothing of the key is in it.
#[derive(Clone, Debug)]
pub struct Memory {
    kid: Kid,
    frames: Vec<(Receiver, ReplayWindow)>,
    marks: Marks,
    data: Vec<(Channel, ReplayWindow)>,
}

/// Of each track one more than the highest counter that any receiver of it opened. Receivers go, and
/// marks stay as long as the key.
#[derive(Clone, Debug, Default)]
struct Marks(Vec<(Track, u64)>);

/// A frame key and what was opened with it.
#[derive(Debug)]
struct Opened<T> {
    frame_key: Option<FrameKey>,
    /// Nothing below is opened: it was sealed before the key was given to us.
    from: u64,
    replay: Vec<(T, ReplayWindow)>,
}

impl OpeningKey {
    /// A key that has opened nothing yet.
    ///
    /// `order` counts the random keys of its sender in the order of their arrival.
    pub fn new(kid: Kid, order: u32, key: GivenKey) -> Self {
        let GivenKey { base_key, next: Counters { frames, data } } = key;
        Self {
            kid,
            order,
            base_key,
            frames: Opened::starting(frames),
            marks: Marks::default(),
            data: Opened::starting(data),
            guessed: false,
            proven: false,
            used: false,
            expires: None,
        }
    }

    /// The same key under a KID that nobody has told us: whether it fits, a frame has to show.
    pub fn guessed(self) -> Self {
        Self { guessed: true, ..self }
    }

    /// The key one ratchet step later; it lives no longer than this one.
    pub fn ratchet(&self, kid: Kid) -> Self {
        let next = Self::new(kid, self.order, ratchet(&self.base_key).into());
        Self { expires: self.expires, ..next }
    }

    /// The same key once more, where it opened something before and was let go.
    pub fn remembering(mut self, memory: Option<&Memory>) -> Self {
        if let Some(Memory { frames, marks, data, .. }) = memory {
            self.marks.clone_from(marks);
            self.frames.replay.clone_from(frames);
            self.data.replay.clone_from(data);
        }
        self
    }

    /// What remains when the key is let go.
    pub fn into_memory(self) -> Memory {
        let Self { kid, marks, .. } = self;
        Memory { kid, frames: self.frames.replay, marks, data: self.data.replay }
    }

    /// Its KID.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// Its place among the random keys of its sender; ratchet steps share one.
    pub const fn order(&self) -> u32 {
        self.order
    }

    /// Whether it was made of this base key.
    pub fn is_made_of(&self, base_key: &BaseKey) -> bool {
        self.base_key.same(base_key)
    }

    /// Whether `newer` takes its place: a later random key, or a later step of the same.
    pub fn is_superseded_by(&self, newer: (u32, Kid)) -> bool {
        (self.order, self.kid) < newer
    }

    /// Whether a frame or message was authenticated with it.
    pub const fn is_proven(&self) -> bool {
        self.proven
    }

    /// What it means that a frame or message did not open: of a guess, that no key fits.
    pub const fn refusal(&self) -> Error {
        if self.guessed && !self.proven { Error::UnknownKey } else { Error::AuthenticationFailed }
    }

    /// The frame key.
    pub fn frame_key(&mut self) -> &FrameKey {
        let derive = || FrameKey::derive(&self.base_key, self.kid);
        self.frames.frame_key.get_or_insert_with(derive)
    }

    /// The frame key of data messages.
    pub fn data_key(&mut self) -> &FrameKey {
        let derive = || FrameKey::derive(&data_key(&self.base_key), self.kid);
        self.data.frame_key.get_or_insert_with(derive)
    }

    /// A receiver comes to `track`: it opens nothing up to the highest counter that was opened there.
    pub fn attach(&mut self, track: Track, receiver: Receiver) {
        attach(&mut self.frames.replay, &self.marks, track, receiver);
    }

    /// A receiver is gone, and its replay window with it.
    pub fn release(&mut self, receiver: Receiver) {
        self.frames.replay.retain(|(of, _)| *of != receiver);
    }

    /// Whether this receiver of `track` may still open a frame with this counter. A frame that other
    /// receivers are more than a window past is a replay, also for one that opened nothing meanwhile.
    ///
    /// # Errors
    /// [`Error::Duplicate`], [`Error::TooOld`] or [`Error::CounterExhausted`].
    pub fn screen(&self, track: Track, receiver: Receiver, ctr: u64) -> Result<(), Error> {
        if self.marks.of(track).saturating_sub(ctr) > ReplayWindow::DEPTH {
            return Err(Error::TooOld);
        }
        self.frames.screen(receiver, ctr)
    }

    /// Whether a message of `channel` with this counter may still be opened.
    ///
    /// # Errors
    /// As [`OpeningKey::screen`].
    pub fn screen_data(&self, channel: Channel, ctr: u64) -> Result<(), Error> {
        self.data.screen(channel, ctr)
    }

    /// Notes that a frame was authenticated. Returns whether it was the key's first.
    pub fn record(&mut self, track: Track, receiver: Receiver, ctr: u64) -> bool {
        self.frames.record(receiver, ctr);
        self.marks.raise(track, ctr + 1); // no counter of 2^64 - 1 passes a replay window
        self.used = true;
        !core::mem::replace(&mut self.proven, true)
    }

    /// Notes that a message was authenticated. Returns whether the key was not proven before.
    pub fn record_data(&mut self, channel: Channel, ctr: u64) -> bool {
        self.data.record(channel, ctr);
        self.used = true;
        !core::mem::replace(&mut self.proven, true)
    }

    /// Whether it authenticated anything since this was asked last.
    pub const fn take_used(&mut self) -> bool {
        core::mem::replace(&mut self.used, false)
    }

    /// Lets the key go at `at`. An earlier end that was set before stays.
    pub fn expire(&mut self, at: Millis) {
        self.expires = Some(self.expires.map_or(at, |before| before.min(at)));
    }

    /// Its sender says that it is the one in use: its end is taken back.
    pub const fn renew(&mut self, order: u32) {
        (self.order, self.expires) = (order, None);
    }

    /// Whether its time is over.
    pub fn is_expired(&self, now: Millis) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }
}

impl Memory {
    /// The KID of the key.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// As [`OpeningKey::attach`].
    pub fn attach(&mut self, track: Track, receiver: Receiver) {
        attach(&mut self.frames, &self.marks, track, receiver);
    }

    /// As [`OpeningKey::release`].
    pub fn release(&mut self, receiver: Receiver) {
        self.frames.retain(|(of, _)| *of != receiver);
    }
}

impl Marks {
    fn of(&self, track: Track) -> u64 {
        self.0.iter().find(|(of, _)| *of == track).map_or(0, |(_, next)| *next)
    }

    fn raise(&mut self, track: Track, next: u64) {
        match self.0.iter_mut().find(|(of, _)| *of == track) {
            Some((_, mark)) => *mark = next.max(*mark),
            None => self.0.push((track, next)),
        }
    }
}

fn attach(
    replay: &mut Vec<(Receiver, ReplayWindow)>,
    marks: &Marks,
    track: Track,
    receiver: Receiver,
) {
    let next = marks.of(track);
    if next > 0 {
        replay.push((receiver, ReplayWindow::starting(next)));
    }
}

impl<T: PartialEq> Opened<T> {
    const fn starting(from: u64) -> Self {
        Self { frame_key: None, from, replay: Vec::new() }
    }

    fn screen(&self, of: T, ctr: u64) -> Result<(), Error> {
        match self.replay.iter().find(|(t, _)| *t == of) {
            _ if ctr < self.from => Err(Error::TooOld),
            Some((_, window)) => window.screen(ctr),
            None => ReplayWindow::default().screen(ctr),
        }
    }

    fn record(&mut self, of: T, ctr: u64) {
        let at = self.replay.iter().position(|(t, _)| *t == of).unwrap_or_else(|| {
            self.replay.push((of, ReplayWindow::default()));
            self.replay.len() - 1
        });
        self.replay[at].1.record(ctr);
    }
}
