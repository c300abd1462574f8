//! Calls by chance: members come, go and reload, the network loses, delays, doubles and cuts off,
//! the server replays, bends, swaps and forges. What must hold is checked all the time; what
//! must come true is checked after everything healed.
//!
//! P-256 is a pretend one that costs next to nothing, in every tenth run the real one; in every fifth
//! the devices are of all suites (RSA is always pretend, ML-KEM never). Errands come back in any
//! order, some much later.
//!
//! `SEALFRAME_RUNS=10000 cargo test --release --test simulator` for more runs,
//! `SEALFRAME_SEED=n` for one of them with its story told.

mod common;

use common::device::{Curve, Device};
use common::ledger::Ledger;
use common::world::{Network, Packet, World};
use rand_core::Rng;
use sealframe::envelope::Suite;
use sealframe::session::Input;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

const RUNS: u64 = 60;
/// Devices that take part, members or not; the last one never is a member.
const DEVICES: u64 = 7;
const STEPS: u64 = 24;
const HEALS_WITHIN: u64 = 5_000;

struct Run {
    world: World,
    ledger: Ledger,
    members: Vec<usize>,
    malicious: bool,
    story: String,
}

/// Counts for the summary.
#[derive(Default)]
struct Total {
    envelopes: AtomicU64,
    messages: AtomicU64,
    longest: AtomicU64,
}

#[test]
fn calls_by_chance() {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let total = Total::default();
    if let Some(seed) = number("SEALFRAME_SEED") {
        print!("{}", one_call(seed, &total));
        return;
    }
    let runs = number("SEALFRAME_RUNS").unwrap_or(RUNS);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < runs)
                {
                    one_call(seed, &total);
                }
            });
        }
    });
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    println!("runs        {runs}, of 2 to {} members", DEVICES - 1);
    println!(
        "messages    {}, of these {} envelopes",
        count(&total.messages),
        count(&total.envelopes)
    );
    println!("healed in   {} ms at the most", count(&total.longest));
    println!("violations  0");
}

/// Plays one call; panics with its seed and story if a promise is broken.
fn one_call(seed: u64, total: &Total) -> String {
    let mut run = Run::new(seed);
    let done = run.play();
    let healed = done.and_then(|()| run.heal());
    match healed {
        Ok(ms) => total.longest.fetch_max(ms, Ordering::Relaxed),
        Err(why) => panic!("\n{}{why}; SEALFRAME_SEED={seed} plays it again", run.story),
    };
    total.envelopes.fetch_add(run.ledger.envelopes as u64, Ordering::Relaxed);
    total.messages.fetch_add(run.world.seen.len() as u64, Ordering::Relaxed);
    run.story
}

impl Run {
    fn new(seed: u64) -> Self {
        let curve = if seed.is_multiple_of(10) { Curve::Real } else { Curve::Pretend };
        let suite = |device| match (seed.is_multiple_of(5), (seed / 5 + device) % 3) {
            (true, 1) => Suite::MlKem768P256,
            (true, 2) => Suite::Rsa,
            _ => Suite::P256,
        };
        let devices = (0..DEVICES).map(|number| Device::of(number, suite(number), curve));
        let mut world = World::of(seed, devices);
        if world.chance(30) {
            world.errands = (0, 400);
        }
        let faulty = world.chance(80);
        if faulty {
            let slowest = 40 + world.below(1_500);
            let (loss, duplicates) = (world.below(40), world.below(40));
            world.network = Network { delay: (1, slowest), loss, duplicates };
        }
        let (ledger, malicious) = (Ledger::new(&world), world.chance(60));
        let mut run = Self { world, ledger, members: Vec::new(), malicious, story: String::new() };
        run.tell_story(&format!("{:?}, malicious {malicious}", run.world.network));
        run
    }

    fn play(&mut self) -> Result<(), String> {
        self.change_members()?;
        for _ in 0..STEPS {
            self.step()?;
            let pause = match self.world.below(10) {
                0 => 13_000, // old keys expire meanwhile
                1..4 => self.world.below(3_000),
                _ => self.world.below(300),
            };
            self.pass(pause)?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        match self.world.below(if self.malicious { 16 } else { 9 }) {
            0..3 => self.change_members(),
            3 => self.tell_somebody(),
            4 => self.reload(),
            5 => self.close(),
            6 => self.cut_off(),
            7 => self.rotate(),
            8 => Ok(()),
            9..12 => self.replay(),
            12 | 13 => self.bend(),
            14 => self.swap(),
            _ => self.forge(),
        }
    }

    /// Everything is well again: how long until everybody opens everybody's frames?
    fn heal(&mut self) -> Result<u64, String> {
        self.world.network = Network::GOOD;
        if self.members.len() < 2 {
            self.members = vec![0, 1];
        }
        for at in 0..self.world.nodes.len() {
            self.world.nodes[at].cut_off = false;
            if self.world.nodes[at].tab.is_none() {
                self.world.open_tab(at);
            }
        }
        self.tell_story(&format!("healed, members {:?}", self.members));
        for at in self.members.clone() {
            self.tell(at)?;
        }
        let start = self.world.now;
        while !self.world.converged(&self.members) {
            if self.world.now.since(start) >= HEALS_WITHIN {
                return Err("no convergence".to_owned());
            }
            self.pass(50)?;
        }
        let took = self.world.now.since(start);
        self.stays_healed()?;
        Ok(took)
    }

    /// Afterwards it stays so, strangers open nothing, and all has been said.
    fn stays_healed(&mut self) -> Result<(), String> {
        self.pass(20_000)?;
        let said = self.between_members();
        self.pass(20_000)?;
        if !self.world.converged(&self.members) {
            return Err("it did not last".to_owned());
        }
        if self.between_members() != said {
            return Err("members still talk".to_owned());
        }
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

    fn between_members(&self) -> usize {
        let member = |at| self.members.contains(&at);
        self.world.seen.iter().filter(|p| member(p.from) && member(p.to)).count()
    }

    /// Somebody joins or leaves, or many do; devices hear of it at different times or not at all.
    fn change_members(&mut self) -> Result<(), String> {
        let devices = self.world.nodes.len() - 1;
        let drawn = self.world.rng.next_u32() as usize;
        let mut members = self.members.clone();
        if members.len() < 2 || self.world.chance(30) {
            members = (0..devices).filter(|at| drawn >> at & 1 == 1).collect();
        } else if let Some(at) = members.iter().position(|&at| at == drawn % devices) {
            members.remove(at);
        } else {
            members.push(drawn % devices);
        }
        self.members = members;
        self.tell_story(&format!("members {:?}", self.members));
        for at in self.members.clone() {
            if self.world.chance(90) {
                self.tell(at)?;
            }
        }
        Ok(())
    }

    fn tell_somebody(&mut self) -> Result<(), String> {
        let at = self.somebody();
        match self.members.contains(&at) {
            true => self.tell(at),
            false => Ok(()), // who was removed need not hear of it
        }
    }

    fn tell(&mut self, at: usize) -> Result<(), String> {
        if self.world.nodes[at].tab.is_none() {
            return Ok(());
        }
        self.tell_story(&format!("{at} is told"));
        self.ledger.check(&mut self.world)?;
        self.ledger.told(at, &self.members, self.world.now);
        self.world.tell(at, &self.members);
        self.ledger.check(&mut self.world)
    }

    fn reload(&mut self) -> Result<(), String> {
        let at = self.somebody();
        self.tell_story(&format!("{at} reloads"));
        self.drop_tab(at)?;
        let before = self.ledger.roster(at);
        self.world.open_tab(at);
        let knows = if before.is_empty() || self.members.contains(&at) {
            self.members.clone()
        } else {
            before
        };
        self.ledger.told(at, &knows, self.world.now);
        self.world.tell(at, &knows);
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let at = self.somebody();
        self.tell_story(&format!("{at} closes its tab"));
        self.drop_tab(at)
    }

    fn drop_tab(&mut self, at: usize) -> Result<(), String> {
        self.ledger.check(&mut self.world)?;
        self.world.close_tab(at);
        self.ledger.reloaded(at);
        Ok(())
    }

    fn cut_off(&mut self) -> Result<(), String> {
        let at = self.somebody();
        let node = &mut self.world.nodes[at];
        node.cut_off = !node.cut_off;
        let story = format!("{at} is cut off: {}", node.cut_off);
        self.tell_story(&story);
        Ok(())
    }

    fn rotate(&mut self) -> Result<(), String> {
        let at = self.somebody();
        self.tell_story(&format!("{at} rotates"));
        self.ledger.rotated(at);
        // Refused before the first roster.
        let _ = self.world.input(at, Input::Rotate);
        Ok(())
    }

    fn replay(&mut self) -> Result<(), String> {
        let Some(packet) = self.some_packet() else { return Ok(()) };
        self.tell_story(&format!("the server repeats {}", shown(&packet)));
        self.world.deliver(&packet);
        Ok(())
    }

    fn bend(&mut self) -> Result<(), String> {
        let Some(mut packet) = self.some_packet() else { return Ok(()) };
        let place = self.world.below(packet.bytes.len() as u64) as usize;
        packet.bytes[place] ^= 1 << self.world.below(8);
        self.tell_story(&format!("the server bends byte {place} of {}", shown(&packet)));
        self.world.deliver(&packet);
        Ok(())
    }

    /// A message for somebody else, or under somebody else's name.
    fn swap(&mut self) -> Result<(), String> {
        let Some(mut packet) = self.some_packet() else { return Ok(()) };
        match self.world.chance(50) {
            true => packet.to = self.somebody(),
            false => packet.from = self.somebody(),
        }
        self.tell_story(&format!("the server makes it {}", shown(&packet)));
        self.world.deliver(&packet);
        Ok(())
    }

    /// A message of a member with another's signature.
    fn forge(&mut self) -> Result<(), String> {
        let Some(mut packet) = self.some_packet() else { return Ok(()) };
        let (signer, signed) = (self.somebody(), packet.bytes.len() - 64);
        let serial = self.world.now.0 + 10_000;
        packet.bytes[51..59].copy_from_slice(&serial.to_be_bytes());
        let message = [b"sealframe/1 key message", &packet.bytes[..signed]].concat();
        if self.world.nodes[signer].device.id() == self.world.nodes[packet.from].device.id() {
            return Ok(());
        }
        let signature = self.world.nodes[signer].device.sign(&message);
        packet.bytes[signed..].copy_from_slice(&signature);
        self.tell_story(&format!("{signer} forges {}", shown(&packet)));
        self.world.deliver(&packet);
        Ok(())
    }

    fn pass(&mut self, ms: u64) -> Result<(), String> {
        let end = self.world.now.plus(ms);
        while self.world.now < end {
            self.world.run(end.since(self.world.now).min(100));
            self.ledger.check(&mut self.world)?;
        }
        Ok(())
    }

    fn somebody(&mut self) -> usize {
        self.world.below(DEVICES) as usize
    }

    fn some_packet(&mut self) -> Option<Packet> {
        let at = self.world.below(self.world.seen.len() as u64) as usize;
        self.world.seen.get(at).cloned()
    }

    fn tell_story(&mut self, what: &str) {
        let at = self.world.now.since(common::world::START);
        let _ = writeln!(self.story, "{at:>7} ms  {what}");
    }
}

fn shown(packet: &Packet) -> String {
    let kind = ["", "envelope", "ack", "request"][usize::from(packet.bytes[1] & 3)];
    format!("{kind} {} -> {}", packet.from, packet.to)
}
