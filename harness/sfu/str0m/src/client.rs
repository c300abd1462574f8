//! One connection: a publisher or a subscriber of a feed.

use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::media::{KeyframeRequestKind, MediaData, MediaKind, Mid, Rid};
use str0m::{Candidate, Rtc};

use crate::output::Output;

/// How often a key frame is asked for again while a subscriber waits for one. Chromium drops a
/// request now and then.
const REPEAT: Duration = Duration::from_millis(500);

pub struct Client {
    pub rtc: Rtc,
    pub session: u64,
    pub feed: String,
    pub role: Role,
    audio: Option<Mid>,
    video: Option<Mid>,
}

pub enum Role {
    Publisher,
    Subscriber { output: Output, asked: Instant },
}

impl Client {
    /// A client that made an offer, and the answer.
    pub fn new(
        session: u64,
        feed: String,
        role: Role,
        offer: &str,
        candidate: Candidate,
    ) -> Result<(Self, String), String> {
        let mut rtc = Rtc::builder().build(Instant::now());
        rtc.add_local_candidate(candidate);
        let offer = SdpOffer::from_sdp_string(offer).map_err(|error| error.to_string())?;
        let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| error.to_string())?;
        let client = Self { rtc, session, feed, role, audio: None, video: None };
        Ok((client, answer.to_sdp_string()))
    }

    pub fn is_publisher(&self) -> bool {
        matches!(self.role, Role::Publisher)
    }

    pub fn add_media(&mut self, kind: MediaKind, mid: Mid) {
        match kind {
            MediaKind::Audio => self.audio = Some(mid),
            MediaKind::Video => self.video = Some(mid),
        }
    }

    pub fn is_video(&self, mid: Mid) -> bool {
        self.video == Some(mid)
    }

    /// Asks a publisher for a key frame.
    pub fn request_key_frame(&mut self, rid: Option<Rid>) {
        let Some(mut writer) = self.video.and_then(|mid| self.rtc.writer(mid)) else { return };
        // It fails if the codec has no such request, or no packet has come yet.
        let _ = writer.request_keyframe(rid, KeyframeRequestKind::Pli);
    }

    /// The layer whose key frame a subscriber needs now, if it is time to ask.
    pub fn needs_key_frame(&mut self, now: Instant) -> Option<Option<Rid>> {
        let Role::Subscriber { output, asked } = &mut self.role else { return None };
        if !self.rtc.is_connected() || !output.is_waiting() || now - *asked < REPEAT {
            return None;
        }
        *asked = now;
        Some(output.wanted())
    }

    /// Sends a publisher's frame to a subscriber, if it gets this one.
    pub fn send(&mut self, frame: &MediaData, is_video: bool) {
        let Role::Subscriber { output, .. } = &mut self.role else { return };
        let time = if is_video { output.pass(frame) } else { Some(frame.time) };
        let mid = if is_video { self.video } else { self.audio };
        let (Some(time), Some(mid)) = (time, mid) else { return };
        let Some(writer) = self.rtc.writer(mid) else { return };
        let Some(pt) = writer.match_params(frame.params) else { return };
        if let Err(error) = writer.write(pt, frame.network_time, time, frame.data.clone()) {
            eprintln!("a frame was not sent: {error}");
        }
    }
}
