//! A part of the graph on its own: what some bits depend on.

use crate::graph::{Bit, Node, with_nodes};
use std::array::from_fn;
use std::collections::{BTreeSet, HashMap};

/// Formulas over a list of inputs. It keeps its meaning if the graph is cleared, and on any thread.
#[derive(Clone, PartialEq, Eq)]
pub struct Cone {
    /// The numbers of the inputs in the graph that it was taken from.
    pub inputs: Vec<u32>,
    /// In an order in which operands come first.
    pub gates: Vec<Gate>,
    /// One for each bit asked for.
    pub outputs: Vec<Edge>,
}

/// A gate over edges.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Both.
    And(Edge, Edge),
    /// Exactly one.
    Xor(Edge, Edge),
}

/// A value, perhaps negated: number 0 is the constant 0, then come the inputs, then the gates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Edge(u32);

/// The values of a bit in 256 assignments.
pub type Values = [u64; 4];

impl Cone {
    /// What `bits` depend on, over the given inputs, which have to be all that occur.
    pub fn over(inputs: &BTreeSet<u32>, bits: &[Bit]) -> Self {
        with_nodes(|nodes| {
            let places: HashMap<u32, u32> = inputs.iter().copied().zip(1..).collect();
            let mut values = vec![0; nodes.len()];
            let mut gates = vec![];
            for number in reachable(nodes, bits) {
                let edge = |bit: Bit| Edge::of(bit, &values);
                let value = match nodes[number] {
                    Node::False => 0,
                    Node::Input(input) => places[&input],
                    Node::And(a, b) => {
                        gates.push(Gate::And(edge(a), edge(b)));
                        (inputs.len() + gates.len()) as u32
                    }
                    Node::Xor(a, b) => {
                        gates.push(Gate::Xor(edge(a), edge(b)));
                        (inputs.len() + gates.len()) as u32
                    }
                };
                values[number] = value;
            }
            let outputs = bits.iter().map(|bit| Edge::of(*bit, &values)).collect();
            Self { inputs: inputs.iter().copied().collect(), gates, outputs }
        })
    }

    /// The nodes of a plain and-inverter graph: an XOR is three of them.
    pub fn ands(&self) -> usize {
        self.gates.iter().map(|gate| if matches!(gate, Gate::And(..)) { 1 } else { 3 }).sum()
    }

    /// Whether there is no AND: each output is a sum of inputs, and perhaps 1.
    pub fn is_affine(&self) -> bool {
        self.gates.iter().all(|gate| matches!(gate, Gate::Xor(..)))
    }

    /// The outputs for 256 assignments at once.
    pub fn evaluate(&self, inputs: &[Values]) -> Vec<Values> {
        let mut values = Vec::with_capacity(1 + inputs.len() + self.gates.len());
        values.push([0; 4]);
        values.extend_from_slice(inputs);
        for gate in &self.gates {
            let (Gate::And(a, b) | Gate::Xor(a, b)) = gate;
            let (a, b) = (a.pick(&values), b.pick(&values));
            values.push(match gate {
                Gate::And(..) => from_fn(|i| a[i] & b[i]),
                Gate::Xor(..) => from_fn(|i| a[i] ^ b[i]),
            });
        }
        self.outputs.iter().map(|edge| edge.pick(&values)).collect()
    }
}

impl Edge {
    fn of(bit: Bit, values: &[u32]) -> Self {
        Self(values[bit.node()] << 1 | u32::from(bit.is_negated()))
    }

    /// Which value.
    pub fn value(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether it is negated.
    pub fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }

    fn pick(self, values: &[Values]) -> Values {
        let flip = if self.is_negated() { u64::MAX } else { 0 };
        values[self.value()].map(|value| value ^ flip)
    }
}

/// The inputs that occur in `bits`.
pub fn support(bits: &[Bit]) -> BTreeSet<u32> {
    with_nodes(|nodes| {
        let inputs = reachable(nodes, bits).into_iter().map(|number| nodes[number]);
        inputs.filter_map(|node| if let Node::Input(i) = node { Some(i) } else { None }).collect()
    })
}

/// The same formulas with other bits in the place of some: `replaced` pairs each bit with its
/// substitute. Bits that are not named and contain no replaced bit stay as they are.
pub fn substitute(bits: &[Bit], replaced: &[(Bit, Bit)]) -> Vec<Bit> {
    let mut values: HashMap<usize, Bit> =
        replaced.iter().map(|(from, to)| (from.node(), to.negated_if(from.is_negated()))).collect();
    let order = with_nodes(|nodes| {
        let order = reachable(nodes, bits).into_iter();
        order.map(|number| (number, nodes[number])).collect::<Vec<_>>()
    });
    for (number, node) in order {
        if values.contains_key(&number) {
            continue;
        }
        let value = |bit: Bit| values[&bit.node()].negated_if(bit.is_negated());
        let new = match node {
            Node::False => Bit::ZERO,
            Node::Input(_) => Bit::of_node(number),
            Node::And(a, b) => value(a) & value(b),
            Node::Xor(a, b) => value(a) ^ value(b),
        };
        values.insert(number, new);
    }
    bits.iter().map(|bit| values[&bit.node()].negated_if(bit.is_negated())).collect()
}

/// The nodes that `bits` depend on. Operands are older than gates, so numbers in order are an order
/// in which operands come first.
fn reachable(nodes: &[Node], bits: &[Bit]) -> Vec<usize> {
    let last = bits.iter().map(|bit| bit.node()).max().unwrap_or(0);
    let mut marked = vec![false; last + 1];
    bits.iter().for_each(|bit| marked[bit.node()] = true);
    for number in (0..=last).rev().filter(|number| *number > 0) {
        if let (true, Node::And(a, b) | Node::Xor(a, b)) = (marked[number], nodes[number]) {
            marked[a.node()] = true;
            marked[b.node()] = true;
        }
    }
    (0..=last).filter(|number| marked[*number]).collect()
}
