//! One call, from its first roster to the silence at its end.

use crate::common::world::{CALL, Network, Packet, START, World};
use crate::devices::Devices;
use crate::flow::Flow;
use crate::holdings::Holdings;
use crate::ledger::Ledger;
use crate::plan::{Before, Plan, Size, Temper};
use crate::steps::{Step, steps};
use sealframe::session::Input;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// Members open each other's frames at most 5,000 milliseconds after everything has healed, if
/// their hosts have time for the signatures.
const HEALS_WITHIN: u64 = 5_000;
/// In the worst case a device verifies 10 signatures of each member that it meets: 1,520 for 160
/// members were counted.
const SIGNATURES: u64 = 10;
/// A session gives the host at most 64 signatures to verify at a time.
const AT_A_TIME: u64 = 64;
const DAY: u64 = 24 * 60 * 60 * 1_000;

pub struct Run {
    pub world: World,
    pub ledger: Ledger,
    pub flow: Flow,
    pub holdings: Holdings,
    pub members: Vec<usize>,
    pub persons: Vec<Range<usize>>,
    pub size: Size,
    pub temper: Temper,
    /// The server's record of the earlier call.
    pub before: Vec<Packet>,
    /// How often each kind of event happened.
    pub faults: BTreeMap<&'static str, u64>,
    pub story: String,
    steps: Vec<Step>,
    left: u64,
}

/// The results of a call.
pub struct Done {
    pub members: u64,
    pub healed_in: u64,
    pub messages: u64,
    pub envelopes: u64,
    pub frames: u64,
    pub faults: BTreeMap<&'static str, u64>,
    pub story: String,
}

impl Run {
    pub fn new(seed: u64) -> Self {
        let plan = Plan::of(seed);
        let (members, count) = (plan.members(), plan.devices.len());
        let before = call_before(seed, &plan);
        let mut world = World::of(seed, plan.devices);
        (world.network, world.host_tasks) = (plan.network, plan.host_tasks);
        let mut run = Self {
            ledger: Ledger::new(count),
            flow: Flow::default(),
            holdings: Holdings::new(&world),
            members: Vec::new(),
            persons: plan.persons,
            size: plan.size,
            temper: plan.temper,
            before,
            faults: BTreeMap::new(),
            story: String::new(),
            steps: steps(plan.temper),
            left: plan.steps,
            world,
        };
        let (before, network) = (plan.before, run.world.network);
        run.tell_story(&format!(
            "{members} devices, {:?}, {network:?}, before {before:?}",
            run.temper
        ));
        run
    }

    /// Plays the whole call. Returns the broken promise and its time, if there is one.
    pub fn play(&mut self) -> Result<Done, String> {
        let played = self.play_on();
        if let Err(why) = &played {
            self.tell_story(why);
        }
        played
    }

    fn play_on(&mut self) -> Result<Done, String> {
        self.change_members()?;
        while self.left > 0 {
            self.left -= 1;
            let step = self.world.below(self.steps.len() as u64) as usize;
            self.steps[step](self)?;
            self.pause()?;
        }
        let healed_in = self.heal()?;
        self.stays_healed()?;
        self.holdings.thief_opens_nothing(&self.world)?;
        Ok(self.done(healed_in))
    }

    fn pause(&mut self) -> Result<(), String> {
        let pause = match self.world.below(10) {
            0 => 13_000, // old keys expire meanwhile
            1..4 => self.world.below(3_000),
            _ => self.world.below(300),
        };
        self.pass(pause)
    }

    fn done(&mut self, healed_in: u64) -> Done {
        let suffered = self.world.suffered;
        self.faults.insert("lost", suffered.lost);
        self.faults.insert("doubled", suffered.doubled);
        self.faults.insert("overtaken", suffered.overtaken);
        Done {
            members: self.world.nodes.len() as u64 - 1,
            healed_in,
            messages: self.world.seen.len() as u64,
            envelopes: self.holdings.envelopes,
            frames: self.flow.sealed,
            faults: std::mem::take(&mut self.faults),
            story: std::mem::take(&mut self.story),
        }
    }

    /// After everything has healed: measures how long it takes until all open each other's frames.
    fn heal(&mut self) -> Result<u64, String> {
        self.world.network = Network::GOOD;
        if self.members.len() < 2 {
            self.members = vec![0, 1];
        }
        for at in 0..self.world.nodes.len() {
            (self.world.nodes[at].cut_off, self.world.nodes[at].group) = (false, 0);
            if self.world.nodes[at].tab.is_none() {
                self.world.open_tab(at);
            }
        }
        self.tell_story(&format!("healed, members {:?}", self.members));
        for at in self.members.clone() {
            self.tell(at)?;
        }
        // Otherwise members that know nothing of each other may wait for a minute.
        for at in 0..self.world.nodes.len() {
            self.world.input(at, Input::Reconnected).map_err(|e| e.to_string())?;
        }
        let (start, limit) = (self.world.now, self.heals_within());
        let mut missing = self.pairs();
        while !missing.is_empty() || !self.world.converged(&self.members) {
            if self.world.now.since(start) >= limit {
                return Err(format!("no convergence: {}", shown_pairs(&missing)));
            }
            self.pass(50)?;
            missing.retain(|&(from, to)| self.world.opens(from, to).is_err());
        }
        Ok(self.world.now.since(start))
    }

    /// A host that needs 200 milliseconds for a signature is busy for 5 seconds if 160 members meet
    /// at once.
    fn heals_within(&self) -> u64 {
        let (least, most) = self.world.host_tasks;
        let signatures = self.members.len() as u64 * SIGNATURES;
        HEALS_WITHIN + signatures * (least + most) / 2 / AT_A_TIME
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let members = &self.members;
        let pairs = members.iter().flat_map(|&from| members.iter().map(move |&to| (from, to)));
        pairs.filter(|(from, to)| from != to).collect()
    }

    /// Afterwards the state lasts: strangers open nothing, old keys are gone, and no message is
    /// missing.
    fn stays_healed(&mut self) -> Result<(), String> {
        let opened: Vec<_> = self.members.iter().map(|&at| self.own_kid(at)).collect();
        self.pass(20_000)?;
        let said = self.between_members();
        self.pass(20_000)?;
        if !self.world.converged(&self.members) {
            return Err("it did not last".to_owned());
        }
        if self.between_members() != said {
            return Err("members still talk".to_owned());
        }
        self.strangers_open_nothing()?;
        for (at, kid) in self.members.clone().into_iter().zip(opened) {
            self.old_keys_are_gone(at, kid)?;
        }
        self.flow.refuses_repeats(&mut self.world)
    }

    fn own_kid(&self, at: usize) -> Option<sealframe::sframe::Kid> {
        self.world.nodes[at].tab.as_ref().and_then(|tab| tab.end.ring.own_kid())
    }

    fn between_members(&self) -> usize {
        let members: Devices = self.members.iter().copied().collect();
        let seen = self.world.seen.iter();
        seen.filter(|p| members.has(p.from) && members.has(p.to)).count()
    }

    fn strangers_open_nothing(&mut self) -> Result<(), String> {
        let strangers = (0..self.world.nodes.len()).filter(|at| !self.members.contains(at));
        for stranger in strangers.collect::<Vec<_>>() {
            for at in self.members.clone() {
                if self.world.opens(at, stranger).is_ok() {
                    return Err(format!("{stranger} opens frames of {at}"));
                }
            }
        }
        Ok(())
    }

    /// A frame under a key that was replaced long ago opens nowhere.
    fn old_keys_are_gone(
        &mut self,
        at: usize,
        current: Option<sealframe::sframe::Kid>,
    ) -> Result<(), String> {
        let visit = self.world.nodes[at].visits;
        let mine = self.holdings.sealed_by(at).iter().filter(|sealed| sealed.visit == visit);
        let old = mine.take_while(|sealed| Some(sealed.kid) != current);
        for sealed in old {
            for &to in self.members.iter().filter(|&&to| to != at) {
                if self.world.open(at, to, &sealed.frame).is_ok() {
                    return Err(format!("{to} still holds the key {:?} of {at}", sealed.kid));
                }
            }
        }
        Ok(())
    }

    /// Sets a device's roster.
    pub fn tell(&mut self, at: usize) -> Result<(), String> {
        self.tell_of(at, &self.members.clone())
    }

    pub fn tell_of(&mut self, at: usize, members: &[usize]) -> Result<(), String> {
        if self.world.nodes[at].tab.is_none() {
            return Ok(());
        }
        self.tell_story(&format!("{at} is told"));
        self.check_one(at)?;
        let gone = self.ledger.told(at, members, self.world.now);
        self.flow.removed(at, gone, self.world.now);
        self.world.tell(at, members);
        self.check_one(at)
    }

    /// Lets time pass, with frequent checks at first.
    pub fn pass(&mut self, ms: u64) -> Result<(), String> {
        let (start, end) = (self.world.now, self.world.now.plus(ms));
        while self.world.now < end {
            let look = if self.world.now.since(start) < 4_000 { 100 } else { 1_000 };
            self.world.run(end.since(self.world.now).min(look));
            self.check()?;
        }
        Ok(())
    }

    /// Checks everything that must hold at any time.
    pub fn check(&mut self) -> Result<(), String> {
        self.read()?;
        (0..self.world.nodes.len()).try_for_each(|at| self.look_at(at))
    }

    /// Checks the same for the frames of one device.
    pub fn check_one(&mut self, at: usize) -> Result<(), String> {
        self.read()?;
        self.look_at(at)
    }

    fn read(&mut self) -> Result<(), String> {
        let sent = self.ledger.read(&self.world)?;
        sent.into_iter().try_for_each(|sent| self.holdings.sent(&self.world, sent))
    }

    fn look_at(&mut self, at: usize) -> Result<(), String> {
        let Self { world, ledger, holdings, .. } = self;
        self.flow.check(world, ledger, holdings, at, self.temper.calm)
    }

    pub fn count(&mut self, fault: &'static str) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub fn tell_story(&mut self, what: &str) {
        let at = self.world.now.since(START);
        let _ = writeln!(self.story, "{at:>7} ms  {what}");
    }
}

/// The server's record of the call before this one.
fn call_before(seed: u64, plan: &Plan) -> Vec<Packet> {
    let Some(before) = plan.before else { return Vec::new() };
    let call = if before == Before::OtherCall { "room-41" } else { CALL };
    let yesterday = sealframe::Millis(START.0 - DAY);
    let mut world = World::at(yesterday, call, !seed, plan.devices.iter().cloned());
    world.roster(&(0..plan.members()).collect::<Vec<_>>());
    world.run(1_000);
    world.seen
}

fn shown_pairs(pairs: &[(usize, usize)]) -> String {
    let shown: Vec<_> = pairs.iter().take(8).map(|(from, to)| format!("{from} -> {to}")).collect();
    format!("{} of {}", shown.join(", "), pairs.len())
}
