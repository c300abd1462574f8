//! Breadth-first search over all possible events, so that the story of a broken promise is as short
//! as possible.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::rc::Rc;

/// A model that can be searched.
pub trait Model {
    /// The state of all devices and the network at one moment.
    type State: Clone + Eq + Hash;
    /// An event between two moments.
    type Step: Debug;

    /// The first state.
    fn start(&self) -> Self::State;
    /// All possible next steps. Steps that change nothing may be included.
    fn steps(&self, state: &Self::State) -> Vec<(Self::Step, Self::State)>;
    /// The promise that does not hold in this state.
    fn broken(&self, state: &Self::State) -> Option<String>;
}

/// The result of a search.
#[derive(Debug)]
pub enum Verdict {
    /// No promise is broken in any reachable state.
    Exhausted,
    /// No promise is broken in the searched states, and there are more states.
    Bounded,
    /// This promise is broken, after these steps.
    Broken {
        /// The promise's name, and how it is broken.
        promise: String,
        /// The steps, in order.
        story: Vec<String>,
    },
}

/// Searches at most `limit` states. Also returns the number of searched states.
pub fn search<M: Model>(model: &M, limit: usize) -> (Verdict, usize) {
    let mut states = vec![Rc::new(model.start())];
    let mut before: Vec<Option<(usize, String)>> = vec![None];
    let mut known = HashSet::from([Rc::clone(&states[0])]);
    let mut at = 0;
    while at < states.len() {
        if at == limit {
            return (Verdict::Bounded, at);
        }
        let state = Rc::clone(&states[at]);
        if let Some(promise) = model.broken(&state) {
            return (Verdict::Broken { promise, story: story(&before, at) }, at + 1);
        }
        for (step, next) in model.steps(&state) {
            let next = Rc::new(next);
            if known.insert(Rc::clone(&next)) {
                states.push(next);
                before.push(Some((at, format!("{step:?}"))));
            }
        }
        at += 1;
    }
    (Verdict::Exhausted, at)
}

/// `before` has an entry for each state, and `end` is the number of a state.
fn story(before: &[Option<(usize, String)>], end: usize) -> Vec<String> {
    let mut steps = Vec::new();
    let mut at = end;
    while let Some((earlier, step)) = &before[at] {
        steps.push(step.clone());
        at = *earlier;
    }
    steps.reverse();
    steps
}

/// One search and its expected result.
pub struct Case {
    /// The model.
    pub name: String,
    /// The start of the name of the promise that must break. Without one, every promise must
    /// hold.
    pub breaks: Option<&'static str>,
    /// At most this number of states is searched.
    pub limit: usize,
    run: Box<dyn Fn(usize) -> (Verdict, usize)>,
}

impl Case {
    /// A search of this model.
    pub fn new<M: Model + 'static>(
        name: String,
        model: M,
        breaks: Option<&'static str>,
        limit: usize,
    ) -> Self {
        Self { name, breaks, limit, run: Box::new(move |limit| search(&model, limit)) }
    }

    /// Searches and returns a line of report; `Err` if the result is not the expected one.
    pub fn judge(&self, limit: usize) -> Result<String, String> {
        let (verdict, states) = (self.run)(limit.min(self.limit));
        let line = format!("{:34}{states:>9} states  ", self.name);
        match (verdict, self.breaks) {
            (Verdict::Exhausted, None) => Ok(format!("{line}holds, exhausted")),
            (Verdict::Bounded, None) => Ok(format!("{line}holds so far, NOT exhausted")),
            (Verdict::Broken { promise, .. }, Some(breaks)) if promise.starts_with(breaks) => {
                Ok(format!("{line}breaks as it must: {promise}"))
            }
            (Verdict::Broken { promise, story }, _) => {
                Err(format!("{line}BREAKS {promise}\n    {}", story.join("\n    ")))
            }
            (_, Some(breaks)) => Err(format!("{line}DOES NOT BREAK {breaks}")),
        }
    }
}
