//! Tells a peer that does not seal at all from one whose key is missing or wrong.
//!
//! Behind its window every sealed frame has a header (RFC 9605 §4.3), and under one KID the counter
//! names each frame once and grows, but for what the network reorders. An encoder's bytes read the
//! same way may well show a KID that stays, as Opus does in its first byte. They have no counter.
//!
//! Nothing depends on the verdict but what people are told: neither kind of frame is let through.

use crate::sframe::{Header, Kid};

/// So much evidence is a verdict, and so little takes it back; no more than [`MOST`] is kept.
const SURE: u8 = 20;
const UNSURE: u8 = 10;
const MOST: u8 = 24;
/// How far behind the newest a frame may arrive, and how far ahead, before it says something.
const BEHIND: u64 = 1024;
const AHEAD: u64 = 1 << 16;
/// How often frames may repeat what is known before that says something: browsers repeat some ten.
const REPEATS: u8 = 32;
const RECENT: usize = 8;
/// So many frames behind an authentic one may be forged before they count: somebody seals there.
const TRUST: u8 = 40;

/// The evidence of a run of frames none of which was authentic.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    evidence: u8,
    sure: bool,
    trust: u8,
    repeats: u8,
    kid: Option<Kid>,
    newest: u64,
    /// Counters with the ends of their frames: a counter that comes with two ends is none.
    recent: [(u64, u64); RECENT],
    next: usize,
}

impl Suspicion {
    /// Whether these frames are taken to be plaintext.
    pub(super) const fn is_sure(&self) -> bool {
        self.sure
    }

    /// An authentic frame: whatever came before it was no plaintext.
    pub(super) fn clear(&mut self) {
        if self.trust < TRUST {
            *self = Self { trust: TRUST, ..Self::default() };
        }
    }

    /// A frame that has no window or header, as none that was sealed.
    pub(super) fn unreadable(&mut self) {
        if !self.trusts() {
            self.add(3);
        }
    }

    /// A frame with this header, and `end` made of its last bytes.
    pub(super) fn header(&mut self, header: Header, end: u64) {
        if self.trusts() {
            return;
        }
        if self.kid != Some(header.kid) {
            return self.other_key(header, end);
        }
        match self.recent.iter().find(|(ctr, _)| *ctr == header.ctr) {
            Some((_, known)) if *known == end => self.repeat(),
            Some(_) => self.add(4),
            None => self.counter(header.ctr, end),
        }
    }

    fn trusts(&mut self) -> bool {
        let trusts = self.trust > 0;
        self.trust = self.trust.saturating_sub(1);
        trusts
    }

    /// Keys change now and then.
    fn other_key(&mut self, header: Header, end: u64) {
        if self.kid.is_some() {
            self.add(2);
        }
        self.kid = Some(header.kid);
        self.newest = header.ctr;
        self.recent = [(header.ctr, end); RECENT];
    }

    fn repeat(&mut self) {
        self.repeats = self.repeats.saturating_add(1);
        if self.repeats > REPEATS {
            self.add(1);
        }
    }

    fn counter(&mut self, ctr: u64, end: u64) {
        self.recent[self.next % RECENT] = (ctr, end);
        self.next = (self.next + 1) % RECENT;
        match ctr.checked_sub(self.newest) {
            Some(ahead) if ahead <= AHEAD => self.progress(),
            None if self.newest - ctr <= BEHIND => self.add(1),
            _ => self.add(2),
        }
        self.newest = self.newest.max(ctr);
    }

    const fn progress(&mut self) {
        self.evidence = self.evidence.saturating_sub(1);
        self.sure &= self.evidence >= UNSURE;
        self.repeats = 0;
    }

    fn add(&mut self, evidence: u8) {
        self.evidence = (self.evidence + evidence).min(MOST);
        self.sure |= self.evidence >= SURE;
    }
}
