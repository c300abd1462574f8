//! Distinguishes a peer that does not seal from a peer whose key is missing or wrong.
//!
//! Behind its window every sealed frame has a header (RFC 9605 §4.3). Under one KID the counter
//! names each frame once and grows, except that the network reorders frames. The bytes of an
//! encoder, read the same way, may show a KID that stays: the first byte of Opus does. They show no
//! counter.
//!
//! The verdict only decides which error is reported. No frame passes either way.

use crate::sframe::{Header, Kid};

/// Evidence from which on the peer counts as not sealing. All evidence is in points.
const GUILTY: u8 = 20;
/// Evidence below which a peer that counted as not sealing counts as sealing again.
const ACQUITTED: u8 = 10;
/// At most 24 points of evidence are kept.
const MAX_EVIDENCE: u8 = 24;
/// At most 1024 counters behind the newest is normal reordering.
const MAX_BEHIND: u64 = 1024;
/// At most 65,536 counters ahead of the newest is normal loss.
const MAX_AHEAD: u64 = 1 << 16;
/// At most 32 repeated frames are normal: browsers repeat about ten.
const MAX_REPEATS: u8 = 32;
/// Number of counters that are remembered.
const RECENT: usize = 8;
/// At most 60 frames after an authentic one count for nothing: they may be forged, and the peer has
/// just shown that it seals. LiveKit makes up 50 frames of silence when a peer mutes.
const TRUSTED_FRAMES: u8 = 60;

/// The evidence of a run of frames without an authentic one among them.
#[derive(Debug, Default)]
pub(super) struct PlaintextDetector {
    evidence: u8,
    is_plaintext: bool,
    /// How many more frames count for nothing.
    trusted: u8,
    repeats: u8,
    kid: Option<Kid>,
    newest: u64,
    /// Counters with the tag ends of their frames. The same counter with two different tags cannot
    /// come from SFrame.
    recent: [(u64, u64); RECENT],
    next: usize,
}

impl PlaintextDetector {
    /// Whether these frames are taken for plaintext.
    pub(super) const fn is_plaintext(&self) -> bool {
        self.is_plaintext
    }

    /// Notes an authentic frame: the frames before it were not plaintext.
    pub(super) fn clear(&mut self) {
        if self.trusted < TRUSTED_FRAMES {
            *self = Self { trusted: TRUSTED_FRAMES, ..Self::default() };
        }
    }

    /// Notes a frame without a window or a header. No sealed frame looks like that.
    pub(super) fn unreadable(&mut self) {
        if !self.spend_trust() {
            self.add(3);
        }
    }

    /// Notes a frame with this header and this end of its tag.
    pub(super) fn header(&mut self, header: Header, tag_end: u64) {
        if self.spend_trust() {
            return;
        }
        if self.kid != Some(header.kid) {
            return self.other_key(header, tag_end);
        }
        match self.recent.iter().find(|(ctr, _)| *ctr == header.ctr) {
            Some((_, known)) if *known == tag_end => self.repeat(),
            Some(_) => self.add(4),
            None => self.counter(header.ctr, tag_end),
        }
    }

    /// Whether this frame still counts for nothing.
    fn spend_trust(&mut self) -> bool {
        let trusted = self.trusted > 0;
        self.trusted = self.trusted.saturating_sub(1);
        trusted
    }

    /// A change of KID is weak evidence: keys do change now and then.
    fn other_key(&mut self, header: Header, tag_end: u64) {
        if self.kid.is_some() {
            self.add(2);
        }
        self.kid = Some(header.kid);
        self.newest = header.ctr;
        self.recent = [(header.ctr, tag_end); RECENT];
    }

    fn repeat(&mut self) {
        self.repeats = self.repeats.saturating_add(1);
        if self.repeats > MAX_REPEATS {
            self.add(1);
        }
    }

    fn counter(&mut self, ctr: u64, tag_end: u64) {
        self.recent[self.next % RECENT] = (ctr, tag_end);
        self.next = (self.next + 1) % RECENT;
        match ctr.checked_sub(self.newest) {
            Some(ahead) if ahead <= MAX_AHEAD => self.progress(),
            None if self.newest - ctr <= MAX_BEHIND => self.add(1),
            _ => self.add(2),
        }
        self.newest = self.newest.max(ctr);
    }

    const fn progress(&mut self) {
        self.evidence = self.evidence.saturating_sub(1);
        self.is_plaintext &= self.evidence >= ACQUITTED;
        self.repeats = 0;
    }

    fn add(&mut self, evidence: u8) {
        self.evidence = (self.evidence + evidence).min(MAX_EVIDENCE);
        self.is_plaintext |= self.evidence >= GUILTY;
    }
}
