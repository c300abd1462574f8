//! Formulas on values, 256 assignments at a time.

use crate::cone::{Cone, Edge, Gate, Values};
use std::array::from_fn;

/// Assignments of one evaluation.
const BATCH: usize = 256;

/// Times 256 random assignments that look for a difference.
const ROUNDS: usize = 4;

/// Input `bit` of the assignments `256 batch` to `256 batch + 255`, if they count.
fn counting(batch: usize, bit: usize) -> Values {
    let number = |word: usize, i: usize| BATCH * batch + 64 * word + i;
    from_fn(|word| (0..64).fold(0, |all, i| all | ((number(word, i) >> bit & 1) as u64) << i))
}

/// 1 in one assignment, 0 in the others.
fn single(assignment: usize) -> Values {
    from_fn(|word| if assignment / 64 == word { 1 << (assignment % 64) } else { 0 })
}

/// Whether two functions agree on all values, if no output depends on two cells of inputs.
///
/// # Errors
/// An output does depend on two cells, or a cell has more than 16 inputs.
pub fn agree_on_cells(left: &Cone, right: &Cone, cells: &[Vec<usize>]) -> Result<bool, String> {
    for cone in [left, right] {
        check_cells(cone, cells)?;
    }
    let largest = cells.iter().map(Vec::len).max().unwrap_or(0);
    Ok((0..(1_usize << largest).div_ceil(BATCH)).all(|batch| {
        let mut inputs = vec![[0; 4]; left.inputs.len()];
        for cell in cells {
            cell.iter().enumerate().for_each(|(bit, place)| inputs[*place] = counting(batch, bit));
        }
        left.evaluate(&inputs) == right.evaluate(&inputs)
    }))
}

/// Whether two sums of inputs agree: on zero and on each single input.
///
/// # Errors
/// One of them is no sum of inputs.
pub fn agree_on_basis(left: &Cone, right: &Cone) -> Result<bool, String> {
    if !left.is_affine() || !right.is_affine() {
        return Err("an AND is in what should be a sum of inputs".into());
    }
    let places: Vec<usize> = (0..left.inputs.len()).collect();
    // The first assignment of each batch is zero.
    Ok(places.chunks(BATCH - 1).chain([&[][..]]).all(|chunk| {
        let mut inputs = vec![[0; 4]; left.inputs.len()];
        chunk.iter().zip(1..).for_each(|(place, bit)| inputs[*place] = single(bit));
        left.evaluate(&inputs) == right.evaluate(&inputs)
    }))
}

/// Whether two sums of products agree: on each product of an input in `first` with one outside.
///
/// # Errors
/// One of them is no sum of such products.
pub fn agree_on_basis_pairs(left: &Cone, right: &Cone, first: &[usize]) -> Result<bool, String> {
    for cone in [left, right] {
        check_bilinear(cone, first)?;
    }
    let second: Vec<usize> = (0..left.inputs.len()).filter(|i| !first.contains(i)).collect();
    Ok(first.iter().all(|one| {
        second.chunks(BATCH).all(|chunk| {
            let mut inputs = vec![[0; 4]; left.inputs.len()];
            inputs[*one] = [u64::MAX; 4];
            chunk.iter().enumerate().for_each(|(bit, place)| inputs[*place] = single(bit));
            left.evaluate(&inputs) == right.evaluate(&inputs)
        })
    }))
}

/// Whether random assignments show that two functions differ.
pub fn differ_somewhere(left: &Cone, right: &Cone) -> bool {
    let mut state = 1;
    (0..ROUNDS).any(|_| {
        let mut values = || from_fn(|_| random(&mut state));
        let inputs: Vec<Values> = left.inputs.iter().map(|_| values()).collect();
        left.evaluate(&inputs) != right.evaluate(&inputs)
    })
}

/// SplitMix64 (S. Vigna): a run is the same each time.
pub fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// Each value is labelled with the cell that it depends on.
fn check_cells(cone: &Cone, cells: &[Vec<usize>]) -> Result<(), String> {
    if cells.iter().any(|cell| cell.len() > 16) {
        return Err("a cell has more than 16 inputs".into());
    }
    let mut labels: Vec<Option<usize>> = vec![None; 1 + cone.inputs.len()];
    for (number, cell) in cells.iter().enumerate() {
        cell.iter().for_each(|place| labels[1 + place] = Some(number));
    }
    if labels[1..].contains(&None) {
        return Err("an input is in no cell".into());
    }
    for gate in &cone.gates {
        let (Gate::And(a, b) | Gate::Xor(a, b)) = gate;
        let label = match (labels[a.value()], labels[b.value()]) {
            (Some(a), Some(b)) if a != b => return Err("two cells meet".into()),
            (a, b) => a.or(b),
        };
        labels.push(label);
    }
    Ok(())
}

/// What a value is a sum of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sum {
    Nothing,
    First,
    Second,
    Products,
}

/// Each value is a sum of inputs of one side, or of products of both. A negated edge would add 1,
/// which is neither.
fn check_bilinear(cone: &Cone, first: &[usize]) -> Result<(), String> {
    let mut sums = vec![Sum::Nothing];
    let side = |place| if first.contains(&place) { Sum::First } else { Sum::Second };
    sums.extend((0..cone.inputs.len()).map(side));
    for gate in &cone.gates {
        let (Gate::And(a, b) | Gate::Xor(a, b)) = gate;
        let sum = match (gate, sums[a.value()], sums[b.value()]) {
            _ if a.is_negated() || b.is_negated() => {
                return Err("a negation in a sum of products".into());
            }
            (Gate::Xor(..), a, b) if a == b => a,
            (Gate::And(..), Sum::First, Sum::Second) => Sum::Products,
            (Gate::And(..), Sum::Second, Sum::First) => Sum::Products,
            _ => return Err("a gate that makes no sum of products".into()),
        };
        sums.push(sum);
    }
    let is_fine = |edge: &Edge| {
        !edge.is_negated() && matches!(sums[edge.value()], Sum::Products | Sum::Nothing)
    };
    if cone.outputs.iter().all(is_fine) {
        Ok(())
    } else {
        Err("an output that is no sum of products".into())
    }
}
