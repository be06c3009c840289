//! Learning what a business metric's own past lets expect, when a watch begins.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::config::promql::kind_of;
use crate::config::{Query, Service};
use crate::decide::event::{Event, Happening};
use crate::decide::policy::{self, Anomaly};
use crate::decide::reading::Stream;
use crate::probe::prometheus::Server;
use crate::stats::season::{Direction, Kind, Learning, Season};

/// The past of one metric.
struct Past {
    metric: String,
    query: String,
    history: Duration,
    direction: Direction,
}

/// Learns every metric of a service that has a season, and says what came of it. May be dropped at any await.
pub(super) async fn learn(
    name: String,
    service: Service,
    server: Option<Arc<Server>>,
    until: Timestamp,
    inbox: mpsc::Sender<Event>,
) {
    for past in pasts(&service) {
        // A season is of numbers per minute.
        let scale = kind_of(&past.query).per_minute();
        let metric = past.metric.clone();
        let season = match &server {
            Some(server) => past.learn(server, until, service.policy.window, scale).await,
            None => Err("no Prometheus is configured that knows its past".to_owned()),
        };
        let what = Happening::Expected { metric, scale, season };
        if inbox.send(Event::Service { service: name.clone(), what }).await.is_err() {
            return;
        }
    }
}

fn pasts(service: &Service) -> Vec<Past> {
    let past = |stream: &Stream, query: &Query| {
        let (Stream::Business(metric), Query::Seasonal { query, history }) = (stream, query) else {
            return None;
        };
        let anomaly = service.policy.triggers.business.get(metric)?.anomaly.as_ref()?;
        let (metric, query, history) = (metric.clone(), query.clone(), *history);
        Some(Past { metric, query, history, direction: direction(anomaly) })
    };
    service.measured.iter().filter_map(|measured| past(&measured.stream, &measured.query)).collect()
}

fn direction(anomaly: &Anomaly) -> Direction {
    match anomaly.direction {
        policy::Direction::Drop => Direction::Down,
        policy::Direction::Rise => Direction::Up,
        policy::Direction::Both => Direction::Both,
    }
}

impl Past {
    async fn learn(
        &self,
        server: &Server,
        until: Timestamp,
        window: Duration,
        scale: f64,
    ) -> Result<Box<Season>, String> {
        let from = until.checked_sub(self.history).unwrap_or(Timestamp::MIN);
        let history = server.history(&self.query, from, until).await;
        let history = history.map_err(|fault| format!("its past cannot be told: {fault}"))?;
        let scaled: Vec<f64> = history.iter().map(|value| value * scale).collect();
        // Twice the window: so long a watch may last.
        let minutes = usize::try_from(window.as_secs() / 30).unwrap_or(usize::MAX);
        let kind = if scaled.iter().any(|value| *value < 0.0) { Kind::Linear } else { Kind::Count };
        let direction = self.direction;
        // A month of minutes takes a moment, which the loop must not wait for.
        let learnt = tokio::task::spawn_blocking(move || Season::learn(&scaled, kind, direction, minutes));
        let learnt = learnt.await.map_err(|error| error.to_string())?;
        learnt.map(Box::new).map_err(lacking)
    }
}

fn lacking(why: Learning) -> String {
    match why {
        Learning::Short { minutes, needed } => {
            format!("{} h of its past are known, {} h are needed", minutes / 60, needed.div_ceil(60))
        }
        Learning::Gaps => "its past has too many gaps".to_owned(),
        Learning::NoLevel => {
            "nothing is known of the hour before, or of the same hour on other days".to_owned()
        }
    }
}
