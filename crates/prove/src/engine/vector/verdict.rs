//! The verdict on a tag: the one decision that depends on a secret.

use crate::graph::Bit;
use std::cell::RefCell;

/// A question that was asked.
pub(in crate::engine) struct Verdict {
    /// The bits that the engine asked about: are all of them zero?
    pub(in crate::engine) asked: [Bit; 128],
    /// What it was told.
    pub(in crate::engine) answer: bool,
}

#[derive(Default)]
struct Court {
    answer: Option<bool>,
    asked: Vec<Verdict>,
}

thread_local! {
    static COURT: RefCell<Court> = RefCell::default();
}

/// Runs `work` and gives `answer` to each question in it whose answer is no constant. Returns what
/// was asked as well.
pub(in crate::engine) fn with_verdict<T>(
    answer: bool,
    work: impl FnOnce() -> T,
) -> (T, Vec<Verdict>) {
    COURT.set(Court { answer: Some(answer), asked: vec![] });
    let result = work();
    (result, COURT.take().asked)
}

/// Whether all bits are zero: by their values if they are constants, else as the theorem wants it.
///
/// # Panics
/// If no theorem expects a question about a secret.
pub(super) fn decide(bits: [Bit; 128]) -> bool {
    COURT.with_borrow_mut(|court| {
        let answer = if bits.contains(&Bit::ONE) {
            false
        } else if bits == [Bit::ZERO; 128] {
            true
        } else {
            court.answer.expect("a theorem that expects a branch on a secret")
        };
        court.asked.push(Verdict { asked: bits, answer });
        answer
    })
}
