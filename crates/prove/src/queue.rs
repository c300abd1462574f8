//! Work for all processors, with a graph for each.

use std::collections::VecDeque;
use std::sync::{Mutex, mpsc};
use std::thread;

/// Bytes of stack for a worker: formulas are walked by recursion.
const STACK: usize = 1 << 28;

/// Jobs that wait.
pub struct Queue;

impl Queue {
    /// Calls `work` for each job, on as many threads as there are processors, and `done` for each
    /// result, on this thread and in the order of the jobs.
    ///
    /// # Panics
    /// If `work` panics, or the system starts no thread.
    pub fn run<J: Send + Sync, R: Send>(
        jobs: Vec<J>,
        work: impl Fn(&J) -> R + Sync,
        mut done: impl FnMut(&J, R),
    ) {
        let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..jobs.len()).collect());
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                let (sender, waiting, jobs, work) = (sender.clone(), &waiting, &jobs, &work);
                let worker = move || {
                    // Nobody panics while the lock is held.
                    while let Some(job) = waiting.lock().ok().and_then(|mut jobs| jobs.pop_front())
                    {
                        // The receiver lives as long as the scope.
                        drop(sender.send((job, work(&jobs[job]))));
                    }
                };
                let builder = thread::Builder::new().stack_size(STACK);
                drop(builder.spawn_scoped(scope, worker).expect("a thread"));
            }
            drop(sender);
            let mut early: Vec<Option<R>> = jobs.iter().map(|_| None).collect();
            let mut next = 0;
            for (job, result) in receiver {
                early[job] = Some(result); // one place for each job
                while let Some(result) = early.get_mut(next).and_then(Option::take) {
                    done(&jobs[next], result);
                    next += 1;
                }
            }
        });
    }
}
