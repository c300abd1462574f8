//! Messages of one member that wait for the host to verify their signature.
//!
//! A server can send any number of forged messages in a member's name. So each member has a budget
//! of verifications. If more messages arrive than fit, a random one is dropped. A genuine message
//! among many forged ones is sent again until it is not the dropped one.
//!
//! While the budget lasts, messages are verified in the order of their arrival. After that the next
//! one is drawn at random: the newest announcement makes the older ones irrelevant, and an attacker
//! cannot choose which one is verified next.

use super::Ticket;
use super::turn::Turn;
use crate::envelope::Message;
use crate::{Error, Millis};
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// At most 8 messages of one member wait.
const MAX_WAITING: usize = 8;
/// At most 6 verifications of one member at once: a join takes four, one more reload two.
const BURST: u64 = 6;
/// The budget grows by one verification every 250 milliseconds.
const REFILL: u64 = 250;
/// A lack of room is reported at most once in 1,000 milliseconds for each member.
const WARNING: u64 = 1_000;

/// The messages of one member.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// The oldest is first.
    queue: Vec<Waiting>,
    /// The time when the whole budget is available again.
    whole: Millis,
    /// The time of the last refusal for lack of room.
    warned: Option<Millis>,
}

#[derive(Debug)]
struct Waiting {
    message: Message,
    bytes: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The host was not asked yet.
    Fresh,
    /// The host verifies it.
    Asked(Ticket),
    /// Whether the signature is genuine.
    Known(bool),
}

impl Inbox {
    pub(super) const fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether a message with the same bytes is waiting.
    pub(super) fn has(&self, bytes: &[u8]) -> bool {
        self.queue.iter().any(|waiting| waiting.bytes == bytes)
    }

    /// Adds a message. If there is no room, a random message that was not sent to the host is
    /// dropped.
    ///
    /// # Errors
    /// [`Error::TooManyMessages`], for the application, if there is no room: at most one in
    /// [`WARNING`] milliseconds.
    pub(super) fn put(
        &mut self,
        message: Message,
        bytes: &[u8],
        room: bool,
        now: Millis,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let room = room && self.queue.len() < MAX_WAITING;
        self.queue.push(Waiting { message, bytes: bytes.to_vec(), state: State::Fresh });
        if room {
            return Ok(());
        }
        if let Some(at) = self.random_fresh(rng) {
            self.queue.remove(at);
        }
        if self.warned.is_some_and(|at| now.since(at) < WARNING) {
            return Ok(());
        }
        self.warned = Some(now);
        Err(Error::TooManyMessages)
    }

    /// Asks the host to verify a message that it was not asked about, if the budget allows it.
    /// Drops messages that have become irrelevant.
    pub(super) fn ask(
        &mut self,
        turn: &mut Turn<'_>,
        mut needs_verification: impl FnMut(&Message, &mut Turn<'_>) -> bool,
    ) -> Option<(Ticket, &Message)> {
        if self.opens() > turn.now {
            return None;
        }
        loop {
            let at = self.draw(turn)?; // an index of `queue`, which changes only below
            // A message that is being verified may make a later one relevant.
            let settled = self.queue[..at].iter().all(|one| one.state == State::Fresh);
            if settled && !needs_verification(&self.queue[at].message, turn) {
                self.queue.remove(at);
                continue;
            }
            let ticket = turn.outbox.ticket();
            self.queue[at].state = State::Asked(ticket);
            self.whole = self.whole.max(turn.now).plus(REFILL);
            return Some((ticket, &self.queue[at].message));
        }
    }

    /// The time when the host may be asked about the next message.
    pub(super) fn due(&self) -> Option<Millis> {
        self.fresh().next().map(|_| self.opens())
    }

    /// The number of messages that the host is verifying.
    pub(super) fn asked(&self) -> usize {
        self.queue.iter().filter(|one| matches!(one.state, State::Asked(_))).count()
    }

    /// Records the host's verdict. Returns whether the ticket belongs to one of these messages.
    pub(super) fn verified(&mut self, ticket: Ticket, genuine: bool) -> bool {
        let asked = self.queue.iter_mut().find(|one| one.state == State::Asked(ticket));
        asked.map(|one| one.state = State::Known(genuine)).is_some()
    }

    /// Drops a message whose signature the host could not verify. Returns whether the ticket
    /// belongs to one of these messages.
    pub(super) fn failed(&mut self, ticket: Ticket) -> bool {
        let at = self.queue.iter().position(|one| one.state == State::Asked(ticket));
        at.map(|at| self.queue.remove(at)).is_some()
    }

    /// The next verified message, and whether it is genuine. A message that is being verified holds
    /// back those that came after it.
    pub(super) fn next(&mut self) -> Option<(Message, bool)> {
        // `at` is an index of `queue`.
        let at = self.queue.iter().position(|one| one.state != State::Fresh)?;
        let State::Known(genuine) = self.queue[at].state else { return None };
        Some((self.queue.remove(at).message, genuine))
    }

    /// The place in `queue` of the message to verify next.
    fn draw(&self, turn: &mut Turn<'_>) -> Option<usize> {
        let scarce = self.whole > turn.now.plus((BURST - 2) * REFILL);
        if scarce { self.random_fresh(turn.rng) } else { self.fresh().next() }
    }

    fn random_fresh(&self, rng: &mut dyn CryptoRng) -> Option<usize> {
        let count = self.fresh().count();
        let drawn = rng.next_u32() as usize % count.max(1);
        self.fresh().nth(drawn)
    }

    fn fresh(&self) -> impl Iterator<Item = usize> {
        let fresh = |(at, one): (usize, &Waiting)| (one.state == State::Fresh).then_some(at);
        self.queue.iter().enumerate().filter_map(fresh)
    }

    /// The time when the budget allows one verification.
    fn opens(&self) -> Millis {
        Millis(self.whole.0.saturating_sub((BURST - 1) * REFILL))
    }
}
