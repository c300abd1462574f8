//! The effects of a message: docs/protocol.md 3.1 and 3.2, step by step.

use super::stay::{Content, Peer};
use super::{Incarnations, Message, Name, State, Stay, Without};

impl Incarnations {
    fn leaves_out(&self, rule: Without) -> bool {
        self.without == Some(rule)
    }

    /// 3.2 (2): names are hashes, so either of two may be the higher one.
    fn higher(&self, one: Name, two: Name) -> Name {
        if self.first_is_higher { one.min(two) } else { one.max(two) }
    }

    /// The immediate answer of an incarnation to a message.
    pub fn replies(&self, state: &State, message: Message, me: Name) -> Vec<Message> {
        let mut next = state.clone();
        next.net.clear();
        self.arrive(&mut next, message, me);
        next.net
    }

    pub(super) fn arrive(&self, state: &mut State, message: Message, me: Name) {
        let from = message.from();
        let peer = &state.get(me).expect("only the living get messages").peer;
        // 3.2 (3): a refused incarnation gets a note, and nothing else.
        if peer.refuses == Some(from) {
            let kept = peer.newest.unwrap_or(from);
            return state.send(Message::Twice { from: me, to: from, kept });
        }
        match message {
            Message::Announce { .. } => self.announced(state, message, me),
            Message::Envelope { to, .. } if peer.newest == Some(from) && to == me => {
                self.sealed(state, message, me);
            }
            Message::Ack { to, counter, .. } => {
                let paired = peer.newest == Some(from) && to == me; // 3.1 (6)
                if paired || self.leaves_out(Without::PairedAcks) {
                    state.stay(me).peer.acknowledge(counter); // 3.1 (9)
                } else {
                    self.tell(state, from, me);
                }
            }
            Message::Envelope { to, .. } => {
                let newer = peer.stray.is_none_or(|kept| message.is_after(&kept));
                self.tell(state, from, me);
                if to == me && newer && !self.leaves_out(Without::Stray) {
                    // 3.1 (6): it overtook its announcement.
                    state.stay(me).peer.stray = Some(message);
                }
            }
            Message::Twice { to, kept, .. } => {
                if peer.newest == Some(from) && (to == me || kept == me) {
                    state.stay(me).twice(to == me);
                }
            }
        }
    }

    /// 3.1 (6): a message that is not between the two newest incarnations gets our announcement.
    fn tell(&self, state: &mut State, from: Name, me: Name) {
        let former = state.get(me).is_some_and(|stay| stay.peer.is_former(from));
        if self.leaves_out(Without::Proof) && former {
            state.raise(from);
        }
        if !self.leaves_out(Without::Telling) {
            state.announce(me, None);
        }
    }

    fn announced(&self, state: &mut State, message: Message, me: Name) {
        let Message::Announce { from, to, open, answers, question } = message else { return };
        let peer = &mut state.stay(me).peer;
        if peer.newest == Some(from) {
            let old = peer.asked.is_some_and(|asked| question < asked);
            if old && !self.leaves_out(Without::Order) {
                return; // 3.1 (4)
            }
            peer.asked = Some(question);
            self.seal_again(state, to == Some(me), me);
        } else if answers == Some((me, peer.open)) || self.leaves_out(Without::OpenNonce) {
            if !self.leaves_out(Without::Redraw) {
                peer.draw_open(); // 3.1 (5)
            }
            self.met(state, from, question, me);
        }
        let peer = &state.stay(me).peer;
        let known = to == Some(me) && peer.newest == Some(from);
        let refused = peer.refuses == Some(from); // 3.2 (3)
        if !known && !refused && !self.leaves_out(Without::Answers) {
            state.announce(me, Some((from, open))); // 3.1 (3)
        }
    }

    /// 3.1 (5) and 3.2: the sender has shown that it is alive.
    fn met(&self, state: &mut State, from: Name, question: u8, me: Name) {
        let overlap = state.overlap[usize::from(from / 2)];
        let peer = state.stay(me).peer.clone();
        let Some(newest) = peer.newest.filter(|_| peer.is_former(from)) else {
            if state.stay(me).witnessed & 1 << from == 0 {
                state.broken = Some("fresh: an incarnation was met that ended before");
            }
            if peer.newest.is_some_and(|newest| from < newest) && !overlap {
                state.broken =
                    Some("order: an incarnation that ended took the place of a later one");
            }
            return self.enter(state, from, question, me);
        };
        let stay = state.stay(me);
        stay.peer.judged = Some((stay.counter, false));
        if peer.silent_for_long() {
            stay.peer.refuses = None;
            return self.enter(state, from, question, me); // 3.2 (4)
        }
        let kept = self.higher(newest, from);
        (stay.told, stay.peer.refuses) = (true, Some(newest + from - kept)); // 3.2 (2), (3)
        state.raise(from);
        if kept == from {
            return self.enter(state, from, question, me);
        }
        if !self.leaves_out(Without::Renewal) {
            self.seal(state, me); // 3.2 (5)
        }
        state.send(Message::Twice { from: me, to: from, kept }); // 3.2 (3)
    }

    /// The sender is the newest from now on.
    fn enter(&self, state: &mut State, from: Name, question: u8, me: Name) {
        let stay = state.stay(me);
        let again = stay.peer.enter(from, question);
        if again && !self.leaves_out(Without::Insisting) {
            stay.draw_question(); // 3.2 (6)
            stay.peer.insists = true;
        }
        let stray = stay.peer.stray.take_if(|stray| stray.from() == from);
        self.seal(state, me);
        if let Some(stray) = stray {
            self.sealed(state, stray, me);
        }
    }

    /// 3.1 (8): an envelope that answers another question is made again.
    fn seal_again(&self, state: &mut State, holds_us: bool, me: Name) {
        let Peer { sent, asked, .. } = state.stay(me).peer;
        let stale = sent.is_some_and(|(content, acked)| {
            Some(content.answers) != asked && (!acked || !holds_us)
        });
        if stale && !self.leaves_out(Without::Again) {
            self.seal(state, me);
        }
    }

    /// Makes an envelope with the newest key.
    pub(super) fn seal(&self, state: &mut State, me: Name) {
        let Peer { newest, asked, .. } = state.stay(me).peer;
        let (Some(to), Some(answers)) = (newest, asked) else { return };
        let made_in = state.stay(to).membership;
        let stay = state.stay(me);
        stay.counter += 1;
        let Stay { counter, question, .. } = *stay;
        stay.peer.sent = Some((Content { counter, answers, question, made_in }, false));
    }

    /// An envelope of the newest incarnation to ours.
    fn sealed(&self, state: &mut State, message: Message, me: Name) {
        let Message::Envelope { from, content, .. } = message else { return };
        let Content { counter, answers, question, .. } = content;
        let peer = &mut state.stay(me).peer;
        if peer.asked.is_none_or(|asked| question >= asked) {
            peer.asked = Some(question);
            self.seal_again(state, true, me);
        }
        let stay = state.stay(me);
        let asked = answers >= stay.peer.since || self.leaves_out(Without::Question);
        let newer = counter > stay.peer.taken || self.leaves_out(Without::Counter);
        if asked && newer && counter != stay.peer.taken {
            let broken = stay.take(from, content); // 3.1 (7)
            state.broken = state.broken.or(broken);
        }
        let Stay { peer: Peer { taken, receipt, .. }, silent, .. } = *state.stay(me);
        if taken == counter && receipt && !silent {
            state.send(Message::Ack { from: me, to: from, counter });
        }
    }
}
