//! The negative control: one operator that the engine executes does something else.
//!
//! The symbolic vector and integers announce each operator here. A proof that still succeeds while
//! one of them is wrong proves nothing.

use std::cell::RefCell;
use std::panic::Location;

/// One operator that was executed, and what it did instead.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The operator and its replacement, as in `^ becomes &`.
    pub change: &'static str,
    /// Where it is in the engine's source.
    pub place: Place,
}

/// Where an operator is in the engine's source.
pub type Place = &'static Location<'static>;

#[derive(Default)]
struct State {
    /// The operators executed so far.
    executed: Vec<Place>,
    /// The number of the one that is to be wrong.
    wrong: Option<usize>,
    fault: Option<Fault>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Runs `work`, and lists the operators that the engine executes in it.
pub fn operators(work: impl FnOnce()) -> Vec<Place> {
    STATE.take();
    work();
    STATE.take().executed
}

/// Runs `work` while operator number `wrong` is replaced. Returns its result, and the fault if that
/// operator was reached.
pub fn with_fault<T>(wrong: usize, work: impl FnOnce() -> T) -> (T, Option<Fault>) {
    STATE.set(State { wrong: Some(wrong), ..State::default() });
    let result = work();
    (result, STATE.take().fault)
}

/// The result of an operator: `right`, unless this one is to be wrong.
#[track_caller]
pub fn operator<T>(change: &'static str, right: T, wrong: impl FnOnce() -> T) -> T {
    let place = Location::caller();
    let is_wrong = STATE.with_borrow_mut(|state| {
        state.executed.push(place);
        state.wrong == Some(state.executed.len() - 1)
    });
    if !is_wrong {
        return right;
    }
    STATE.with_borrow_mut(|state| state.fault = Some(Fault { change, place }));
    wrong()
}
