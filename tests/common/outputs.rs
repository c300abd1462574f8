//! What a session asks of its host.

use super::device;
use super::world::World;
use sealframe::Error;
use sealframe::session::{Input, Output, Ticket};

/// The signatures to verify, and whether each is genuine.
pub fn verify_of(outputs: &[Output]) -> Vec<(Ticket, bool)> {
    let verdict = |output: &Output| match output {
        Output::Verify { ticket, public, signature, bytes } => {
            Some((*ticket, device::verify(public, signature, bytes) == Some(true)))
        }
        _ => None,
    };
    outputs.iter().filter_map(verdict).collect()
}

/// Delivers a message, and returns what the session of device `at` asks then.
pub fn receive(world: &mut World, at: usize, bytes: &[u8]) -> Vec<Output> {
    world.ask(at, Input::Receive { bytes, from: None })
}

/// The reasons why messages were refused.
pub fn refused(outputs: &[Output]) -> Vec<Error> {
    let code = |output: &Output| match output {
        Output::Refused { code, .. } => Some(*code),
        _ => None,
    };
    outputs.iter().filter_map(code).collect()
}
