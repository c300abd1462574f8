//! The events of a call.

use crate::common::world::Network;
use crate::run::Run;
use sealframe_mls::faults::Fault;
use sealframe_mls::group::Input;

pub type Step = fn(&mut Run) -> Result<(), String>;

/// Each is drawn with the same chance.
pub const STEPS: &[Step] = &[
    change_members,
    change_members,
    change_members,
    tell_somebody,
    reload,
    stop,
    part,
    part,
    rotate,
    rotate,
    all_rotate,
    die_in_a_commit,
    replay,
    replay,
    bend,
    misdeliver,
    garble,
    betray,
    weather,
    sleep,
];

/// A device joins or leaves, and most members hear of it.
fn change_members(run: &mut Run) -> Result<(), String> {
    let at = run.somebody();
    match run.members.iter().position(|member| *member == at) {
        Some(place) => drop(run.members.remove(place)),
        None => {
            run.members.push(at);
            if run.world.nodes[at].member.is_none() {
                run.begin(at);
            }
        }
    }
    run.tell_story(&format!("members {:?}", run.members));
    for at in run.members.clone() {
        if run.world.chance(85) {
            run.tell(at)?;
        }
        if run.world.chance(20) {
            run.pass(30)?;
        }
    }
    Ok(())
}

fn tell_somebody(run: &mut Run) -> Result<(), String> {
    let at = run.somebody();
    if run.members.contains(&at) { run.tell(at) } else { Ok(()) }
}

/// The device starts again without anything of its earlier stay.
fn reload(run: &mut Run) -> Result<(), String> {
    let at = run.somebody();
    run.tell_story(&format!("{at} reloads"));
    run.begin(at);
    if run.members.contains(&at) { run.tell(at) } else { Ok(()) }
}

fn stop(run: &mut Run) -> Result<(), String> {
    let at = run.somebody();
    run.tell_story(&format!("{at} is gone"));
    run.checks.left(at, &run.world);
    run.world.stop(at);
    Ok(())
}

/// The network falls into two parts, or is one again.
fn part(run: &mut Run) -> Result<(), String> {
    let parts = 1 + run.world.below(2);
    for at in 0..run.world.nodes.len() {
        run.world.nodes[at].part = run.world.below(parts) as u8;
    }
    let parts: Vec<_> = run.world.nodes.iter().map(|node| node.part).collect();
    run.tell_story(&format!("the network's parts: {parts:?}"));
    Ok(())
}

fn rotate(run: &mut Run) -> Result<(), String> {
    let at = run.somebody();
    run.tell_story(&format!("{at} rotates"));
    let _ = run.world.input(at, Input::Rotate); // refused without a group
    run.checks.look(&run.world)
}

fn all_rotate(run: &mut Run) -> Result<(), String> {
    run.tell_story("all rotate");
    for at in 0..run.world.nodes.len() {
        let _ = run.world.input(at, Input::Rotate);
    }
    run.checks.look(&run.world)
}

/// Some members get the device's next commit, then the device is gone.
fn die_in_a_commit(run: &mut Run) -> Result<(), String> {
    let at = run.somebody();
    run.tell_story(&format!("{at} will die in a commit"));
    run.world.nodes[at].dies = true;
    let _ = run.world.input(at, Input::Rotate);
    run.checks.look(&run.world)
}

/// The server sends old messages again.
fn replay(run: &mut Run) -> Result<(), String> {
    for _ in 0..8 {
        let Some(packet) = run.any_packet() else { return Ok(()) };
        let _ = run.world.deliver(packet.to, &packet.bytes);
    }
    run.tell_story("eight messages are replayed");
    run.checks.look(&run.world)
}

/// The server changes a bit of each message.
fn bend(run: &mut Run) -> Result<(), String> {
    if !run.plan.malicious {
        return Ok(());
    }
    for _ in 0..8 {
        let Some(mut packet) = run.any_packet() else { return Ok(()) };
        let bit = run.world.below(packet.bytes.len() as u64 * 8) as usize;
        packet.bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = run.world.deliver(packet.to, &packet.bytes);
    }
    run.tell_story("eight messages are bent");
    run.checks.look(&run.world)
}

/// The server delivers messages to other devices.
fn misdeliver(run: &mut Run) -> Result<(), String> {
    if !run.plan.malicious {
        return Ok(());
    }
    for _ in 0..8 {
        let Some(packet) = run.any_packet() else { return Ok(()) };
        let to = run.somebody();
        let _ = run.world.deliver(to, &packet.bytes);
    }
    run.tell_story("eight messages are delivered to others");
    run.checks.look(&run.world)
}

/// The server makes a message of the halves of two.
fn garble(run: &mut Run) -> Result<(), String> {
    if !run.plan.malicious {
        return Ok(());
    }
    let (Some(one), Some(other)) = (run.any_packet(), run.any_packet()) else { return Ok(()) };
    let half = one.bytes.len().min(other.bytes.len()) / 2;
    let bytes = [&one.bytes[..half], &other.bytes[half..]].concat();
    let _ = run.world.deliver(one.to, &bytes);
    run.checks.look(&run.world)
}

/// A member makes commits that some of the others cannot open, until the call heals.
fn betray(run: &mut Run) -> Result<(), String> {
    let at = run.somebody();
    let honest = run.world.nodes[at].fault.is_none();
    if !run.plan.malicious || run.traitor.is_some() || run.members.len() < 3 || !honest {
        return Ok(());
    }
    run.tell_story(&format!("{at} is not honest any more"));
    run.traitor = Some(at);
    run.world.nodes[at].fault = Some(Fault::SealNonsense);
    let _ = run.world.input(at, Input::Rotate);
    run.checks.look(&run.world)
}

fn weather(run: &mut Run) -> Result<(), String> {
    let stormy = run.world.chance(50);
    run.world.network = if stormy { run.plan.network } else { Network::GOOD };
    Ok(())
}

/// Nothing happens for 12 seconds or 11 minutes.
fn sleep(run: &mut Run) -> Result<(), String> {
    let long = run.plan.devices <= 4 && run.world.chance(10);
    run.pass(if long { 11 * 60_000 } else { 12_000 })
}

impl Run {
    pub fn somebody(&mut self) -> usize {
        self.world.below(self.world.nodes.len() as u64) as usize
    }

    fn any_packet(&mut self) -> Option<crate::common::world::Packet> {
        let count = self.world.seen.len() as u64;
        if count == 0 {
            return None;
        }
        let at = self.world.below(count) as usize;
        self.world.seen.get(at).cloned()
    }
}
