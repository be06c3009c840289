//! Acceptance (guide G3): what a release has to show, item by item, value against limit.
//!
//! Nothing is judged here that golive acts by: a person reads it, or a CI job. What only looks is made ten at a time; what
//! measures how fast an answer comes, or asks very often, is alone while it does.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::acceptance::{Acceptance, Demand};
use crate::config::{CheckKind, Runtime, Service};
use crate::load::Progress;
use crate::model::acceptance::{Group, Item, Spread, Verdict};
use crate::model::figure::Figure;
use crate::model::load::Report;
use crate::model::phrase::Phrase;
use crate::model::sample::Outcome;
use crate::probe::{Probe, Tools};
use crate::text::english;

mod burst;
mod headers;
pub mod json;
pub mod junit;
mod latency;
mod load;
pub mod watched;

#[cfg(test)]
mod tests;

/// So many items at once.
const AT_ONCE: usize = 10;

/// What items are made with.
#[derive(Debug)]
pub struct With<'a> {
    /// Whose they are.
    pub service: &'a Service,
    /// What checks are made with.
    pub tools: &'a Tools,
    /// The time.
    pub clock: &'a Clock,
    /// Where golive keeps its state here.
    pub state_dir: &'a Path,
    /// Whether the service is being rolled back. Nothing is asked of it then.
    pub rolls_back: watch::Receiver<bool>,
}

/// What is told while items are made.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// One has ended.
    Item(&'a Item),
    /// One goes on for a while, by its name; it is so far.
    Progress(&'a str, &'a Progress),
}

/// What one look at an item gives.
struct Found {
    verdict: Verdict,
    message: String,
    phrase: Option<Phrase>,
    figure: Option<Figure>,
    spread: Option<Spread>,
    load: Option<Box<Report>>,
}

/// Makes all items of a service; each is told when it ends.
pub async fn run(
    items: &BTreeMap<String, Acceptance>,
    with: &With<'_>,
    mut told: impl FnMut(Told<'_>),
) -> Vec<Item> {
    let alone = |item: &Acceptance| {
        matches!(item.demand, Demand::Latency { .. } | Demand::RateLimited { .. } | Demand::Load(_))
    };
    let (timed, others): (Vec<_>, Vec<_>) = items.iter().partition(|(_, item)| alone(item));
    let mut items = Vec::new();
    let each: Vec<_> = others.into_iter().map(|(name, item)| made(name, item, with, |_| {})).collect();
    let mut each = stream::iter(each).buffer_unordered(AT_ONCE);
    while let Some(item) = each.next().await {
        told(Told::Item(&item));
        items.push(item);
    }
    for (name, item) in timed {
        let item = made(name, item, with, |progress| told(Told::Progress(name, &progress))).await;
        told(Told::Item(&item));
        items.push(item);
    }
    items.sort_by(|a, b| (a.group, &a.name).cmp(&(b.group, &b.name)));
    items
}

async fn made(name: &str, item: &Acceptance, with: &With<'_>, progress: impl FnMut(Progress)) -> Item {
    let With { service, tools, clock, .. } = with;
    let (began, runtime) = (clock.now(), &service.runtime);
    let probe = Probe::new(name, &item.check, runtime, tools);
    let found = match &item.demand {
        Demand::Passes => passes(&probe, clock).await,
        Demand::Latency { times, below } => latency::measured(&probe, *times, *below, clock).await,
        Demand::SecureHeaders(list) => headers::judged(&probe, *list, &item.check).await,
        Demand::RateLimited { after, within } => burst::limited(&probe, *after, *within, clock).await,
        Demand::NotServed(paths) => hidden(name, item, paths, runtime, tools).await,
        Demand::Load(load) => load::borne(load, &item.check, with, progress).await,
    };
    let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
    found.item(name.to_owned(), item.kind(), item.group, took)
}

impl Found {
    fn new(verdict: Verdict, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { verdict, message, phrase: None, figure: None, spread: None, load: None }
    }

    /// Of the item of that name.
    fn item(self, name: String, kind: &str, group: Group, took: Duration) -> Item {
        let Self { verdict, message, phrase, figure, spread, load } = self;
        Item { name, kind: kind.to_owned(), group, verdict, figure, spread, load, message, phrase, took }
    }

    /// What can be said in every language.
    fn said(verdict: Verdict, phrase: Phrase) -> Self {
        let message = english().sentence(&phrase);
        Self { phrase: Some(phrase), ..Self::new(verdict, message) }
    }

    /// What was seen instead of what is looked for.
    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::new(Verdict::Pass, ""),
            Outcome::Failed(seen) => Self::new(Verdict::Fail, seen),
            Outcome::Blind(why) => Self::new(Verdict::NoData, why),
        }
    }
}

async fn passes(probe: &Probe, clock: &Clock) -> Found {
    let (sample, figure) = probe.measure(clock).await;
    Found { figure, ..Found::of(sample.outcome) }
}

/// Paths that nobody outside should get: an answer that gives a page fails.
async fn hidden(name: &str, item: &Acceptance, paths: &[String], runtime: &Runtime, tools: &Tools) -> Found {
    let CheckKind::Http(http) = &item.check.kind else {
        return Found::new(Verdict::NoData, "it is no check by `url`");
    };
    let mut served = Vec::new();
    for path in paths {
        let Some(url) = on_same_server(&http.url, path) else {
            return Found::new(Verdict::NoData, format!("{path} is not a path on that server"));
        };
        let mut check = item.check.clone();
        if let CheckKind::Http(http) = &mut check.kind {
            http.url = url.into();
        }
        match Probe::new(name, &check, runtime, tools).head().await {
            Ok(head) if (200..300).contains(&head.status) => served.push(format!("{path} ({})", head.status)),
            // Whoever cannot answer does not say that there is nothing.
            Ok(head) if head.status >= 500 => {
                return Found::new(Verdict::NoData, format!("{path}: status {}", head.status));
            }
            Ok(_) => {}
            Err(outcome) => {
                let found = Found::of(outcome);
                return Found::new(Verdict::NoData, format!("{path}: {}", found.message));
            }
        }
    }
    if served.is_empty() {
        return Found::new(Verdict::Pass, format!("{} paths are not served", paths.len()));
    }
    Found::new(Verdict::Fail, format!("served: {}", served.join(", ")))
}

/// The address of another path; `//HOST` would lead away from the server.
fn on_same_server(url: &str, path: &str) -> Option<reqwest::Url> {
    let url = reqwest::Url::parse(url).ok()?;
    url.join(path).ok().filter(|joined| joined.origin() == url.origin())
}
