//! What a worker was asked for and has not begun with.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::Job;

/// What it was asked for, in that order.
pub(super) struct Queue {
    asked: mpsc::Receiver<Job>,
    /// Taken already while something was at work.
    waiting: VecDeque<Job>,
}

impl Queue {
    pub(super) fn of(asked: mpsc::Receiver<Job>) -> Self {
        Self { asked, waiting: VecDeque::new() }
    }

    pub(super) async fn next(&mut self) -> Option<Job> {
        match self.waiting.pop_front() {
            Some(job) => Some(job),
            None => self.asked.recv().await,
        }
    }

    /// Comes back when the next job is a step, which may be never. Nothing is lost when it is not waited for any longer.
    pub(super) async fn a_step(&mut self) {
        while !self.waiting.iter().any(|job| matches!(job, Job::Step { .. })) {
            match self.asked.recv().await {
                Some(job) => self.waiting.push_back(job),
                None => std::future::pending().await,
            }
        }
    }
}
