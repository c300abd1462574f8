//! SubBytes.

use super::Theorem;
use crate::engine::sbox::sub_bytes;
use crate::engine::vector::V;
use crate::goal::{Goal, Method};
use crate::graph::{Bit, inputs, numbers};
use crate::spec::fips197::sub_byte_by_arithmetic;
use crate::spec::{Octet, octet, xor};
use std::array::from_fn;

pub(super) const THEOREM: Theorem = Theorem {
    name: "sbox",
    claim: "the circuit is the S-box of FIPS 197 §5.1.1 plus 0x63, at each of 128 places",
    is_quick: true,
    goals,
};

fn goals() -> Vec<Goal> {
    let planes: [[Bit; 128]; 8] = from_fn(|_| inputs());
    let byte =
        |planes: &[[Bit; 128]; 8], place: usize| -> Octet { planes.map(|plane| plane[place]) };
    let found = sub_bytes(&planes.map(V::from_bits)).map(V::bits);
    let left: Vec<Octet> = (0..128).map(|place| byte(&found, place)).collect();
    let expected = |place| xor(sub_byte_by_arithmetic(byte(&planes, place)), octet(0x63));
    let right: Vec<Octet> = (0..128).map(expected).collect();
    let cells = (0..128).map(|place| numbers(&byte(&planes, place))).collect();
    vec![
        Goal::new("one place", Method::Abc, &left[0], &right[0]),
        Goal::new(
            "all places",
            Method::AllValues(cells),
            left.as_flattened(),
            right.as_flattened(),
        ),
    ]
}
