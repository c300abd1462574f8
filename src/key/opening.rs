//! One key that opens frames and data of one sender.

use super::{Counters, KeyGrant};
use crate::MediaKind;
use crate::sframe::{BaseKey, FrameKey, Kid, ReplayWindow, data_key, ratchet};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// Names a track of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track {
    /// Audio or video.
    pub kind: MediaKind,
    /// Number of the label. The frame cryptor assigns it.
    pub label: u32,
}

/// Names one receiver of a track. The frame cryptor uses each number once. Each receiver has replay
/// windows of its own, so that a feed with two receivers plays twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver(pub u32);

/// Names a data channel of a sender by the number of its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel(pub u32);

/// A key with its replay windows. A frame key is derived once, at its first use.
#[derive(Debug)]
pub struct OpeningKey {
    kid: Kid,
    order: u32,
    base_key: BaseKey,
    frames: ReplayState<Receiver>,
    marks: Marks,
    data: ReplayState<Channel>,
    guessed: bool,
    confirmed: bool,
    used: bool,
    expires: Option<Millis>,
}

/// The replay state of a removed key. It contains nothing of the key.
#[derive(Clone, Debug)]
pub struct ReplayHistory {
    kid: Kid,
    frames: Vec<(Receiver, ReplayWindow)>,
    marks: Marks,
    data: Vec<(Channel, ReplayWindow)>,
}

/// For each track, one more than the highest counter that any receiver of it opened. Marks stay as
/// long as the key, also if a receiver is gone.
#[derive(Clone, Debug, Default)]
struct Marks(Vec<(Track, u64)>);

/// A frame key with its replay windows.
#[derive(Debug)]
struct ReplayState<T> {
    frame_key: Option<FrameKey>,
    /// Counters below are not opened: they were used before the key was sent to us.
    from: u64,
    replay: Vec<(T, ReplayWindow)>,
}

impl OpeningKey {
    /// A key that has opened nothing yet.
    ///
    /// `order` counts the random keys of its sender in the order of their arrival.
    pub fn new(kid: Kid, order: u32, key: KeyGrant) -> Self {
        let KeyGrant { base_key, next: Counters { frames, data } } = key;
        Self {
            kid,
            order,
            base_key,
            frames: ReplayState::starting(frames),
            marks: Marks::default(),
            data: ReplayState::starting(data),
            guessed: false,
            confirmed: false,
            used: false,
            expires: None,
        }
    }

    /// Marks the key as a guess: only an authentic frame shows that it belongs to this KID.
    pub fn guessed(self) -> Self {
        Self { guessed: true, ..self }
    }

    /// The key one ratchet step later. It expires when this key does.
    pub fn ratchet(&self, kid: Kid) -> Self {
        let next = Self::new(kid, self.order, ratchet(&self.base_key).into());
        Self { expires: self.expires, ..next }
    }

    /// Restores the replay state of an earlier use of the same key.
    pub fn with_history(mut self, memory: Option<&ReplayHistory>) -> Self {
        if let Some(ReplayHistory { frames, marks, data, .. }) = memory {
            self.marks.clone_from(marks);
            self.frames.replay.clone_from(frames);
            self.data.replay.clone_from(data);
        }
        self
    }

    /// Drops the key and keeps its replay state.
    pub fn into_history(self) -> ReplayHistory {
        let Self { kid, marks, .. } = self;
        ReplayHistory { kid, frames: self.frames.replay, marks, data: self.data.replay }
    }

    /// The key's KID.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// The place among the random keys of the sender. Ratchet steps share one place.
    pub const fn order(&self) -> u32 {
        self.order
    }

    /// Whether the key is this base key.
    pub fn is_made_of(&self, base_key: &BaseKey) -> bool {
        self.base_key.same(base_key)
    }

    /// Whether `newer` replaces this key: a later random key, or a later step of the same one.
    pub fn is_superseded_by(&self, newer: (u32, Kid)) -> bool {
        (self.order, self.kid) < newer
    }

    /// Whether a frame or message was authenticated with it.
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// The error if a frame or message does not open: for a guess, the key is unknown.
    pub const fn refusal(&self) -> Error {
        if self.guessed && !self.confirmed {
            Error::UnknownKey
        } else {
            Error::AuthenticationFailed
        }
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

    /// Attaches a receiver of `track`. It opens no counter up to the highest one that was opened
    /// there.
    pub fn attach(&mut self, track: Track, receiver: Receiver) {
        attach(&mut self.frames.replay, &self.marks, track, receiver);
    }

    /// Releases a receiver and its replay window.
    pub fn release(&mut self, receiver: Receiver) {
        self.frames.replay.retain(|(of, _)| *of != receiver);
    }

    /// Whether this receiver of `track` may still open a frame with this counter. If other
    /// receivers are more than a window ahead, the frame is a replay, even for a receiver that
    /// opened nothing since.
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

    /// Notes that a frame was authenticated.
    pub fn record(&mut self, track: Track, receiver: Receiver, ctr: u64) {
        self.frames.record(receiver, ctr);
        self.marks.raise(track, ctr + 1); // no counter of 2^64 - 1 passes a replay window
        (self.confirmed, self.used) = (true, true);
    }

    /// Notes that a message was authenticated.
    pub fn record_data(&mut self, channel: Channel, ctr: u64) {
        self.data.record(channel, ctr);
        (self.confirmed, self.used) = (true, true);
    }

    /// Whether the key authenticated anything since the last call.
    pub const fn take_used(&mut self) -> bool {
        core::mem::replace(&mut self.used, false)
    }

    /// Sets the expiry to `at`. An earlier expiry stays.
    pub fn expire(&mut self, at: Millis) {
        self.expires = Some(self.expires.map_or(at, |before| before.min(at)));
    }

    /// Makes this key the newest, and cancels its expiry: its sender has named it as the one in
    /// use.
    pub const fn renew(&mut self, order: u32) {
        (self.order, self.expires) = (order, None);
    }

    /// Whether the key has expired.
    pub fn is_expired(&self, now: Millis) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }
}

impl ReplayHistory {
    /// The KID of the removed key.
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

impl<T: PartialEq> ReplayState<T> {
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
        self.replay[at].1.record(ctr); // found, or just added
    }
}
