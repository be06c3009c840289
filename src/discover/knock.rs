//! Asks at an address, by GET alone: which of the usual paths of health checks answers, and whether there are metrics.
//!
//! Nothing is followed elsewhere, each request has two seconds, an address that keeps silent twice is asked no more, and all
//! of an address has a deadline. No body is read but that of metrics, with a bound of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;

use super::door::Address;
use super::seen::{Answer, Door, Exposed};
use crate::clock::Clock;
use crate::config::{self, Check, CheckKind, HttpCheck, Measured, Query, Runtime};
use crate::model::reading::Stream;
use crate::model::sample::Outcome;
use crate::probe::exposition::Page;
use crate::probe::{Head, Probe, Tools};

/// Where health is told, the more telling first.
const PATHS: [&str; 11] = [
    "/health",
    "/healthz",
    "/health/",
    "/ready",
    "/readyz",
    "/livez",
    "/-/healthy",
    "/actuator/health",
    "/api/health",
    "/status",
    "/ping",
];
/// Nothing is there, so that whoever answers 200 does so to everything.
const NOWHERE: &str = "/golive-looks-whether-this-is-there";

/// For one request.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);
/// For all requests to one address.
const ALL: Duration = Duration::from_secs(20);
/// So often may nothing come.
const SILENT_MAX: u32 = 2;

/// What probes are made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct With<'a> {
    pub(super) tools: &'a Tools,
    pub(super) clock: &'a Clock,
}

/// A check of a service of that kind, made once as the daemon makes it.
pub(super) async fn tried(kind: CheckKind, runtime: &Runtime, with: With<'_>) -> Outcome {
    let check = Check { timeout: TIMEOUT, kind };
    Probe::new("discover", &check, runtime, with.tools).observe(with.clock).await.outcome
}

/// What answers there.
pub(super) async fn knock(address: &Address, runtime: &Runtime, with: With<'_>) -> Door {
    let mut door = unasked(address);
    // What was found until then stays.
    let asked = async {
        door.answer = answer(&door, runtime, with).await;
        if !matches!(door.answer, Answer::Silent(_)) {
            door.exposed = exposed(&door, runtime, with).await;
        }
    };
    drop(tokio::time::timeout(ALL, asked).await);
    door
}

/// An address before it is asked.
pub(super) fn unasked(address: &Address) -> Door {
    let Address { at, of, lasting, .. } = address.clone();
    Door { at, of, lasting, answer: Answer::Unasked, exposed: None }
}

async fn answer(door: &Door, runtime: &Runtime, with: With<'_>) -> Answer {
    let (mut silent, mut sick) = (0, None);
    for path in PATHS {
        match head(&door.url(path), runtime, with).await {
            Ok(Head { status: 200, .. }) => {
                let check = CheckKind::Http(http(&door.url(path)));
                if tried(check, runtime, with).await == Outcome::Ok {
                    return last(door, Some(path), sick, runtime, with).await;
                }
            }
            Ok(Head { status, .. }) if status >= 500 && sick.is_none() => sick = Some((path, status)),
            Ok(_) => {}
            Err(Outcome::Failed(seen) | Outcome::Blind(seen)) => {
                silent += 1;
                if silent == SILENT_MAX {
                    return Answer::Silent(seen);
                }
            }
            Err(Outcome::Ok) => {}
        }
    }
    last(door, None, sick, runtime, with).await
}

/// Whether the path that was found says anything, and what `/` says.
async fn last(
    door: &Door,
    found: Option<&'static str>,
    sick: Option<(&'static str, u16)>,
    runtime: &Runtime,
    with: With<'_>,
) -> Answer {
    let nowhere = head(&door.url(NOWHERE), runtime, with).await;
    let anything = matches!(nowhere, Ok(Head { status: 200, .. }));
    if let Some(path) = found.filter(|_| !anything) {
        return Answer::Well(path);
    }
    match head(&door.url("/"), runtime, with).await {
        Ok(Head { status: 200, .. }) => {
            match tried(CheckKind::Http(http(&door.url("/"))), runtime, with).await {
                Outcome::Ok => Answer::Home { sick, anything },
                Outcome::Failed(seen) | Outcome::Blind(seen) => Answer::Silent(seen),
            }
        }
        Ok(Head { status, .. }) => Answer::Other { status, sick },
        Err(Outcome::Failed(seen) | Outcome::Blind(seen)) => Answer::Silent(seen),
        Err(Outcome::Ok) => Answer::Unasked,
    }
}

/// What its metrics tell, where it has some.
async fn exposed(door: &Door, runtime: &Runtime, with: With<'_>) -> Option<Exposed> {
    let page = door.url("/metrics");
    let head = head(&page, runtime, with).await.ok().filter(|head| head.status == 200)?;
    let kind =
        head.headers.iter().find(|(name, _)| name == CONTENT_TYPE.as_str()).map(|(_, kind)| kind.as_str());
    kind.filter(|kind| kind.starts_with("text/plain") || kind.starts_with("application/openmetrics-text"))?;
    let from = config::Exposition { url: page, ca_file: None };
    let requests = Query::ExposedRequests { from: from.clone(), metric: None, label: None };
    let durations = Query::ExposedDurations { from, metric: None };
    let streams = [Measured::new(Stream::Errors, requests), Measured::new(Stream::Latency, durations)];
    let mut exposed = Exposed::default();
    for mut page in Page::all(&streams, with.tools) {
        for trial in page.try_out(with.clock).await {
            // What is not told has a remark that says so; what cannot be read at all is of no use.
            let told = trial.result.ok()?;
            let to =
                if trial.stream == Stream::Errors { &mut exposed.requests } else { &mut exposed.durations };
            *to = Some(told).filter(|_| trial.remarks.is_empty());
        }
    }
    Some(exposed)
}

async fn head(url: &str, runtime: &Runtime, with: With<'_>) -> Result<Head, Outcome> {
    let check = Check { timeout: TIMEOUT, kind: CheckKind::Http(http(url)) };
    Probe::new("discover", &check, runtime, with.tools).head().await
}

/// The check that the draft writes.
fn http(url: &str) -> HttpCheck {
    HttpCheck {
        url: url.to_owned(),
        method: "GET".to_owned(),
        send_headers: BTreeMap::new(),
        status: vec![200],
        body_contains: None,
        headers: BTreeMap::new(),
        json: BTreeMap::new(),
        max_latency: None,
        ca_file: None,
        keep_alive: None,
    }
}
