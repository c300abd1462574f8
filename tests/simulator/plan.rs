//! The parts of a call that its seed determines before it begins.

use crate::common::device::{Curve, Device};
use crate::common::world::Network;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sealframe::envelope::Suite;
use std::ops::Range;

/// Number of participants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 2 to 9 devices: most of the possible events happen there.
    Small,
    /// 10 to 50.
    Medium,
    /// 200.
    Large,
}

/// The faults of network and server in a call.
#[derive(Clone, Copy, Debug)]
pub struct Temper {
    /// Nothing is lost or late: then members that stay must not miss a frame.
    pub calm: bool,
    pub malicious: bool,
}

pub struct Plan {
    pub size: Size,
    /// The participants, members or not. The last one is never a member.
    pub devices: Vec<Device>,
    /// The owners of their devices.
    pub persons: Vec<Range<usize>>,
    pub temper: Temper,
    pub network: Network,
    pub host_tasks: (u64, u64),
    pub steps: u64,
    /// The same devices were in an earlier call, which the server has recorded.
    pub before: Option<Before>,
}

/// The earlier call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    OtherCall,
    SameCall,
}

/// Draws random numbers.
pub struct Draw(ChaCha20Rng);

impl Draw {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut draw = Draw(ChaCha20Rng::seed_from_u64(seed ^ 0x7365_616c));
        let (size, members) = size(seed, &mut draw);
        let calm = draw.chance(20);
        let temper = Temper { calm, malicious: draw.chance(60) };
        let slow = !calm && draw.chance(35);
        Self {
            size,
            devices: devices(size, members, &mut draw),
            persons: persons(members as usize, &mut draw),
            temper,
            network: if calm { Network::GOOD } else { network(&mut draw) },
            host_tasks: if slow { (0, 400) } else { (1, 4) },
            steps: [24, 10, 4][size as usize],
            before: before(size, temper, &mut draw),
        }
    }

    /// Number of devices that may be members.
    pub fn members(&self) -> usize {
        self.devices.len() - 1
    }
}

/// Of 2,500 seeds one has 200 members, and 36 have 10 to 50.
fn size(seed: u64, draw: &mut Draw) -> (Size, u64) {
    match seed % 2_500 {
        1_250 => (Size::Large, 200),
        n if n % 70 == 35 => (Size::Medium, 10 + draw.below(41)),
        _ => (Size::Small, 2 + draw.below(8)),
    }
}

fn devices(size: Size, members: u64, draw: &mut Draw) -> Vec<Device> {
    let real = size == Size::Small && draw.below(250) == 0;
    let curve = if real { Curve::Real } else { Curve::FakeCurve };
    let hybrid = hybrid(size, draw.below(20));
    let legacy = [0, 25][draw.below(2) as usize];
    let suite = |draw: &mut Draw| match draw.below(100) {
        n if n < legacy => Suite::Rsa,
        n if n >= 100 - hybrid => Suite::MlKem768P256,
        _ => Suite::P256,
    };
    (0..=members).map(|number| Device::of(number, suite(draw), curve)).collect()
}

/// Percentage of hybrid devices. Usually small, because ML-KEM is real and takes time.
fn hybrid(size: Size, drawn: u64) -> u64 {
    match (size, drawn) {
        (Size::Small, 0) => 100,
        (Size::Small, 1..4) => 30,
        (Size::Medium, 0..4) => 10,
        _ => 0,
    }
}

/// Most people have one device.
fn persons(members: usize, draw: &mut Draw) -> Vec<Range<usize>> {
    let mut persons = Vec::new();
    let mut first = 0;
    while first < members {
        let end = members.min(first + [1, 1, 1, 2, 3][draw.below(5) as usize]);
        persons.push(first..end);
        first = end;
    }
    persons
}

fn network(draw: &mut Draw) -> Network {
    let slowest = 40 + draw.below(1_500);
    let (loss, duplicates) = (draw.below(40), draw.below(40));
    Network { delay: (1, slowest), loss, duplicates }
}

fn before(size: Size, temper: Temper, draw: &mut Draw) -> Option<Before> {
    let drawn = draw.below(8);
    let kinds = [Before::OtherCall, Before::SameCall, Before::SameCall];
    let kind = kinds.get(drawn as usize).copied();
    kind.filter(|_| temper.malicious && size == Size::Small)
}
