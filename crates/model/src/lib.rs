//! Explicit-state models of the key exchange: they try every order in which a hostile server can
//! deliver, drop and repeat messages, up to stated bounds. Comments name the rule of
//! docs/protocol.md for each transition, so that the two can be compared.

pub mod check;
pub mod incarnations;
pub mod removal;
