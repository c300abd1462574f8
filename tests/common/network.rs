//! The network between sessions: messages on their way and host tasks in progress, in the order of
//! their time.

use super::device::Answer;
use sealframe::Millis;
use sealframe::session::Ticket;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// The faults of a network. Times in milliseconds, chances in percent.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    pub delay: (u64, u64),
    pub loss: u64,
    pub duplicates: u64,
}

impl Network {
    pub const GOOD: Self = Self { delay: (10, 40), loss: 0, duplicates: 0 };
}

/// A message as the server sees it.
#[derive(Clone, Debug)]
pub struct Packet {
    pub at: Millis,
    pub from: usize,
    pub to: usize,
    pub bytes: Vec<u8>,
}

/// The faults so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Suffered {
    pub lost: u64,
    pub doubled: u64,
    /// Number of messages that arrived after one that was sent later.
    pub overtaken: u64,
}

pub enum Job {
    Deliver(Packet),
    /// The result of a device's host task, in one of its visits.
    Answer(usize, u32, Ticket, Answer),
}

/// Jobs by time. Jobs with the same time keep their order.
#[derive(Default)]
pub struct Jobs {
    due: BinaryHeap<Reverse<(Millis, u64)>>,
    jobs: BTreeMap<u64, Job>,
    count: u64,
}

impl Jobs {
    pub fn put(&mut self, at: Millis, job: Job) {
        self.count += 1;
        self.due.push(Reverse((at, self.count)));
        self.jobs.insert(self.count, job);
    }

    /// Drops all other jobs.
    pub fn retain(&mut self, keep: impl Fn(&Job) -> bool) {
        self.jobs.retain(|_, job| keep(job));
        self.due.retain(|Reverse((_, number))| self.jobs.contains_key(number));
    }

    pub fn next_time(&self) -> Option<Millis> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// Removes and returns the jobs that are due.
    pub fn due(&mut self, now: Millis) -> Vec<Job> {
        let mut due = Vec::new();
        while self.next_time().is_some_and(|at| at <= now) {
            let number = self.due.pop().map(|Reverse((_, number))| number);
            due.extend(number.and_then(|number| self.jobs.remove(&number)));
        }
        due
    }
}
