//! No key seals twice with one counter, whatever happens to the keys of a member. The ciphertext of
//! zeros is the keystream, so no ciphertext of zeros may appear twice.

mod common;

use common::pair::{id, key, shared};
use proptest::prelude::*;
use sealframe::key::{DeviceKid, GroupEpoch, LeafIndex, Limits, Ring};
use sealframe::sframe::Kid;
use sealframe::{Error, Millis};
use std::collections::HashSet;

/// An event in the life of a member.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The application sets this key, with this KID once it is in use.
    Give { key: u8, kid: u64 },
    /// The application sets keys of other members only.
    TakeAway,
    /// A device installs a key of its own.
    Install { key: u8, generation: u16, step: u8 },
    /// An MLS epoch comes, maybe again. It is sealed with at once, or not yet.
    Epoch { key: u8, context: u16, seals: bool },
    /// A worn key continues under another KID.
    Renew { kid: u64 },
    /// This number of milliseconds passes, and the clock ticks.
    Tick(u64),
    /// The page is reloaded. The application may set the earlier keys.
    Restart,
    /// All keys are wiped.
    Wipe,
    /// This number of frames, or messages, is sealed.
    Seal { count: usize, data: bool },
}

/// There are few keys and few KIDs, so that each returns.
fn step() -> impl Strategy<Value = Step> {
    let give = || (0u8..3, 0u64..4).prop_map(|(key, kid)| Step::Give { key, kid });
    let install = (0u8..3, 0u16..2, 0u8..3).prop_map(|(key, generation, step)| Step::Install {
        key,
        generation,
        step,
    });
    let epoch = (0u8..3, 0u16..2, any::<bool>());
    let epoch = epoch.prop_map(|(key, context, seals)| Step::Epoch { key, context, seals });
    prop_oneof![
        4 => give(),
        1 => Just(Step::TakeAway),
        3 => install,
        3 => epoch,
        1 => (0u64..4).prop_map(|kid| Step::Renew { kid }),
        4 => (0u64..3_000).prop_map(Step::Tick),
        1 => Just(Step::Restart),
        1 => Just(Step::Wipe),
        8 => (1usize..6, any::<bool>()).prop_map(|(count, data)| Step::Seal { count, data }),
    ]
}

struct Member {
    ring: Ring,
    now: u64,
    /// Counts page loads. No two loads draw the same KID for a shared key, or the same key for a
    /// device: both are random.
    loads: u64,
    keystreams: HashSet<[u8; 32]>,
}

impl Member {
    fn new() -> Self {
        let (ring, keystreams) = (new_ring(0), HashSet::new());
        Self { ring, now: 0, loads: 0, keystreams }
    }

    fn does(&mut self, step: Step) {
        let kid = |kid: u64| Kid(1 << 40 | self.loads << 8 | kid);
        match step {
            Step::Give { key, kid: n } => {
                let keys = vec![shared("alice", key), shared("bob", key)];
                // Refused if the key was used with this KID before and replaced.
                let _ = self.ring.set_shared_keys(&id("alice"), kid(n), keys);
            }
            Step::TakeAway => {
                let keys = vec![shared("bob", 1)];
                self.ring.set_shared_keys(&id("alice"), kid(0), keys).expect("no own key");
            }
            Step::Install { key: byte, generation, step } => {
                let first = DeviceKid::first(generation);
                let turned = (0..step).try_fold(first, |kid, _| kid.next_step());
                let base_key = key(100 + byte + 3 * (self.loads % 50) as u8);
                let _ = self.ring.install_own(turned.expect("a step").kid(), &base_key);
            }
            Step::Epoch { key: byte, context, seals } => {
                let secret = [200 + byte, self.loads as u8].repeat(16);
                let secret = secret.as_slice().try_into().expect("32 bytes");
                let epoch = GroupEpoch::new(1, context, 1, secret).expect("a tree");
                self.ring.install_group(&epoch, LeafIndex(0), &[]).expect("our leaf");
                if seals {
                    let _ = self.ring.seal_group(context);
                }
            }
            Step::Renew { kid: n } => self.ring.renew_shared(kid(n)),
            Step::Tick(passed) => {
                self.now += passed;
                self.ring.tick(Millis(self.now));
            }
            Step::Restart => {
                self.loads += 1;
                self.ring = new_ring(self.now);
            }
            Step::Wipe => self.ring.wipe(),
            Step::Seal { count, data } => (0..count).for_each(|_| self.seals(data)),
        }
    }

    fn seals(&mut self, data: bool) {
        let (key, limits) = match self.ring.sealing() {
            Ok(sealing) => sealing,
            Err(error) => return assert_eq!(error, Error::NoKey),
        };
        let mut zeros = [0; 32];
        let spent = if data { key.spend_data(32, limits) } else { key.spend(32, limits) };
        let Ok((frame_key, ctr)) = spent else { return };
        frame_key.seal(ctr, b"", &mut zeros).expect("sealed");
        assert!(self.keystreams.insert(zeros), "a key sealed twice with counter {ctr}");
    }
}

fn new_ring(now: u64) -> Ring {
    let limits = Limits { rotate_frames: 4, max_frames: 12, ..Limits::default() };
    Ring::new(limits, Millis(now))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_and_counter_seal_twice_whatever_happens_to_the_keys(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut member = Member::new();
        for step in steps {
            member.does(step);
        }
    }
}
