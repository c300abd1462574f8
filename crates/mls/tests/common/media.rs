//! A media core that only records its inputs.

use sealframe_mls::Millis;
use sealframe_mls::group::{EpochKeys, Output};
use sealframe_mls::identity::DeviceId;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that a device's media core has, and had.
#[derive(Default)]
pub struct Media {
    /// By context.
    pub held: BTreeMap<u16, EpochKeys>,
    /// Every epoch that it got in this stay, with the time.
    pub entered: Vec<(EpochKeys, Millis)>,
    /// How often it got the keys of a present epoch again.
    pub given_back: u64,
    /// The context that it seals with.
    pub sealing: Option<u16>,
    /// How often a KID came again with another key. The context has 16 bits, so once may be chance.
    returns: u32,
    /// Whether the context that it seals with was forgotten, and none has taken its place yet.
    pub interrupted: bool,
    /// Every device that the application ever named.
    pub named: BTreeSet<DeviceId>,
    /// Since when each device is not named any more.
    pub unnamed: BTreeMap<DeviceId, Millis>,
    /// The first rule that the outputs broke.
    pub broken: Option<String>,
}

impl Media {
    pub fn take(&mut self, output: Output, now: Millis) {
        match output {
            Output::Epoch(keys) => {
                if self.held.get(&keys.context) == Some(&keys) {
                    self.given_back += 1;
                    return;
                }
                if self.held.contains_key(&keys.context) {
                    self.broken = Some(format!("the context {} comes again", keys.context));
                }
                self.returns += u32::from(self.has_kid_of(&keys));
                if self.returns > 1 {
                    self.broken = Some("KIDs come again with other keys".to_owned());
                }
                self.held.insert(keys.context, keys.clone());
                self.entered.push((keys, now));
            }
            Output::Seal { context } => {
                (self.sealing, self.interrupted) = (Some(context), false);
                if !self.held.contains_key(&context) {
                    self.broken = Some(format!("{context} is to be sealed with, and not there"));
                }
            }
            Output::Forget { context } => {
                self.held.remove(&context);
                self.interrupted |= self.sealing == Some(context);
            }
            Output::Left => {
                self.held.clear();
                (self.sealing, self.interrupted) = (None, false);
            }
            _ => {}
        }
    }

    /// Whether an epoch had the same KIDs, and another key.
    fn has_kid_of(&self, keys: &EpochKeys) -> bool {
        let kid = |keys: &EpochKeys| (keys.context, keys.epoch % 256);
        self.entered.iter().any(|(old, _)| kid(old) == kid(keys) && old.secret != keys.secret)
    }

    /// The application names these devices.
    pub fn told(&mut self, ids: impl IntoIterator<Item = DeviceId>, now: Millis) {
        let ids: BTreeSet<_> = ids.into_iter().collect();
        for gone in self.named.difference(&ids) {
            self.unnamed.entry(*gone).or_insert(now);
        }
        self.unnamed.retain(|id, _| !ids.contains(id));
        self.named.extend(ids);
    }

    /// The keys that it seals with.
    pub fn seals(&self) -> Option<&EpochKeys> {
        self.held.get(&self.sealing?)
    }
}
