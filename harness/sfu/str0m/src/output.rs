//! Which frames of a feed a subscriber gets: one layer of the video, from a key frame on.

use str0m::media::{MediaData, MediaTime, Rid};

/// Ticks of the clock of video between two frames at 30 frames a second.
const FRAME: i64 = 3_000;

/// The video of one subscriber.
#[derive(Default)]
pub struct Output {
    wanted: Option<Rid>,
    current: Option<Rid>,
    has_started: bool,
    /// What is added to the times of the current layer, in ticks.
    shift: i64,
    /// The time of the frame that was sent last, in ticks.
    last: i64,
}

impl Output {
    /// Changes to another layer, with its next key frame.
    pub fn choose(&mut self, rid: Rid) {
        self.wanted = Some(rid);
    }

    /// The layer that key frames are wanted of, if there are layers.
    pub fn wanted(&self) -> Option<Rid> {
        self.wanted
    }

    /// Whether a key frame is missing.
    pub fn is_waiting(&self) -> bool {
        !self.has_started || self.current != self.wanted
    }

    /// The time to send a frame with, or `None` if the subscriber does not get it.
    pub fn pass(&mut self, frame: &MediaData) -> Option<MediaTime> {
        if frame.rid.is_some() && self.wanted.is_none() {
            self.wanted = frame.rid;
        }
        let time = frame.time.numer() as i64;
        if self.is_waiting() && frame.rid == self.wanted && frame.is_keyframe() {
            self.shift = if self.has_started { self.last + FRAME - time } else { 0 };
            self.current = frame.rid;
            self.has_started = true;
        }
        if !self.has_started || frame.rid != self.current {
            return None;
        }
        self.last = time + self.shift;
        Some(MediaTime::from_90khz(self.last as u64))
    }
}
