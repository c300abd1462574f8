//! Formulas over bits: a graph of AND and XOR nodes with inverted edges, one per thread.
//!
//! Equal nodes are made once, so two formulas that are built alike are the same [`Bit`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{BitAnd, BitOr, BitXor, Not};

/// A bit without a value: a node of the graph of this thread, or its negation, as the lowest bit of
/// the number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Bit(u32);

/// What a node computes. The operands of a gate are older than the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// Node 0.
    False,
    /// Any value; the number counts the inputs.
    Input(u32),
    /// Both.
    And(Bit, Bit),
    /// Exactly one; neither operand is negated.
    Xor(Bit, Bit),
}

#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    known: HashMap<u64, u32, BuildHasherDefault<Mixer>>,
    inputs: u32,
    duties: Vec<Bit>,
}

thread_local! {
    static GRAPH: RefCell<Graph> = RefCell::default();
}

/// Forgets all formulas of this thread. A [`Bit`] from before has no meaning any more, unless it is a
/// constant: a duty that cannot be done stays one.
pub fn clear() {
    GRAPH.with_borrow_mut(|graph| {
        let duties = graph.duties.iter().copied().filter(|duty| *duty == Bit::ONE).collect();
        *graph = Graph { nodes: vec![Node::False], duties, ..Graph::default() };
    });
}

/// A new input.
pub fn input() -> Bit {
    GRAPH.with_borrow_mut(|graph| {
        graph.inputs += 1;
        let node = Node::Input(graph.inputs - 1);
        graph.push(node)
    })
}

/// As many new inputs as the array is long.
pub fn inputs<const N: usize>() -> [Bit; N] {
    std::array::from_fn(|_| input())
}

/// The numbers of inputs, as a [`crate::cone::Cone`] lists them.
///
/// # Panics
/// If a bit is no input.
pub fn numbers(inputs: &[Bit]) -> Vec<u32> {
    let number = |bit: &Bit| {
        with_nodes(|nodes| match nodes[bit.node()] {
            Node::Input(number) if !bit.is_negated() => number,
            node => panic!("{node:?} is no input"),
        })
    };
    inputs.iter().map(number).collect()
}

/// Notes that `bit` has to be 0 for the program to be correct. [`take_duties`] returns it.
pub fn must_be_zero(bit: Bit) {
    if bit != Bit::ZERO {
        GRAPH.with_borrow_mut(|graph| graph.duties.push(bit));
    }
}

/// The bits that have to be 0, noted since the last call.
pub fn take_duties() -> Vec<Bit> {
    GRAPH.with_borrow_mut(|graph| std::mem::take(&mut graph.duties))
}

/// Calls `work` with the nodes of this thread, which a [`Bit::node`] indexes.
pub fn with_nodes<T>(work: impl FnOnce(&[Node]) -> T) -> T {
    GRAPH.with_borrow(|graph| work(&graph.nodes))
}

impl Bit {
    /// The bit 0.
    pub const ZERO: Self = Self(0);
    /// The bit 1.
    pub const ONE: Self = Self(1);

    /// A constant.
    pub const fn constant(value: bool) -> Self {
        Self(value as u32)
    }

    /// The value, if the bit is a constant.
    pub fn known(self) -> Option<bool> {
        (self.0 < 2).then_some(self.0 == 1)
    }

    /// The value of a node.
    pub fn of_node(number: usize) -> Self {
        Self((number as u32) << 1)
    }

    /// The number of its node.
    pub fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether it is the negation of its node.
    pub fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }

    /// The negation, if `yes`.
    pub fn negated_if(self, yes: bool) -> Self {
        Self(self.0 ^ u32::from(yes))
    }
}

impl Graph {
    fn push(&mut self, node: Node) -> Bit {
        let number = u32::try_from(self.nodes.len()).ok().filter(|number| *number < 1 << 30);
        self.nodes.push(node);
        // A graph of 2^30 nodes needs more memory than the machines that run this have.
        Bit(number.expect("less than 2^30 nodes") << 1)
    }

    fn gate(&mut self, node: Node) -> Bit {
        let key = match node {
            Node::And(a, b) => u64::from(a.0) << 32 | u64::from(b.0),
            Node::Xor(a, b) => 1 << 63 | u64::from(a.0) << 32 | u64::from(b.0),
            Node::False | Node::Input(_) => return self.push(node),
        };
        if let Some(number) = self.known.get(&key) {
            return Bit(number << 1);
        }
        let bit = self.push(node);
        self.known.insert(key, bit.0 >> 1);
        bit
    }
}

/// Hashes one number: the standard hash takes most of the time otherwise.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl BitAnd for Bit {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        let (a, b) = if self.0 < other.0 { (self, other) } else { (other, self) };
        match a {
            Self::ZERO => Self::ZERO,
            Self::ONE => b,
            _ if a == b => a,
            _ if a == !b => Self::ZERO,
            _ => GRAPH.with_borrow_mut(|graph| graph.gate(Node::And(a, b))),
        }
    }
}

impl BitXor for Bit {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        let negated = self.is_negated() ^ other.is_negated();
        let (a, b) = (self.0 & !1, other.0 & !1);
        let (a, b) = (Self(a.min(b)), Self(a.max(b)));
        let sum = match a {
            Self::ZERO => b,
            _ if a == b => Self::ZERO,
            _ => GRAPH.with_borrow_mut(|graph| {
                // An operand that is a sum already, of the other one: what swaps by XOR needs that.
                let without = |sum: Self, term: Self| match graph.nodes[sum.node()] {
                    Node::Xor(x, y) if x == term => Some(y),
                    Node::Xor(x, y) if y == term => Some(x),
                    _ => None,
                };
                let rest = without(b, a).or_else(|| without(a, b));
                rest.unwrap_or_else(|| graph.gate(Node::Xor(a, b)))
            }),
        };
        sum.negated_if(negated)
    }
}

impl BitOr for Bit {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        !(!self & !other)
    }
}

impl Not for Bit {
    type Output = Self;
    fn not(self) -> Self {
        self.negated_if(true)
    }
}
