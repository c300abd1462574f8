//! Wipes the part of the stack that cryptography may have left secrets on.

use crate::Error;
use zeroize::Zeroize;

/// 64 KiB are wiped: more than the deepest derivation uses.
const SIZE: usize = 64 << 10;

/// Runs `act`, which may leave secrets on the stack.
// Frames leave nonces on the stack. If `act` makes a value there and moves it to the heap, the
// unused parts of the value may hold such bytes. So the stack is also cleared before.
pub(super) fn clear_around(act: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    clear();
    let result = act();
    clear();
    result
}

/// Overwrites the part of the stack that the next calls will use.
#[inline(never)]
pub(super) fn clear() {
    let mut stack = [0u8; SIZE];
    stack.zeroize();
    core::hint::black_box(&stack);
}
