//! The events of a call: members come and go, tabs and stores are lost, clocks jump, the network
//! partitions.

use crate::plan::{Size, Temper};
use crate::run::Run;
use crate::server;
use rand_core::Rng;
use sealframe::Error;
use sealframe::session::Input;

pub type Step = fn(&mut Run) -> Result<(), String>;

/// At most this number of devices joins within one second.
const BURST: usize = 100;
const HOUR: u64 = 60 * 60 * 1_000;
/// Clocks are off by at most this time, in milliseconds.
const MONTHS: u64 = 200 * 24 * HOUR;

/// The possible events. An event that is listed more often is more frequent.
pub fn steps(temper: Temper) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![
        Run::change_members,
        Run::change_members,
        Run::change_members,
        Run::tell_somebody,
        Run::reload,
        Run::close,
        Run::rotate,
        Run::burst,
        Run::install_again,
        |_| Ok(()),
    ];
    if !temper.calm {
        let faults: [Step; 7] = [
            Run::cut_off,
            Run::cut_off,
            Run::part,
            Run::part,
            Run::jump,
            Run::reload_at_another_time,
            Run::reload_at_another_time,
        ];
        steps.extend(faults);
    }
    if temper.malicious {
        steps.extend(server::STEPS);
    }
    steps
}

impl Run {
    /// A person joins or leaves with all devices, or loses one, or many come and go at once.
    /// Applications learn of it at different times or not at all.
    pub fn change_members(&mut self) -> Result<(), String> {
        let person = self.world.below(self.persons.len() as u64) as usize;
        let person = self.persons[person].clone();
        let here = person.clone().filter(|at| self.members.contains(at)).count();
        if self.members.len() < 2 || self.world.chance(20) {
            self.draw_members();
        } else if here > 1 && self.world.chance(40) {
            let lost = person.start + self.world.below(here as u64) as usize;
            self.members.retain(|&at| at != lost);
        } else if here > 0 {
            self.members.retain(|at| !person.contains(at));
        } else {
            self.members.extend(person);
        }
        self.announce()
    }

    fn draw_members(&mut self) {
        let devices = self.world.nodes.len() - 1;
        // Most members of a large call stay: a call of two hundred should have two hundred.
        let share = if self.size == Size::Small { 50 } else { 90 };
        self.members = (0..devices).filter(|_| self.world.chance(share)).collect();
    }

    fn announce(&mut self) -> Result<(), String> {
        self.tell_story(&format!("members {:?}", self.members));
        for at in self.members.clone() {
            if self.world.chance(90) {
                self.tell(at)?;
            }
        }
        Ok(())
    }

    pub fn tell_somebody(&mut self) -> Result<(), String> {
        let at = self.somebody();
        match self.members.contains(&at) {
            true => self.tell(at),
            false => Ok(()), // the removed device need not learn of it
        }
    }

    /// Many devices join within a second, and applications learn of each separately.
    pub fn burst(&mut self) -> Result<(), String> {
        let devices = self.world.nodes.len() - 1;
        let joining = (0..devices).filter(|at| !self.members.contains(at));
        let joining: Vec<_> = joining.take(BURST).collect();
        self.tell_story(&format!("a burst of {}", joining.len()));
        self.count("bursts");
        let pause = 900 / (joining.len() as u64 + 1);
        // In a call of two hundred only some applications learn of each: the cost is already
        // quadratic.
        let listeners = if self.size == Size::Large { 4 } else { usize::MAX };
        for at in joining {
            self.members.push(at);
            for to in self.members.iter().copied().take(listeners).collect::<Vec<_>>() {
                self.tell(to)?;
            }
            self.world.run(pause);
        }
        self.announce()
    }

    pub fn reload(&mut self) -> Result<(), String> {
        let at = self.somebody();
        self.reload_one(at)
    }

    /// A tab returns. No state of a call is stored, so it does not matter whether the store is
    /// lost.
    pub fn reload_one(&mut self, at: usize) -> Result<(), String> {
        self.tell_story(&format!("{at} reloads"));
        self.count("reloads");
        self.restart(at, |_| {})
    }

    /// A tab is gone. It returns with a reload, or when everything heals.
    pub fn close(&mut self) -> Result<(), String> {
        let at = self.somebody();
        self.tell_story(&format!("{at} closes its tab"));
        self.count("closed");
        self.drop_tab(at)
    }

    pub fn restart(&mut self, at: usize, meanwhile: impl FnOnce(&mut Self)) -> Result<(), String> {
        let before = self.ledger.roster(at);
        self.drop_tab(at)?;
        meanwhile(self);
        self.world.open_tab(at);
        let nobody = before == Default::default();
        match nobody || self.members.contains(&at) {
            true => self.tell(at),
            false => self.tell_of(at, &before.iter().collect::<Vec<_>>()),
        }
    }

    fn drop_tab(&mut self, at: usize) -> Result<(), String> {
        self.check_one(at)?;
        self.world.close_tab(at);
        self.ledger.reloaded(at, self.world.now);
        self.flow.reloaded(at);
        Ok(())
    }

    fn cut_off(&mut self) -> Result<(), String> {
        let at = self.somebody();
        let node = &mut self.world.nodes[at];
        node.cut_off = !node.cut_off;
        let story = format!("{at} is cut off: {}", node.cut_off);
        self.count("cut off");
        self.tell_story(&story);
        Ok(())
    }

    /// The network splits into up to three parts, or heals.
    fn part(&mut self) -> Result<(), String> {
        let parts = 1 + self.world.below(3);
        for at in 0..self.world.nodes.len() {
            self.world.nodes[at].group = self.world.below(parts) as u8;
        }
        self.count("partitions");
        let groups: Vec<_> = self.world.nodes.iter().map(|node| node.group).collect();
        self.tell_story(&format!("the network's parts: {groups:?}"));
        Ok(())
    }

    /// A device slept: its clock leaps forward while its tab is open.
    fn jump(&mut self) -> Result<(), String> {
        let at = self.somebody();
        let longest = [30_000, HOUR, 26 * HOUR][self.world.below(3) as usize];
        let ms = self.world.below(longest) as i64;
        self.jump_by(at, ms);
        Ok(())
    }

    /// A reload with a clock that was set forward or back, by up to months.
    fn reload_at_another_time(&mut self) -> Result<(), String> {
        let at = self.somebody();
        let ms = self.world.below(2 * MONTHS) as i64 - MONTHS as i64;
        let before = self.world.nodes[at].ahead; // no clock may show a time before 1970
        self.restart(at, |run| run.jump_by(at, ms - before))
    }

    fn jump_by(&mut self, at: usize, ms: i64) {
        self.world.jump(at, ms);
        self.count("clock jumps");
        self.tell_story(&format!("the clock of {at} jumps by {ms} ms"));
    }

    pub fn rotate(&mut self) -> Result<(), String> {
        let at = self.somebody();
        self.tell_story(&format!("{at} rotates"));
        self.ledger.rotated(at);
        // Refused before the first roster.
        let _ = self.world.input(at, Input::Rotate);
        Ok(())
    }

    /// Installs keys that a device has, or had, once more at both ends: no counter starts again.
    pub fn install_again(&mut self) -> Result<(), String> {
        let at = self.somebody();
        self.check_one(at)?;
        let keys = self.holdings.keys_of(&self.world, at);
        let Some((to, key)) = self.any(keys) else { return Ok(()) };
        self.tell_story(&format!("{at} and {to} install {:?} again", key.kid));
        self.count("re-installs");
        let visit = self.world.nodes[at].visits;
        let used = self.holdings.sealed_by(at).iter();
        let used = used.filter(|sealed| sealed.visit == visit).any(|s| s.kid == key.kid.kid());
        let Some(tab) = self.world.nodes[at].tab.as_mut().filter(|_| used) else { return Ok(()) };
        let current = tab.end.ring.own_kid() == Some(key.kid.kid());
        let expected = if current { Ok(()) } else { Err(Error::CounterExhausted) };
        match tab.end.ring.install_own(key.kid.kid(), &key.base_key) == expected {
            true => self.check_one(at),
            false => Err(format!("{at} installed a key again that it had left")),
        }
    }

    pub fn somebody(&mut self) -> usize {
        self.world.below(self.world.nodes.len() as u64) as usize
    }

    fn any<T>(&mut self, mut of: Vec<T>) -> Option<T> {
        let at = (self.world.rng.next_u32() as usize).checked_rem(of.len())?;
        Some(of.swap_remove(at))
    }
}
