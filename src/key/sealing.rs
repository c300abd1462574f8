//! Our sealing key and its counters.

use super::{Counters, Limits};
use crate::sframe::{BaseKey, Fingerprint, FrameKey, Header, Kid, data_key};
use crate::{Error, Millis};

/// Our own key. Its two counters only grow: one for the frames of all tracks and layers, and one
/// for data messages, which have a frame key of their own.
#[derive(Debug)]
pub struct SealingKey {
    kid: Kid,
    fingerprint: Fingerprint,
    born: Millis,
    frames: Spending,
    data: Spending,
}

/// A frame key and its use so far.
#[derive(Debug)]
struct Spending {
    frame_key: FrameKey,
    next_ctr: u64,
    blocks: u64,
}

impl SealingKey {
    /// A key that has sealed nothing yet.
    pub fn new(kid: Kid, base_key: &BaseKey, now: Millis) -> Self {
        Self {
            kid,
            fingerprint: Fingerprint::of(base_key, kid),
            born: now,
            frames: Spending::new(FrameKey::derive(base_key, kid)),
            data: Spending::new(FrameKey::derive(&data_key(base_key), kid)),
        }
    }

    /// Its KID.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// The identity of the (base key, KID) pair.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The header of the next frame.
    pub const fn next_header(&self) -> Header {
        Header { kid: self.kid, ctr: self.frames.next_ctr }
    }

    /// The header of the next data message.
    pub const fn next_data_header(&self) -> Header {
        Header { kid: self.kid, ctr: self.data.next_ctr }
    }

    /// The next counters.
    pub const fn counters(&self) -> Counters {
        Counters { frames: self.frames.next_ctr, data: self.data.next_ctr }
    }

    /// Takes the next counter for a frame of `bytes` bytes. The counter is spent even if sealing
    /// fails.
    ///
    /// # Errors
    /// [`Error::CounterExhausted`] at 2^32 frames or 2^36 blocks.
    pub fn spend(&mut self, bytes: usize, limits: &Limits) -> Result<(&FrameKey, u64), Error> {
        self.frames.spend(bytes, limits)
    }

    /// Takes the next counter for a data message, in the same way.
    ///
    /// # Errors
    /// [`Error::CounterExhausted`] at 2^32 messages or 2^36 blocks.
    pub fn spend_data(&mut self, bytes: usize, limits: &Limits) -> Result<(&FrameKey, u64), Error> {
        self.data.spend(bytes, limits)
    }

    /// Whether a new key is due.
    pub fn is_worn(&self, now: Millis, limits: &Limits) -> bool {
        let sealed = self.frames.next_ctr.max(self.data.next_ctr);
        let blocks = self.frames.blocks.max(self.data.blocks);
        let spent = sealed >= limits.rotate_frames || blocks >= limits.max_blocks / 2;
        spent || now.since(self.born) >= limits.rotate_age
    }
}

impl Spending {
    const fn new(frame_key: FrameKey) -> Self {
        Self { frame_key, next_ctr: 0, blocks: 0 }
    }

    fn spend(&mut self, bytes: usize, limits: &Limits) -> Result<(&FrameKey, u64), Error> {
        // One block for each 16 bytes begun of the frame and of the AAD, and one for the tag.
        let blocks = self.blocks + bytes as u64 / 16 + 3;
        if self.next_ctr >= limits.max_frames || blocks > limits.max_blocks {
            return Err(Error::CounterExhausted);
        }
        let ctr = self.next_ctr;
        self.next_ctr += 1;
        self.blocks = blocks;
        Ok((&self.frame_key, ctr))
    }
}
