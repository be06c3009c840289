//! golive's own metrics, as Prometheus and OpenMetrics scrape them: what it has counted since its start, and how the
//! view stands now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::decide::action::{Action, Persist};
use crate::decide::view::View;
use crate::model::event::{Event, ServiceEvent};
use crate::model::notice::{News, Notice};
use crate::model::reason::Reason;
use crate::model::release::ReleaseState;
use crate::model::sample::Outcome;
use crate::model::witness::Witness;

mod dora;
mod standing;
#[cfg(test)]
mod tests;

pub use dora::Dora;

/// What [`Metrics::draw`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds of a health check, of a rollback, and from the first failure to the decision.
const PROBE: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0];
const ROLLBACK: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];
const DETECTION: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];

type Labels = Vec<(&'static str, String)>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// What is counted while the daemon runs. Its copies count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    rollbacks: Family<Labels, Counter>,
    took: Histograms,
    detection: Histograms,
    probes: Histograms,
    told: Family<Labels, Counter>,
    decided: Gauge<f64, std::sync::atomic::AtomicU64>,
    dora: Arc<Mutex<BTreeMap<String, Dora>>>,
}

/// What has become of a try to tell one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The provider confirmed.
    Sent,
    /// It did not; it is tried again.
    Refused,
    /// It did not, and is not tried again.
    GivenUp,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let rollbacks = Family::default();
        let told = Family::default();
        let decided = Gauge::default();
        let took = Histograms::new_with_constructor(|| Histogram::new(ROLLBACK));
        let detection = Histograms::new_with_constructor(|| Histogram::new(DETECTION));
        let probes = Histograms::new_with_constructor(|| Histogram::new(PROBE));
        registry.register("golive_rollbacks", "Rollbacks that ended, by how", rollbacks.clone());
        registry.register(
            "golive_notifications",
            "Tries to tell an address, by what came of it",
            told.clone(),
        );
        registry.register(
            "golive_rollback_duration_seconds",
            "From the decision to roll back to the proof that the old version works",
            took.clone(),
        );
        registry.register(
            "golive_detection_seconds",
            "From the first failure to the decision to roll back",
            detection.clone(),
        );
        registry.register("golive_probe_duration_seconds", "How long health checks took", probes.clone());
        registry.register(
            "golive_last_decision_timestamp_seconds",
            "When a release was decided last, since 1970; 0 before that",
            decided.clone(),
        );
        let (registry, dora) = (Arc::new(registry), Arc::default());
        Self { registry, rollbacks, took, detection, probes, told, decided, dora }
    }
}

impl Metrics {
    /// Takes in an event and what it led to.
    pub fn count(&self, now: Timestamp, event: &Event, actions: &[Action]) {
        if let Event::Service { service, what: ServiceEvent::Sampled(sample) } = event {
            let labels = vec![("service", service.clone()), ("check", sample.check.clone())];
            self.probes.get_or_create(&labels).observe(sample.took.as_secs_f64());
        }
        // A reminder of a rollback that goes on is no new decision.
        let begins = |action: &Action| {
            let Action::Persist(Persist::File { state, .. }) = action else { return false };
            *state == ReleaseState::RollingBack
        };
        let begun = actions.iter().any(begins);
        for action in actions {
            match action {
                Action::Persist(Persist::File { release, state, asked, .. }) => {
                    self.filed(now, &release.service, *state, *asked)
                }
                Action::Tell { notice, .. } => self.happened(notice, begun),
                Action::Effect(_) | Action::Persist(_) | Action::Answer(_) => {}
            }
        }
    }

    /// How well the releases of each service went lately.
    pub fn deliver(&self, all: impl Iterator<Item = (String, Dora)>) {
        *self.dora.lock().unwrap_or_else(PoisonError::into_inner) = all.collect();
    }

    /// An address was told, or not.
    pub fn told(&self, channel: &str, told: Told) {
        let outcome = match told {
            Told::Sent => "sent",
            Told::Refused => "refused",
            Told::GivenUp => "given-up",
        };
        let labels = vec![("channel", channel.to_owned()), ("outcome", outcome.to_owned())];
        self.told.get_or_create(&labels).inc();
    }

    /// Everything, at one moment. Deliveries that wait are by channel; of the record, its last entry.
    pub fn draw(&self, view: &View, waiting: &BTreeMap<String, u64>, record: Option<&Witness>) -> String {
        let mut text = String::new();
        let dora = self.dora.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let written = encode_registry(&mut text, &self.registry)
            .and_then(|()| encode_registry(&mut text, &standing::registry(view, waiting, record)))
            .and_then(|()| encode_registry(&mut text, &dora::registry(&dora)))
            .and_then(|()| encode_eof(&mut text));
        // A string takes everything; without the end that is missing, a scrape fails.
        if let Err(error) = written {
            tracing::error!(%error, "failed to draw the metrics");
        }
        text
    }

    fn filed(&self, now: Timestamp, service: &str, state: ReleaseState, asked: bool) {
        match state {
            ReleaseState::Announced
            | ReleaseState::Watching
            | ReleaseState::RollingBack
            | ReleaseState::Verifying => return,
            ReleaseState::RolledBack | ReleaseState::RollbackFailed => {
                let by = if asked { "person" } else { "golive" };
                let outcome = state.into_str().to_owned();
                let labels =
                    vec![("service", service.to_owned()), ("outcome", outcome), ("by", by.to_owned())];
                self.rollbacks.get_or_create(&labels).inc();
            }
            ReleaseState::Accepted
            | ReleaseState::Held
            | ReleaseState::Superseded
            | ReleaseState::Aborted => {}
        }
        self.decided.set(
            std::time::Duration::from_millis(u64::try_from(now.as_millisecond()).unwrap_or_default())
                .as_secs_f64(),
        );
    }

    fn happened(&self, notice: &Notice, begun: bool) {
        let Some(service) = &notice.service else { return };
        let labels = vec![("service", service.clone())];
        if let News::RollbackSucceeded { took } = &notice.news {
            self.took.get_or_create(&labels).observe(took.as_secs_f64());
        }
        if begun
            && notice.news == News::RollbackStarted
            && let Some(seconds) = detection(notice)
        {
            self.detection.get_or_create(&labels).observe(seconds);
        }
    }
}

/// From the first failure to the decision; nothing where no trigger decided it.
fn detection(notice: &Notice) -> Option<f64> {
    let cause = notice.reason.as_ref()?.cause();
    if let Reason::Breach(breach) = cause {
        return Some(breach.over.as_secs_f64());
    }
    if let Reason::CrashLoop { within, .. } = cause {
        return Some(within.as_secs_f64());
    }
    let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
    let run = notice.evidence.iter().rev().take_while(|sample| failed(&sample.outcome));
    let first = run.map(|sample| sample.began).min()?;
    Some(notice.at.duration_since(first).as_secs_f64())
}
