//! The consequences of a state if the server is honest from then on.

use super::{Incarnations, Message, Name, State, Stay, other};

/// At most 5 one-way trips, two and a half round trips, until both devices open each other's frames
/// and know it.
const TRIPS: usize = 5;
/// At most 24 one-way trips if two incarnations of one device are alive, because refusals take
/// time.
const TWIN_TRIPS: usize = 24;
/// A refusal ends after 8 one-way trips, which stand for thirty seconds.
const REFUSAL: usize = 8;

impl Incarnations {
    /// Checks that both devices get each other's key in time, for two orders in which the messages
    /// of a trip may arrive. Returns the broken promise if they do not.
    pub(super) fn heal(&self, state: &State) -> Result<(), String> {
        self.heal_in_order(state.clone(), false)?;
        self.heal_in_order(state.clone(), true)
    }

    fn heal_in_order(&self, mut now: State, reversed: bool) -> Result<(), String> {
        let mut air = Vec::new();
        let most = if now.has_twins() { TWIN_TRIPS } else { TRIPS };
        for trip in 1..=most + 1 {
            if now.is_settled() {
                return Ok(());
            }
            air.extend(now.said());
            air.sort_unstable();
            air.dedup();
            if reversed {
                air.reverse();
            }
            air = self.trip(&mut now, &air);
            if trip % REFUSAL == 0 {
                now.stays.iter_mut().flatten().for_each(Stay::wait);
            }
        }
        Err(format!("{}: not within {most} one-way trips", now.wanted()))
    }

    /// Delivers everything in the network. Returns the answers.
    fn trip(&self, now: &mut State, air: &[Message]) -> Vec<Message> {
        now.net.clear();
        for message in air {
            for name in now.living(other(message.from())).collect::<Vec<_>>() {
                self.arrive(now, *message, name);
            }
        }
        core::mem::take(&mut now.net)
    }
}

impl State {
    /// The messages that the living incarnations send. If two incarnations of one device are alive,
    /// both continue to use the call, so each repeats its envelope.
    fn said(&self) -> Vec<Message> {
        let mut said = Vec::new();
        for (me, stay) in (0..).zip(&self.stays) {
            let Some(stay) = stay else { continue };
            said.extend(stay.said(me));
            let twins = self.living(me).count() > 1;
            said.extend(stay.envelope(me, true).filter(|_| twins && stay.alive));
        }
        said
    }

    /// Whether both devices have each other's key and know it. If two incarnations of one device
    /// are alive, only the kept one counts, and all three incarnations must have reported the two.
    fn is_settled(&self) -> bool {
        let Some((a, b)) = self.pair() else { return false };
        self.reaches(a, b) && self.reaches(b, a) && self.is_told()
    }

    /// The two incarnations that must get each other's key.
    fn pair(&self) -> Option<(Name, Name)> {
        let speaks = |name: &Name| self.get(*name).is_some_and(|stay| !stay.silent);
        let only = |first| {
            let mut living = self.living(first).filter(speaks);
            living.next().filter(|_| living.next().is_none())
        };
        Some((only(0)?, only(2)?))
    }

    fn reaches(&self, from: Name, to: Name) -> bool {
        let (Some(sender), Some(recipient)) = (self.get(from), self.get(to)) else { return false };
        let met = sender.peer.newest == Some(to) && recipient.peer.newest == Some(from);
        let taken = recipient.peer.taken;
        let known = sender.peer.sent.is_some_and(|(sent, acked)| acked && sent.counter == taken);
        met && known && recipient.peer.keyed
    }

    fn has_twins(&self) -> bool {
        self.living(0).count() > 1 || self.living(2).count() > 1
    }

    /// Whether all have reported that two are alive.
    fn is_told(&self) -> bool {
        let mut living = self.stays.iter().flatten().filter(|stay| stay.alive);
        !self.has_twins() || living.all(|stay| stay.told)
    }

    /// The promise that is broken if this state lasts.
    fn wanted(&self) -> &'static str {
        if self.is_told() { "heal" } else { "told" }
    }
}
