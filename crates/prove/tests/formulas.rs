//! The graph, and the ways to compare two functions: what the proofs rest on.

use prove::aiger::encode;
use prove::cone::{Cone, substitute, support};
use prove::goal::{Goal, Method};
use prove::graph::{self, Bit, inputs, numbers};
use prove::simulate::random;

/// Thousands of random gates over four inputs, beside their truth tables.
#[test]
fn gates_compute_what_their_truth_tables_say() {
    graph::clear();
    let inputs: [Bit; 4] = inputs();
    let tables = [0xaaaa, 0xcccc, 0xf0f0, 0xff00_u16];
    let mut known: Vec<(Bit, u16)> = inputs.into_iter().zip(tables).collect();
    known.extend([(Bit::ZERO, 0), (Bit::ONE, 0xffff)]);
    let mut state = 7;
    for _ in 0..5000 {
        let [(a, x), (b, y)] = [0; 2].map(|_| known[random(&mut state) as usize % known.len()]);
        let next = match random(&mut state) % 4 {
            0 => (a & b, x & y),
            1 => (a ^ b, x ^ y),
            2 => (a | b, x | y),
            _ => (!a, !x),
        };
        known.push(next);
    }
    let bits: Vec<Bit> = known.iter().map(|(bit, _)| *bit).collect();
    let cone = Cone::over(&support(&inputs), &bits);
    let values = cone.evaluate(&tables.map(|table| [table.into(), 0, 0, 0]));
    for (value, (bit, table)) in values.iter().zip(&known) {
        assert_eq!(value[0] as u16, *table, "{bit:?}");
    }
}

#[test]
fn substitution_replaces_inputs_and_gates() {
    graph::clear();
    let [a, b, c, d] = inputs();
    let sum = (a & b) ^ !c;
    assert_eq!(substitute(&[sum], &[(c, !d)]), [(a & b) ^ d]);
    assert_eq!(substitute(&[sum], &[(!(a & b), d)]), [!d ^ !c]);
}

#[test]
fn each_method_holds_for_equal_functions() {
    graph::clear();
    let [a, b, c, d] = inputs();
    let same = |method, left, right| Goal::new("", method, &[left], &[right]).prove().is_ok();
    assert!(same(Method::Same, a ^ b, b ^ a));
    assert!(same(Method::Affine, a ^ (b ^ !c), (a ^ b) ^ !c));
    let cells = vec![numbers(&[a, b]), numbers(&[c, d])];
    assert!(same(Method::AllValues(cells), a | b, (a ^ b) ^ (a & b)));
    let first = numbers(&[a, b]);
    assert!(same(Method::Bilinear(first), (a ^ b) & (c ^ d), (a & (d ^ c)) ^ (b & (c ^ d))));
}

#[test]
fn each_method_fails_for_functions_that_differ_in_one_place() {
    graph::clear();
    let [a, b, c, d] = inputs();
    let differ = |method, left, right| Goal::new("", method, &[left], &[right]).prove().is_err();
    assert!(differ(Method::Same, a ^ b, a ^ c));
    assert!(differ(Method::Affine, a ^ b, a ^ b ^ c));
    assert!(differ(Method::Affine, a ^ b, !(a ^ b)));
    assert!(differ(Method::AllValues(vec![numbers(&[a, b])]), a | b, a ^ b));
    assert!(differ(Method::Bilinear(numbers(&[a, b])), a & c, (a & c) ^ (b & d)));
}

#[test]
fn no_method_accepts_functions_outside_its_class() {
    graph::clear();
    let [a, b, c, d] = inputs();
    let refuses = |method, bit: Bit| Goal::new("", method, &[bit], &[bit]).prove().is_err();
    assert!(refuses(Method::Affine, a & b));
    assert!(refuses(Method::AllValues(vec![numbers(&[a, b]), numbers(&[c, d])]), a & c));
    assert!(refuses(Method::AllValues(vec![numbers(&[a])]), a & b));
    assert!(refuses(Method::Bilinear(numbers(&[a, b])), a & b));
    assert!(refuses(Method::Bilinear(numbers(&[a, b])), (a & c) ^ a));
    assert!(refuses(Method::Bilinear(numbers(&[a, b])), !(a & c)));
}

/// The format's own example: the conjunction of two inputs is one AND, two differences of 2.
#[test]
fn aiger_files_are_those_of_the_format() {
    graph::clear();
    let [a, b] = inputs();
    let file = |bit: Bit| encode(&Cone::over(&support(&[a, b]), &[bit]));
    assert_eq!(file(a & b), b"aig 3 2 0 1 1\n6\n\x02\x02");
    assert_eq!(file(!a), b"aig 2 2 0 1 0\n3\n");
    assert_eq!(file(a ^ b), b"aig 5 2 0 1 3\n11\n\x01\x03\x04\x01\x01\x02");
}
