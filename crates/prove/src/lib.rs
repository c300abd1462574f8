//! Proofs of the cipher engine of `aes-gcm-simd` from its own source.
//!
//! ```text
//! engine/     the engine's files, over a vector whose bits are formulas, and the theorems
//! spec/       FIPS 197 and SP 800-38D over formulas
//! graph       formulas
//! cone        a part of the graph on its own
//! linear      sums of inputs
//! goal        that two lists of formulas are the same functions, and how it is shown
//! simulate    formulas on values
//! aiger, abc  the solver
//! faults      one operator that is wrong
//! control     the negative control: such faults are noticed
//! ```

pub mod abc;
pub mod aiger;
pub mod cone;
pub mod control;
mod engine;
pub mod faults;
pub mod goal;
pub mod graph;
pub mod linear;
mod queue;
pub mod simulate;
pub mod spec;

pub use engine::theorems;
pub use engine::vector::{Byte, Integer};
pub use queue::Queue;
