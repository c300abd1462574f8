//! The binary AIGER format (A. Biere, "The AIGER And-Inverter Graph (AIG) Format", version 1.0).

use crate::cone::{Cone, Edge, Gate};

/// A cone as an AIGER file without latches.
pub fn encode(cone: &Cone) -> Vec<u8> {
    let mut writer = Writer::new(cone.inputs.len());
    for gate in &cone.gates {
        let literal = match gate {
            Gate::And(a, b) => writer.and(writer.literal(*a), writer.literal(*b)),
            Gate::Xor(a, b) => writer.xor(writer.literal(*a), writer.literal(*b)),
        };
        writer.literals.push(literal);
    }
    let (inputs, ands) = (cone.inputs.len(), writer.ands);
    let outputs = cone.outputs.len();
    let mut file = format!("aig {} {inputs} 0 {outputs} {ands}\n", inputs + ands).into_bytes();
    for edge in &cone.outputs {
        file.extend(format!("{}\n", writer.literal(*edge)).into_bytes());
    }
    file.extend(writer.bytes);
    file
}

struct Writer {
    /// The AIGER literal of each value of the cone.
    literals: Vec<usize>,
    /// Inputs and ANDs so far.
    variables: usize,
    ands: usize,
    bytes: Vec<u8>,
}

impl Writer {
    fn new(inputs: usize) -> Self {
        let literals = (0..=inputs).map(|variable| 2 * variable).collect();
        Self { literals, variables: inputs, ands: 0, bytes: vec![] }
    }

    fn literal(&self, edge: Edge) -> usize {
        self.literals[edge.value()] ^ usize::from(edge.is_negated())
    }

    /// Each AND is written as two differences: to its larger operand, and from there to the other.
    fn and(&mut self, a: usize, b: usize) -> usize {
        self.variables += 1;
        self.ands += 1;
        let result = 2 * self.variables;
        self.number(result - a.max(b));
        self.number(a.max(b) - a.min(b));
        result
    }

    fn xor(&mut self, a: usize, b: usize) -> usize {
        let only_a = self.and(a, b ^ 1);
        let only_b = self.and(a ^ 1, b);
        self.and(only_a ^ 1, only_b ^ 1) ^ 1
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: usize) {
        while number > 127 {
            self.bytes.push((number & 127 | 128) as u8);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}
