//! One key that opens frames and data of one sender.

use super::{Counters, GivenKey};
use crate::codec::Kind;
use crate::sframe::{BaseKey, FrameKey, Kid, ReplayWindow, data_key, ratchet};
use crate::{Error, Millis};
use alloc::vec::Vec;

/// Names a track of a sender; replay windows are kept per track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track {
    /// Audio or video.
    pub kind: Kind,
    /// Number of the label, given by the engine.
    pub label: u32,
}

/// Names a data channel of a sender, by the number of its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel(pub u32);

/// A key with its replay windows. A frame key is derived when something first asks for it, once.
#[derive(Debug)]
pub struct OpeningKey {
    kid: Kid,
    order: u32,
    base_key: BaseKey,
    frames: Opened<Track>,
    data: Opened<Channel>,
    proven: bool,
    used: bool,
    expires: Option<Millis>,
}

/// What was opened with a key that is gone: nothing of the key is in it.
#[derive(Clone, Debug)]
pub struct Memory {
    kid: Kid,
    frames: Vec<(Track, ReplayWindow)>,
    data: Vec<(Channel, ReplayWindow)>,
}

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
            data: Opened::starting(data),
            proven: false,
            used: false,
            expires: None,
        }
    }

    /// The key one ratchet step later; it lives no longer than this one.
    pub fn ratchet(&self, kid: Kid) -> Self {
        let next = Self::new(kid, self.order, ratchet(&self.base_key).into());
        Self { expires: self.expires, ..next }
    }

    /// The same key once more, where it opened something before and was let go.
    pub fn remembering(mut self, memory: Option<&Memory>) -> Self {
        if let Some(Memory { frames, data, .. }) = memory {
            self.frames.replay.clone_from(frames);
            self.data.replay.clone_from(data);
        }
        self
    }

    /// What remains when the key is let go.
    pub fn into_memory(self) -> Memory {
        Memory { kid: self.kid, frames: self.frames.replay, data: self.data.replay }
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

    /// Whether a frame of `track` with this counter may still be opened.
    ///
    /// # Errors
    /// [`Error::Duplicate`], [`Error::TooOld`] or [`Error::CounterExhausted`].
    pub fn screen(&self, track: Track, ctr: u64) -> Result<(), Error> {
        self.frames.screen(track, ctr)
    }

    /// Whether a message of `channel` with this counter may still be opened.
    ///
    /// # Errors
    /// As [`OpeningKey::screen`].
    pub fn screen_data(&self, channel: Channel, ctr: u64) -> Result<(), Error> {
        self.data.screen(channel, ctr)
    }

    /// Notes that a frame was authenticated. Returns whether it was the key's first.
    pub fn record(&mut self, track: Track, ctr: u64) -> bool {
        self.frames.record(track, ctr);
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
