//! The sum of many calls.

use crate::run::Done;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Total {
    sizes: BTreeMap<u64, u64>,
    messages: u64,
    envelopes: u64,
    frames: u64,
    faults: BTreeMap<&'static str, u64>,
    healed_in: Vec<u64>,
}

impl Total {
    pub fn add(&mut self, done: Done) {
        *self.sizes.entry(done.members).or_default() += 1;
        self.messages += done.messages;
        self.envelopes += done.envelopes;
        self.frames += done.frames;
        for (fault, count) in done.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        self.healed_in.push(done.healed_in);
    }

    pub fn runs(&self) -> usize {
        self.healed_in.len()
    }

    /// The report for `npm run sim`, which prints a table of it. A broken promise never reaches it.
    pub fn report(&mut self) -> serde_json::Value {
        self.healed_in.sort_unstable();
        let of = |from: u64, to: u64| self.sizes.range(from..to).map(|(_, runs)| runs).sum::<u64>();
        json!({
            "runs": self.runs(),
            "members": { "2-9": of(2, 10), "10-50": of(10, 51), "51-200": of(51, 201) },
            "fewest": self.sizes.keys().next(),
            "most": self.sizes.keys().last(),
            "faults": self.faults,
            "messages": self.messages,
            "envelopes": self.envelopes,
            "frames": self.frames,
            "violations": 0,
            "healedMs": {
                "p50": percentile(&self.healed_in, 50),
                "p99": percentile(&self.healed_in, 99),
                "max": self.healed_in.last(),
            },
        })
    }
}

/// A percentile of sorted numbers.
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied()
}
