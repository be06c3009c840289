//! What is watched always: one task measures for all limits, and each check has a task of its own, so that none waits
//! for another. A task may be dropped at any await: what it holds are connections, and where counters stood.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::measure;
use super::pulse::Pulse;
use crate::clock::{Clock, Ticker};
use crate::config::{self, Config};
use crate::model::event::Event;
use crate::probe::prometheus::Servers;
use crate::probe::{Probe, Tools};

/// What runs, and by which configuration.
pub(super) struct Always {
    clock: Clock,
    pulse: Arc<Pulse>,
    inbox: mpsc::Sender<Event>,
    tasks: TaskTracker,
    stop: CancellationToken,
    measured: Option<Measured>,
    checks: BTreeMap<String, Made>,
}

struct Measured {
    rules: BTreeMap<String, config::Rule>,
    prometheus: BTreeMap<String, config::Prometheus>,
    stop: CancellationToken,
}

struct Made {
    check: config::Always,
    socket: PathBuf,
    stop: CancellationToken,
}

impl Always {
    /// Nothing yet; all of it ends with `stop`.
    pub(super) fn new(
        (clock, pulse): (Clock, &Arc<Pulse>),
        inbox: &mpsc::Sender<Event>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            clock,
            pulse: Arc::clone(pulse),
            inbox: inbox.clone(),
            tasks: tasks.clone(),
            stop: stop.clone(),
            measured: None,
            checks: BTreeMap::new(),
        }
    }

    /// Brings what runs in line with the configuration; what stays as it was goes on undisturbed.
    pub(super) fn follow(&mut self, config: &Config, servers: &Servers, tools: &Tools) {
        self.measure(config, servers, tools);
        let stays = |name: &String, made: &Made| {
            config.always.get(name) == Some(&made.check) && made.socket == config.docker_socket
        };
        for (_, gone) in self.checks.extract_if(.., |name, made| !stays(name, made)) {
            gone.stop.cancel();
        }
        for (name, check) in &config.always {
            if !self.checks.contains_key(name) {
                let made = self.make(name, check, &config.docker_socket, tools);
                self.checks.insert(name.clone(), made);
            }
        }
    }

    fn measure(&mut self, config: &Config, servers: &Servers, tools: &Tools) {
        let same = |old: &Measured| old.rules == config.rules && old.prometheus == config.prometheus;
        if self.measured.as_ref().is_some_and(same) {
            return;
        }
        if let Some(old) = self.measured.take() {
            old.stop.cancel();
        }
        let stop = self.stop.child_token();
        let all = measure::always(&config.rules, servers, tools, (self.clock, &self.inbox));
        let token = stop.clone();
        self.tasks.spawn(async move { token.run_until_cancelled(all).await });
        let (rules, prometheus) = (config.rules.clone(), config.prometheus.clone());
        self.measured = Some(Measured { rules, prometheus, stop });
    }

    fn make(&self, name: &str, check: &config::Always, socket: &Path, tools: &Tools) -> Made {
        let probe = Probe::always(name, check, tools);
        let turn = Ticker::new(self.clock, check.limit.every, ("always", name));
        let looks = looks(probe, turn, (self.clock, Arc::clone(&self.pulse)), self.inbox.clone());
        let stop = self.stop.child_token();
        let token = stop.clone();
        self.tasks.spawn(async move { token.run_until_cancelled(looks).await });
        Made { check: check.clone(), socket: socket.to_owned(), stop }
    }
}

/// Looks again and again, until nobody listens any more.
async fn looks(
    probe: Probe,
    mut turn: Ticker,
    (clock, pulse): (Clock, Arc<Pulse>),
    inbox: mpsc::Sender<Event>,
) {
    loop {
        turn.wait().await;
        // Of a hundred checks, only those that look hold what that takes.
        let (sample, figure) = Box::pin(probe.measure(&clock)).await;
        if inbox.send(Event::Checked { sample: pulse.whole(sample), figure }).await.is_err() {
            return;
        }
        turn.done();
    }
}

#[cfg(test)]
mod tests;
