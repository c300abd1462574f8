//! Builds `dist/`.
fn main() {}
