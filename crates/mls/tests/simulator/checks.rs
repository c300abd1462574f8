//! The invariants that hold at any time.

use crate::common::world::{Node, World};
use sealframe_mls::group::EpochKeys;
use sealframe_mls::identity::DeviceId;
use std::collections::{BTreeMap, BTreeSet};

/// Other devices seal nothing for a removed device after 3,000 ms.
const REMOVED: u64 = 3_000;
/// A state before a commit is kept for 2,000 ms, and up to 60 ms until the timer goes off.
const SETTLED: u64 = 2_000 + 60;

type Secret = [u8; 32];

pub struct Checks {
    /// The keys of each epoch code.
    epochs: BTreeMap<String, EpochKeys>,
    /// The devices that ever had a secret.
    holders: BTreeMap<Secret, BTreeSet<DeviceId>>,
    /// The node, and its start, that seals with a secret and a leaf.
    sealers: BTreeMap<(Secret, u32), (usize, u64)>,
    nodes: Vec<Seen>,
}

/// The state of a node when it was checked last.
#[derive(Clone, Default)]
struct Seen {
    starts: u64,
    epochs: usize,
    secrets: BTreeSet<Secret>,
}

impl Checks {
    pub fn new(devices: usize) -> Self {
        Self {
            epochs: BTreeMap::new(),
            holders: BTreeMap::new(),
            sealers: BTreeMap::new(),
            nodes: vec![Seen::default(); devices],
        }
    }

    /// The number of epochs in all branches.
    pub fn epochs(&self) -> u64 {
        self.epochs.len() as u64
    }

    /// A device is about to stop. Its keys count from now on.
    pub fn left(&mut self, at: usize, world: &World) {
        let node = &world.nodes[at];
        for (keys, _) in &node.media.entered {
            self.hold(node.id, keys);
        }
    }

    pub fn look(&mut self, world: &World) -> Result<(), String> {
        (0..world.nodes.len()).try_for_each(|at| {
            let node = &world.nodes[at];
            let looked = self.look_at(at, node).and_then(|()| Self::settles(at, world));
            let looked = looked.and_then(|()| self.removed_are_out(at, world));
            looked.map_err(|why| format!("{at}: {why}"))
        })
    }

    fn look_at(&mut self, at: usize, node: &Node) -> Result<(), String> {
        if let Some(why) = &node.media.broken {
            return Err(why.clone());
        }
        if node.media.interrupted {
            return Err("what it seals with is forgotten".to_owned());
        }
        if self.nodes[at].starts != node.starts {
            self.nodes[at] = Seen { starts: node.starts, ..Seen::default() };
        }
        let new = node.media.entered.iter().skip(self.nodes[at].epochs);
        for (keys, _) in new.clone() {
            self.enters(at, node, keys)?;
        }
        self.nodes[at].epochs += new.count();
        self.seals(at, node)
    }

    /// An epoch is the same for all members. Each of them was named by the roster at some time. An
    /// epoch never comes again.
    fn enters(&mut self, at: usize, node: &Node, keys: &EpochKeys) -> Result<(), String> {
        let same = self.epochs.entry(keys.code.clone()).or_insert_with(|| keys.clone());
        let (mine, theirs) = (EpochKeys { leaf: 0, ..keys.clone() }, same.clone());
        if mine != (EpochKeys { leaf: 0, ..theirs }) {
            return Err(format!("agreement: {mine:?} is not {same:?}"));
        }
        let own = (keys.leaf, node.id);
        if !keys.members.contains(&own) {
            return Err(format!("{own:?} is not in its own epoch"));
        }
        let ghost = keys.members.iter().find(|(_, id)| !node.media.named.contains(id));
        if let Some(ghost) = ghost {
            return Err(format!("a ghost is let in: {ghost:?}"));
        }
        if !self.nodes[at].secrets.insert(*keys.secret.as_bytes()) {
            return Err(format!("epoch {} comes again", keys.epoch));
        }
        self.hold(node.id, keys);
        Ok(())
    }

    /// One worker uses a sender's key. Two workers would use the same counters.
    fn seals(&mut self, at: usize, node: &Node) -> Result<(), String> {
        let Some(keys) = node.media.seals() else { return Ok(()) };
        let key = (*keys.secret.as_bytes(), keys.leaf);
        let sealer = *self.sealers.entry(key).or_insert((at, node.starts));
        if sealer == (at, node.starts) {
            return Ok(());
        }
        Err(format!("{sealer:?} and {:?} seal with one key", (at, node.starts)))
    }

    /// Three seconds after a device heard of a removal, it seals nothing for the removed device.
    fn removed_are_out(&self, at: usize, world: &World) -> Result<(), String> {
        let node = &world.nodes[at];
        let Some(keys) = node.media.seals() else { return Ok(()) };
        let holders = self.holders.get(keys.secret.as_bytes());
        for (id, since) in &node.media.unnamed {
            let may_open = keys.members.iter().any(|(_, member)| member == id)
                || holders.is_some_and(|holders| holders.contains(id));
            if may_open && world.now.since(*since) > REMOVED {
                return Err(format!("{id} is out and may open epoch {}", keys.epoch));
            }
        }
        Ok(())
    }

    /// No state before a commit is kept after the race for its epoch.
    fn settles(at: usize, world: &World) -> Result<(), String> {
        let (report, node) = (world.report(at), &world.nodes[at]);
        let last = node.media.entered.last().map(|(_, at)| *at);
        let kept = report.map_or(0, |report| report.kept);
        let settled = last.is_some_and(|last| world.now.since(last) > SETTLED);
        if settled && kept > 0 { Err(format!("{kept} old states are kept")) } else { Ok(()) }
    }

    fn hold(&mut self, id: DeviceId, keys: &EpochKeys) {
        self.holders.entry(*keys.secret.as_bytes()).or_default().insert(id);
    }
}
