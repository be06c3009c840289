//! The health checks' tasks: one per check, each waiting for its next turn, a poke, or its probe's end.
//!
//! A slow check delays no other. A task may be dropped at any await: a probe holds nothing but its connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::pulse::Pulse;
use crate::clock::Clock;
use crate::decide::event::{Event, Happening};
use crate::probe::Probe;

/// All checks of one service.
pub(super) struct Probes {
    poke: Arc<Notify>,
}

impl Probes {
    /// Starts a task per check. The checks of a service are spread over the interval so that they do not all come at
    /// once; the first round is at once.
    pub(super) fn start(
        service: &str,
        checks: Vec<Probe>,
        interval: Duration,
        (clock, pulse): (Clock, &Arc<Pulse>),
        inbox: &mpsc::Sender<Event>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let poke = Arc::new(Notify::new());
        for probe in checks {
            let task = Task {
                service: service.to_owned(),
                probe,
                interval,
                clock,
                pulse: Arc::clone(pulse),
                inbox: inbox.clone(),
                poke: Arc::clone(&poke),
            };
            let stop = stop.clone();
            tasks.spawn(async move { stop.run_until_cancelled(task.run()).await });
        }
        Self { poke }
    }

    /// Makes every check now, instead of at its next turn.
    pub(super) fn poke(&self) {
        self.poke.notify_waiters();
    }
}

struct Task {
    service: String,
    probe: Probe,
    interval: Duration,
    clock: Clock,
    pulse: Arc<Pulse>,
    inbox: mpsc::Sender<Event>,
    poke: Arc<Notify>,
}

impl Task {
    async fn run(self) {
        let mut next = self.clock.now();
        loop {
            let poked = self.poke.notified();
            let sample = self.probe.observe(&self.clock).await;
            let what = Happening::Sampled(self.pulse.whole(sample));
            if self.inbox.send(Event::Service { service: self.service.clone(), what }).await.is_err() {
                return;
            }
            // Turns keep their rhythm; one that was missed is not made up for.
            let now = self.clock.now();
            next = next.checked_add(self.interval).map_or(now, |next| next.max(now));
            tokio::select! {
                () = tokio::time::sleep_until(self.clock.instant(next).into()) => {}
                () = poked => next = self.clock.now(),
            }
        }
    }
}
