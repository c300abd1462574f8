//! Sums of inputs, as masks: two of them are the same function if and only if their masks are.

use crate::graph::{Bit, Node, with_nodes};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// A sum of inputs; of those that occur in it.
type Mask = Rc<BTreeSet<u32>>;

thread_local! {
    /// The masks of nodes; none if a node is no sum.
    static MASKS: RefCell<HashMap<usize, Option<Mask>>> = RefCell::default();
}

/// Forgets the masks of this thread's graph.
pub fn clear() {
    MASKS.with_borrow_mut(HashMap::clear);
}

/// Whether `table[a ^ b] = table[a] ^ table[b]` for all `a` and `b`: then an entry is the sum of the
/// entries that single bits of its number have. Returns false if an entry is no sum of inputs.
pub fn is_sum_of_single_bits(table: &[Bit; 16]) -> bool {
    if table[0] != Bit::ZERO {
        return false;
    }
    let Some(masks) = table.iter().map(|bit| mask_of(*bit)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    (1..16_usize).all(|i| {
        let rest = i & (i - 1);
        i.is_power_of_two() || masks[i] == sum(&masks[rest], &masks[i - rest])
    })
}

/// A sum of inputs, and whether 1 is added.
type Affine = (Mask, bool);

fn sum(a: &Affine, b: &Affine) -> Affine {
    (Rc::new(a.0.symmetric_difference(&b.0).copied().collect()), a.1 ^ b.1)
}

fn mask_of(bit: Bit) -> Option<Affine> {
    MASKS.with_borrow_mut(|masks| mask_of_node(bit.node(), masks)).map(|m| (m, bit.is_negated()))
}

fn mask_of_node(number: usize, masks: &mut HashMap<usize, Option<Mask>>) -> Option<Mask> {
    if let Some(mask) = masks.get(&number) {
        return mask.clone();
    }
    // Operands of an XOR are not negated, so no constant appears.
    let mask = match with_nodes(|nodes| nodes[number]) {
        Node::False => Some(Mask::default()),
        Node::Input(input) => Some(Rc::new(BTreeSet::from([input]))),
        Node::And(..) => None,
        Node::Xor(a, b) => {
            let operands = (mask_of_node(a.node(), masks), mask_of_node(b.node(), masks));
            if let (Some(a), Some(b)) = operands {
                Some(sum(&(a, false), &(b, false)).0)
            } else {
                None
            }
        }
    };
    masks.insert(number, mask.clone());
    mask
}
