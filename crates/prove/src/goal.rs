//! What has to be shown: that two lists of formulas are the same functions. And how it is shown.

use crate::abc;
use crate::cone::{Cone, support};
use crate::graph::Bit;
use crate::simulate::{agree_on_basis, agree_on_basis_pairs, agree_on_cells, differ_somewhere};
use std::collections::BTreeSet;

/// How a goal is shown. Each way is exact: it covers all values of all inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// ABC decides the equivalence of two AIGER files.
    Abc,
    /// Both sides are the same nodes of the graph.
    Same,
    /// The inputs are split into cells of at most 16, by number. No output depends on two cells, and
    /// all values of a cell are tried.
    AllValues(Vec<Vec<u32>>),
    /// There is no AND: both sides agree on zero, and on each single input.
    Affine,
    /// Each output is a sum of products of one input of this set, by number, and one outside it. Both
    /// sides agree on each such pair.
    Bilinear(Vec<u32>),
}

/// Two lists of formulas that have to be the same functions.
#[derive(Clone, PartialEq, Eq)]
pub struct Goal {
    /// What this shows, in a few words.
    pub name: String,
    method: Method,
    left: Cone,
    right: Cone,
    same: bool,
}

/// What a proof looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The inputs: the bits that may have any value.
    pub inputs: usize,
    /// The outputs that were compared.
    pub outputs: usize,
    /// The nodes of the engine's side, as a plain and-inverter graph.
    pub left: usize,
    /// The nodes of the specification's side.
    pub right: usize,
}

impl Goal {
    /// That `left` and `right` are the same functions.
    ///
    /// # Panics
    /// If the lists differ in length.
    pub fn new(name: impl Into<String>, method: Method, left: &[Bit], right: &[Bit]) -> Self {
        assert_eq!(left.len(), right.len(), "both sides of a goal");
        let inputs: BTreeSet<u32> = support(&[left, right].concat());
        let cone = |bits: &[Bit]| Cone::over(&inputs, bits);
        let (left_cone, right_cone) = (cone(left), cone(right));
        Self { name: name.into(), method, left: left_cone, right: right_cone, same: left == right }
    }

    /// Shows it.
    ///
    /// # Errors
    /// Says why it is not shown.
    pub fn prove(&self) -> Result<(), String> {
        let shown = match &self.method {
            Method::Abc => abc::equivalent(&self.left, &self.right)?,
            Method::Same => self.same,
            Method::AllValues(cells) => {
                let cells: Vec<_> = cells.iter().map(|cell| self.places(cell)).collect();
                agree_on_cells(&self.left, &self.right, &cells)?
            }
            Method::Affine => agree_on_basis(&self.left, &self.right)?,
            Method::Bilinear(first) => {
                agree_on_basis_pairs(&self.left, &self.right, &self.places(first))?
            }
        };
        if shown { Ok(()) } else { Err(format!("{}: both sides differ", self.name)) }
    }

    /// Whether random values show that the two sides differ.
    pub fn differs_somewhere(&self) -> bool {
        differ_somewhere(&self.left, &self.right)
    }

    /// Whether ABC shows that the two sides differ, if it is to decide this goal.
    pub fn is_refuted_by_abc(&self) -> bool {
        self.method == Method::Abc && abc::equivalent(&self.left, &self.right) == Ok(false)
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        Size {
            inputs: self.left.inputs.len(),
            outputs: self.left.outputs.len(),
            left: self.left.ands(),
            right: self.right.ands(),
        }
    }

    /// The places of inputs among those that occur here.
    fn places(&self, numbers: &[u32]) -> Vec<usize> {
        let place = |number: &u32| self.left.inputs.binary_search(number).ok();
        numbers.iter().filter_map(place).collect()
    }

    /// The name of the method.
    pub fn method(&self) -> &'static str {
        match self.method {
            Method::Abc => "ABC cec",
            Method::Same => "same nodes",
            Method::AllValues(_) => "all values",
            Method::Affine => "affine, basis",
            Method::Bilinear(_) => "bilinear, basis pairs",
        }
    }
}
