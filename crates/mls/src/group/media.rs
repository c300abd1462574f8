//! What the media core is told: receive first, then send, then forget.

use super::Output;
use super::output::{EpochKeys, Outbox};
use super::timing::{GRACE, SEAL};
use crate::Millis;

/// The epochs whose keys the media core has.
#[derive(Debug, Default)]
pub(super) struct Media {
    /// Contexts, the newest last, and until when each is to open; the newest has no end.
    contexts: Vec<(u16, Option<Millis>)>,
    /// The context to seal with next, and when.
    seal: Option<(u16, Millis)>,
    /// The context that we seal with.
    seals: Option<u16>,
}

impl Media {
    /// An epoch is entered. After a removal the others get a second to hear of it.
    pub(super) fn enter(
        &mut self,
        keys: EpochKeys,
        after_removal: bool,
        outbox: &mut Outbox,
        now: Millis,
    ) {
        let context = keys.context;
        if self.holds(context) {
            // Another key with the same context: once in 2^16. If it is the one that we seal with, we
            // cannot wait with the new one.
            self.forget(context, outbox);
        }
        for (_, end) in &mut self.contexts {
            end.get_or_insert(now.plus(GRACE));
        }
        self.contexts.push((context, None));
        outbox.put(Output::Epoch(keys));
        let waits = after_removal && self.seals.is_some_and(|sealing| sealing != context);
        let at = if waits { now.plus(SEAL) } else { now };
        // What was removed before must not wait for what is removed now.
        self.seal = Some((context, self.seal.map_or(at, |(_, earlier)| earlier.min(at))));
        self.drive(outbox, now);
    }

    /// Whether the media core has keys of this context.
    pub(super) fn holds(&self, context: u16) -> bool {
        self.contexts.iter().any(|(held, _)| *held == context)
    }

    /// What is due.
    pub(super) fn drive(&mut self, outbox: &mut Outbox, now: Millis) {
        if let Some((context, _)) = self.seal.take_if(|(_, at)| *at <= now) {
            self.seals = Some(context);
            outbox.put(Output::Seal { context });
        }
        let over = |end: Option<Millis>| end.is_some_and(|end| end <= now);
        let (gone, kept) = self.contexts.iter().partition(|(_, end)| over(*end));
        self.contexts = kept;
        let gone: Vec<(u16, Option<Millis>)> = gone;
        gone.iter().for_each(|(context, _)| outbox.put(Output::Forget { context: *context }));
    }

    /// The group is left.
    pub(super) fn leave(&mut self, outbox: &mut Outbox) {
        if !self.contexts.is_empty() {
            *self = Self::default();
            outbox.put(Output::Left);
        }
    }

    /// When [`Media::drive`] is to be called.
    pub(super) fn due(&self) -> Option<Millis> {
        let ends = self.contexts.iter().filter_map(|(_, end)| *end);
        ends.chain(self.seal.map(|(_, at)| at)).min()
    }

    fn forget(&mut self, context: u16, outbox: &mut Outbox) {
        self.contexts.retain(|(held, _)| *held != context);
        outbox.put(Output::Forget { context });
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::BaseKey;
    use super::*;

    const CONTEXT: u16 = 7;

    fn keys(epoch: u8) -> EpochKeys {
        let secret = BaseKey::new(&[epoch; 32]).expect("32 bytes");
        let (code, members) = (String::new(), Vec::new());
        EpochKeys { epoch: epoch.into(), context: CONTEXT, code, members, leaf: 0, secret }
    }

    fn entered(media: &mut Media, keys: EpochKeys, now: u64) -> Vec<Output> {
        let mut outbox = Outbox::default();
        media.enter(keys, true, &mut outbox, Millis(now));
        std::iter::from_fn(|| outbox.next()).collect()
    }

    #[test]
    fn an_epoch_with_the_context_that_seals_is_sealed_with_at_once() {
        let (mut media, context) = (Media::default(), CONTEXT);
        let first = entered(&mut media, keys(1), 0);
        assert_eq!(first, [Output::Epoch(keys(1)), Output::Seal { context }]);
        let forget = Output::Forget { context };
        let second = entered(&mut media, keys(2), 1);
        assert_eq!(second, [forget, Output::Epoch(keys(2)), Output::Seal { context }]);
    }
}
