//! The key we seal with, and its counter.

use super::Limits;
use crate::sframe::{BaseKey, Fingerprint, FrameKey, Header, Kid};
use crate::{Error, Millis};

/// Our own key. Its counter only grows, over all tracks and layers alike.
#[derive(Debug)]
pub struct SealingKey {
    kid: Kid,
    frame_key: FrameKey,
    fingerprint: Fingerprint,
    born: Millis,
    next_ctr: u64,
    blocks: u64,
}

impl SealingKey {
    /// A key that has sealed nothing yet.
    pub fn new(kid: Kid, base_key: &BaseKey, now: Millis) -> Self {
        Self {
            kid,
            frame_key: FrameKey::derive(base_key, kid),
            fingerprint: Fingerprint::of(base_key, kid),
            born: now,
            next_ctr: 0,
            blocks: 0,
        }
    }

    /// Its KID.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// Which (base key, KID) this is.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The header the next frame will carry.
    pub const fn next_header(&self) -> Header {
        Header { kid: self.kid, ctr: self.next_ctr }
    }

    /// Takes the next counter for a frame of so many bytes. It is spent whatever comes after.
    ///
    /// # Errors
    /// [`Error::CounterExhausted`] at 2^32 frames or 2^36 blocks.
    pub fn spend(&mut self, bytes: usize, limits: &Limits) -> Result<(&FrameKey, u64), Error> {
        // One block for each 16 bytes begun, of the frame and of the AAD, and one for the tag.
        let blocks = self.blocks + bytes as u64 / 16 + 3;
        if self.next_ctr >= limits.max_frames || blocks > limits.max_blocks {
            return Err(Error::CounterExhausted);
        }
        let ctr = self.next_ctr;
        self.next_ctr += 1;
        self.blocks = blocks;
        Ok((&self.frame_key, ctr))
    }

    /// Whether a new key is due.
    pub const fn is_worn(&self, now: Millis, limits: &Limits) -> bool {
        self.next_ctr >= limits.rotate_frames || now.since(self.born) >= limits.rotate_age
    }
}
