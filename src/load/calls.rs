//! What is asked at once: so many requests over connections that are kept. What is due and finds none waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::timeout;

use super::Spec;
use super::connection::{Connection, exchange};
use super::target::Target;
use crate::clock::Clock;
use crate::model::load::Failure;

/// One request that has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) index: u64,
    pub(super) at: Timestamp,
    pub(super) answer: Result<(), Failure>,
}

pub(super) struct Calls {
    clock: Clock,
    target: Arc<Target>,
    within: Duration,
    limit: usize,
    /// Due, and there is no connection for them yet: where everything hangs, all of them.
    pub(super) waiting: VecDeque<u64>,
    under_way: FuturesUnordered<BoxFuture<'static, (Ended, Option<Connection>, u64)>>,
    /// How often it was aimed anew: a connection that leads elsewhere is not used again.
    aimed: u64,
    /// The one that was used last is used first.
    idle: Vec<Connection>,
    /// So many were open at once.
    pub(super) most: usize,
}

impl Calls {
    /// What is wrong with it is readable after "failed to".
    pub(super) fn new(spec: &Spec, clock: &Clock) -> Result<Self, String> {
        Ok(Self {
            clock: *clock,
            target: Arc::new(Target::new(spec)?),
            within: spec.timeout,
            limit: usize::try_from(spec.connections).unwrap_or(usize::MAX),
            waiting: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            aimed: 0,
            idle: Vec::new(),
            most: 0,
        })
    }

    /// What is sent from now on goes there.
    pub(super) fn aim(&mut self, spec: &Spec) -> Result<(), String> {
        self.target = Arc::new(Target::new(spec)?);
        self.idle.clear();
        self.aimed += 1;
        Ok(())
    }

    /// Nothing waits, and nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }

    /// Sends what waits and has a connection, or may have one.
    pub(super) fn send(&mut self, mut sent: impl FnMut(u64)) {
        while self.under_way.len() < self.limit {
            let Some(index) = self.waiting.pop_front() else { return };
            self.idle.retain(Connection::is_open);
            let kept = self.idle.pop();
            sent(index);
            let (target, clock, within) = (Arc::clone(&self.target), self.clock, self.within);
            let aimed = self.aimed;
            self.under_way.push(Box::pin(async move {
                let asked = timeout(within, exchange(&target, kept)).await;
                let (answer, left) = asked.unwrap_or((Err(Failure::TimedOut), None));
                (Ended { index, at: clock.now(), answer }, left, aimed)
            }));
            self.most = self.most.max(self.under_way.len() + self.idle.len());
        }
    }

    /// The next that ends; nothing, where none is under way. May be dropped.
    pub(super) async fn ended(&mut self) -> Option<Ended> {
        let (ended, left, aimed) = self.under_way.next().await?;
        self.idle.extend(left.filter(|_| aimed == self.aimed));
        Some(ended)
    }
}
