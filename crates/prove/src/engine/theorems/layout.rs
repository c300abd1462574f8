//! The places in which the engine keeps a state, written a second time for the theorems.

use crate::engine::vector::{Planes, V};
use crate::graph::{Bit, inputs};
use crate::spec::fips197::State;
use crate::spec::{octet, xor};
use std::array::from_fn;

/// The state byte in each lane while `lag` ShiftRows are still to be done: row r of column c is in
/// lane 4 r + (c + lag r) mod 4.
fn byte_of_lane(lane: usize, lag: usize) -> usize {
    let (row, place) = (lane / 4, lane % 4);
    let column = (place + 4 * row - lag % 4 * row) % 4;
    row + 4 * column
}

/// The bytes of a state in their lanes.
pub(super) fn lanes(state: State, lag: usize) -> V {
    let bits = |i: usize| state[byte_of_lane(i / 8, lag)][i % 8];
    V::from_bits(from_fn(bits))
}

/// The state whose bytes are in these lanes.
pub(super) fn state(lanes: V, lag: usize) -> State {
    let bits = lanes.bits();
    let mut state = [octet(0); 16];
    for lane in 0..16 {
        state[byte_of_lane(lane, lag)] = from_fn(|bit| bits[8 * lane + bit]);
    }
    state
}

/// Bit planes: bit k of lane l of plane b is bit b of the byte in lane l of block k.
pub(super) fn planes(blocks: [State; 8], lag: usize) -> Planes {
    let lanes = blocks.map(|block| lanes(block, lag).bits());
    from_fn(|plane| V::from_bits(from_fn(|i| lanes[i % 8][i / 8 * 8 + plane])))
}

/// The eight states of bit planes.
pub(super) fn blocks(planes: Planes, lag: usize) -> [State; 8] {
    let planes = planes.map(V::bits);
    from_fn(|k| state(V::from_bits(from_fn(|i| planes[i % 8][i / 8 * 8 + k])), lag))
}

/// A round key as the rounds expect it: with 0x63 from the first round on, since the circuit of the
/// S-box leaves that out.
pub(super) fn with_constant(key: State) -> State {
    key.map(|byte| xor(byte, octet(0x63)))
}

/// A state of inputs.
pub(super) fn any_state() -> State {
    from_fn(|_| inputs())
}

/// All bits of some states.
pub(super) fn flat(states: &[State]) -> Vec<Bit> {
    states.as_flattened().as_flattened().to_vec()
}
