//! Checks by what a Prometheus knows: one number of a query, or whether it does its own work.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::reduce::{self, Reduction, firing, names, quoted};
use super::{Fault, Server};
use crate::config::check::{PrometheusCheck, QueryCheck};
use crate::config::{Prometheus, Query};
use crate::model::figure::Figure;
use crate::model::reading::Measure;
use crate::model::sample::Outcome;
use crate::probe::Tools;
use crate::probe::seen::quote;

/// Of a list no more are named.
const NAMED: usize = 3;

/// What is asked, and of whom.
#[derive(Debug)]
pub(in crate::probe) struct Look {
    server: Server,
    what: What,
}

#[derive(Debug)]
enum What {
    Query { query: String, above: Option<f64>, below: Option<f64> },
    Itself { targets: Option<String>, rules: Vec<String>, firing: Option<u32> },
}

/// The groups of rules that a Prometheus has.
#[derive(Debug, Deserialize)]
pub(super) struct Rules {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    name: String,
    #[serde(default)]
    health: String,
    #[serde(default, rename = "lastError")]
    last_error: String,
}

impl Look {
    pub(in crate::probe) fn of_query(check: &QueryCheck, timeout: Duration, tools: &Tools) -> Self {
        let QueryCheck { name, server, query, above, below } = check;
        let what = What::Query { query: query.clone(), above: *above, below: *below };
        Self { server: within(server, timeout, tools).named(name), what }
    }

    pub(in crate::probe) fn of_itself(check: &PrometheusCheck, timeout: Duration, tools: &Tools) -> Self {
        let PrometheusCheck { name, server, targets, rules, firing } = check;
        let what = What::Itself { targets: targets.clone(), rules: rules.clone(), firing: *firing };
        Self { server: within(server, timeout, tools).named(name), what }
    }

    pub(in crate::probe) async fn look(&self) -> (Outcome, Option<Figure>) {
        let seen = match &self.what {
            What::Query { query, above, below } => self.query(query, *above, *below).await,
            What::Itself { targets, rules, firing } => {
                self.itself(targets.as_deref(), rules, *firing).await.map(|outcome| (outcome, None))
            }
        };
        seen.unwrap_or_else(|fault| (Outcome::Blind(fault.to_string()), None))
    }

    async fn query(
        &self,
        query: &str,
        above: Option<f64>,
        below: Option<f64>,
    ) -> Result<(Outcome, Option<Figure>), Fault> {
        let query = Query::Value(query.to_owned());
        let (Some(promql), Some(mut reduction)) = (reduce::promql(&query), Reduction::of(&query)) else {
            return Err(self.server.said("it gives no number"));
        };
        let answer = self.server.instant(&promql).await?;
        let measure = reduction.take(&answer).map_err(|why| self.server.said(why))?;
        let Some(Measure::Value(value) | Measure::Again(value)) = measure else {
            return Err(self.server.said("it gives no number"));
        };
        let over = above.filter(|above| value > *above).map(|limit| ("above", limit));
        let under = below.filter(|below| value < *below).map(|limit| ("below", limit));
        let figure = Figure::plain(value, over.or(under).map(|(_, limit)| limit).or(above).or(below));
        let outcome = match over.or(under) {
            Some((side, limit)) => Outcome::Failed(format!("{value} is {side} {limit}")),
            None => Outcome::Ok,
        };
        Ok((outcome, Some(figure)))
    }

    async fn itself(
        &self,
        targets: Option<&str>,
        rules: &[String],
        firing: Option<u32>,
    ) -> Result<Outcome, Fault> {
        let mut wrong = Vec::new();
        if let Some(job) = targets {
            wrong.extend(self.targets(job).await?);
        }
        if !rules.is_empty() {
            wrong.extend(missing(&self.server.rules().await?, rules));
        }
        if let Some(most) = firing {
            wrong.extend(self.firing(most).await?);
        }
        Ok(if wrong.is_empty() { Outcome::Ok } else { Outcome::Failed(wrong.join("; ")) })
    }

    /// That a job has targets, and each was reached when it was scraped last.
    async fn targets(&self, job: &str) -> Result<Option<String>, Fault> {
        let answer = self.server.instant(&format!("up{{job={}}}", quoted(job))).await?;
        let all = answer.points.len();
        let down: Vec<String> = answer
            .points
            .iter()
            .filter(|point| point.value < 1.0)
            .map(|point| point.labels.get("instance").cloned().unwrap_or_default())
            .collect();
        Ok(match (all, down.len()) {
            (0, _) => Some(format!("it scrapes no target of the job {}", quote(job))),
            (_, 0) => None,
            (all, count) => {
                Some(format!("{count} of {all} targets of {} are down: {}", quote(job), listed(&down)))
            }
        })
    }

    async fn firing(&self, most: u32) -> Result<Option<String>, Fault> {
        let answer = self.server.instant(&firing(&BTreeMap::new())).await?;
        let count = answer.points.len();
        if count <= most as usize {
            return Ok(None);
        }
        let names: Vec<String> = names(&answer.points).into_iter().collect();
        Ok(Some(format!("{count} alerts are firing, allowed {most}: {}", listed(&names))))
    }
}

fn within(server: &Prometheus, timeout: Duration, tools: &Tools) -> Server {
    Server::new(&Prometheus { timeout: server.timeout.min(timeout), ..server.clone() }, tools)
}

/// Rules that it does not have, or cannot evaluate.
impl Server {
    /// What is to be said of one that evaluates no alerting rule: others may evaluate them and store what fires there.
    pub(super) async fn unruled(&self) -> Option<String> {
        let none = |rules: &Rules| rules.groups.iter().all(|group| group.rules.is_empty());
        match self.rules().await {
            Ok(rules) => none(&rules).then(|| "this Prometheus has no alerting rules".to_owned()),
            Err(fault) => Some(format!("its alerting rules cannot be read: {fault}")),
        }
    }
}

fn missing(rules: &Rules, wanted: &[String]) -> Vec<String> {
    let all = || rules.groups.iter().flat_map(|group| &group.rules);
    let wrong = wanted.iter().filter_map(|name| {
        let mut called = all().filter(|rule| rule.name == *name).peekable();
        if called.peek().is_none() {
            return Some(format!("it has no alerting rule {}", quote(name)));
        }
        let broken = called.find(|rule| rule.health == "err")?;
        Some(format!("it cannot evaluate {}: {}", quote(name), quote(&broken.last_error)))
    });
    wrong.collect()
}

fn listed(names: &[String]) -> String {
    let mut named: Vec<String> = names.iter().take(NAMED).map(|name| quote(name)).collect();
    if names.len() > NAMED {
        named.push(format!("and {} more", names.len() - NAMED));
    }
    named.join(", ")
}
