//! One call, from its first roster until it has healed.

use crate::checks::Checks;
use crate::common::world::{Network, World};
use crate::plan::Plan;
use crate::steps::STEPS;
use sealframe_mls::faults::Fault;
use std::fmt::{self, Write};

/// Members are in one group again within 5,000 ms.
const HEALS: u64 = 5_000;
/// Each device adds 250 ms, because one device joins at a time.
const HEALS_EACH: u64 = 250;

pub struct Run {
    pub world: World,
    pub checks: Checks,
    pub plan: Plan,
    pub members: Vec<usize>,
    /// The dishonest member.
    pub traitor: Option<usize>,
    pub story: String,
    fault: Option<Fault>,
    start: u64,
}

/// The result of one call, or the sum of several.
#[derive(Default)]
pub struct Done {
    pub calls: u64,
    pub devices: u64,
    pub epochs: u64,
    pub bytes: u64,
    pub healed_in: u64,
    pub story: String,
}

impl Run {
    pub fn new(seed: u64, fault: Option<Fault>) -> Self {
        let plan = Plan::of(seed);
        let mut world = World::new(seed, plan.devices, plan.setting);
        world.network = plan.network;
        let start = world.now.0;
        let mut run = Self {
            checks: Checks::new(plan.devices),
            members: Vec::new(),
            traitor: None,
            story: String::new(),
            world,
            plan,
            fault,
            start,
        };
        run.tell_story(&format!("{plan:?}"));
        run
    }

    /// Plays the call. The error names the broken promise.
    pub fn play(&mut self) -> Result<Done, String> {
        self.members = (0..self.plan.devices).filter(|at| *at == 0 || at % 4 != 3).collect();
        for at in self.members.clone() {
            self.begin(at);
            self.tell(at)?;
        }
        self.pass(1_500)?;
        for _ in 0..self.plan.steps {
            let step = self.world.below(STEPS.len() as u64) as usize;
            STEPS[step](self)?;
            let pause = match self.world.below(8) {
                0 => 4_000,
                1..4 => self.world.below(1_500),
                _ => self.world.below(300),
            };
            self.pass(pause)?;
        }
        let healed_in = self.heal()?;
        self.stays_healed()?;
        Ok(Done {
            calls: 1,
            devices: self.plan.devices as u64,
            epochs: self.checks.epochs(),
            bytes: self.world.nodes.iter().map(|node| node.sent).sum(),
            healed_in,
            story: std::mem::take(&mut self.story),
        })
    }

    /// A device enters.
    pub fn begin(&mut self, at: usize) {
        self.checks.left(at, &self.world);
        self.world.start(at);
        self.world.nodes[at].fault = self.fault;
    }

    /// Hands a device the roster.
    pub fn tell(&mut self, at: usize) -> Result<(), String> {
        if self.world.nodes[at].member.is_some() {
            self.tell_story(&format!("{at} is told {:?}", self.members));
            self.world.tell(at, &self.members.clone());
        }
        self.checks.look(&self.world)
    }

    /// Lets time pass, and checks every 50 ms.
    pub fn pass(&mut self, ms: u64) -> Result<(), String> {
        let end = self.world.now.plus(ms);
        while self.world.now < end {
            self.world.run(end.since(self.world.now).min(50));
            self.checks.look(&self.world)?;
        }
        Ok(())
    }

    pub fn tell_story(&mut self, what: &str) {
        let at = self.world.now.0 - self.start;
        let _ = writeln!(self.story, "{at:>7} ms  {what}");
    }

    /// Ends all faults. Returns the time in milliseconds until the members are one group.
    fn heal(&mut self) -> Result<u64, String> {
        self.world.network = Network::GOOD;
        if let Some(traitor) = self.traitor.take() {
            self.members.retain(|at| *at != traitor);
            self.world.nodes[traitor].fault = self.fault;
        }
        if self.members.is_empty() {
            self.members = vec![0];
        }
        for at in 0..self.world.nodes.len() {
            let node = &mut self.world.nodes[at];
            (node.part, node.dies) = (0, false);
            if node.member.is_none() && self.members.contains(&at) {
                self.begin(at);
            }
        }
        self.tell_story(&format!("healed, members {:?}", self.members));
        for at in self.members.clone() {
            self.tell(at)?;
        }
        let longest = HEALS + HEALS_EACH * self.members.len() as u64;
        let start = self.world.now;
        while !self.world.is_one_group(&self.members) {
            if self.world.now.since(start) >= longest {
                return Err(format!("no convergence\n{}", self.reports()));
            }
            self.pass(20)?;
        }
        Ok(self.world.now.since(start))
    }

    /// The members stay one group, and seal with one key.
    fn stays_healed(&mut self) -> Result<(), String> {
        self.pass(3_500)?;
        if !self.world.is_one_group(&self.members) {
            return Err(format!("it did not last\n{}", self.reports()));
        }
        let sealing = |at: &usize| self.world.nodes[*at].media.seals().map(|keys| &keys.secret);
        let mut keys = self.members.iter().map(sealing);
        let first = keys.next().flatten().ok_or("nobody seals")?;
        match keys.all(|key| key == Some(first)) {
            true => Ok(()),
            false => Err("members seal with different keys".to_owned()),
        }
    }

    fn reports(&self) -> String {
        let all = self.members.iter().map(|at| {
            let (report, node) = (self.world.report(*at), &self.world.nodes[*at]);
            format!("  {at} {}: {report:?} refused {:?}\n", node.id, node.refused)
        });
        all.collect()
    }
}

impl Done {
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.devices += other.devices;
        self.epochs += other.epochs;
        self.bytes += other.bytes;
        self.healed_in = self.healed_in.max(other.healed_in);
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "calls": self.calls,
            "devices": self.devices,
            "epochs": self.epochs,
            "bytes": self.bytes,
            "healedMs": self.healed_in,
        })
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls of {} devices in all, {} epochs, {} bytes sent, healed in {} ms at most",
            self.calls, self.devices, self.epochs, self.bytes, self.healed_in
        )
    }
}
