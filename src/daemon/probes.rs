//! The health checks' tasks: one per check, each waiting for its next turn, a poke, or its probe's end.
//!
//! A slow check delays no other. A task may be dropped at any await: a probe holds nothing but its connection.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::pulse::Pulse;
use crate::clock::{Clock, Ticker};
use crate::model::event::{Event, ServiceEvent};
use crate::probe::Probe;

/// All checks of one service.
pub(super) struct Probes {
    poke: Arc<Notify>,
}

impl Probes {
    /// Starts a task per check, each with its own moment in the interval.
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
        let mut turn = Ticker::new(self.clock, self.interval, (&self.service, self.probe.name()));
        // Heard of while a probe is under way, too.
        let mut poked = pin!(self.poke.notified());
        loop {
            tokio::select! {
                () = turn.wait() => {}
                () = &mut poked => turn.at_once(),
            }
            poked.set(self.poke.notified());
            // A look takes ten kilobytes and is rarely under way: of a thousand checks, only those that look hold them.
            let sample = Box::pin(self.probe.observe(&self.clock)).await;
            let what = ServiceEvent::Sampled(self.pulse.whole(sample));
            if self.inbox.send(Event::Service { service: self.service.clone(), what }).await.is_err() {
                return;
            }
            turn.done();
        }
    }
}
