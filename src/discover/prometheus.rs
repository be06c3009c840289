//! A Prometheus on this host, what it scrapes of what runs here, and the queries that follow from it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::door;
use super::knock::{TIMEOUT, With};
use super::seen::{self, Answer, Door, Query, Scraped};
use super::subjects::Subject;
use crate::config::{self, Access, Runtime};
use crate::probe::exposition::names::{DURATIONS, REQUESTS, STATUS};
use crate::probe::prometheus::{Fault, Server};
use crate::untrusted::{acts, named};

/// Where it listens unless told otherwise.
const USUAL: &str = "http://127.0.0.1:9090";
/// More of its answers is not read: a few thousand targets.
const LONGEST: usize = 4 << 20;
/// At how many addresses one is looked for.
const TRIED_MAX: usize = 8;
/// A rate is taken over so many scrapes, and over no less than a minute.
const SCRAPES: u64 = 4;

/// One that answers, and what it scrapes.
#[derive(Debug)]
pub(super) struct Found {
    server: Server,
    pub(super) seen: seen::Server,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Build {
    version: String,
}

#[derive(Debug, Deserialize)]
struct Targets {
    #[serde(rename = "activeTargets", default)]
    active: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(rename = "scrapeUrl", default)]
    url: String,
    #[serde(rename = "scrapeInterval", default)]
    interval: String,
}

/// The answer to a query for now, as far as it is needed.
#[derive(Debug, Deserialize)]
struct Now {
    #[serde(default)]
    result: Value,
}

/// The one of the configuration, where that has one on this host; else the first that answers as one, of what runs here and
/// may be one and of the usual place.
pub(super) async fn find<'a>(
    configured: Option<&config::Prometheus>,
    doors: impl Iterator<Item = &'a Door>,
    with: With<'_>,
) -> Option<Found> {
    let maybe = doors.filter(|door| door.lasting && door.answer == Answer::Well("/-/healthy"));
    let maybe = maybe.map(|door| door.url("")).take(TRIED_MAX).chain([USUAL.to_owned()]);
    let plain = |url| config::Prometheus { url, timeout: TIMEOUT, access: Access::default() };
    let candidates: Vec<config::Prometheus> = match configured {
        Some(one) => vec![config::Prometheus { timeout: TIMEOUT, ..one.clone() }],
        None => maybe.map(plain).collect(),
    };
    for one in candidates {
        let server = Server::new(&one, with.tools);
        let Ok(Build { version }) = server.listed("status/buildinfo", &[], LONGEST).await else { continue };
        let targets = server.listed("targets", &[("state", "active")], LONGEST).await;
        let targets = targets.map(|Targets { active }| active).unwrap_or_default();
        let (url, configured) = (one.url, configured.is_some());
        let seen = seen::Server { url, version: named(&version), configured };
        return Some(Found { server, seen, targets });
    }
    None
}

impl Found {
    /// What it knows of each of them, in their order; nothing of one that it cannot tell from another.
    pub(super) async fn scraped(&self, subjects: &[Subject], doors: &[Vec<Door>]) -> Vec<Option<Scraped>> {
        let places: Vec<Places> =
            subjects.iter().zip(doors).map(|(subject, doors)| Places::of(subject, doors)).collect();
        let mut of: Vec<Vec<&Target>> = subjects.iter().map(|_| Vec::new()).collect();
        for target in &self.targets {
            let Some(place) = target.place() else { continue };
            let mut at = (0..places.len()).filter(|at| places[*at].has(&place));
            if let (Some(at), None) = (at.next(), at.next()) {
                of[at].push(target);
            }
        }
        let mut scraped = Vec::new();
        for targets in of {
            scraped.push(match self.selector(&targets) {
                Some((job, selector)) => self.queries(job, &selector, targets[0]).await.ok(),
                None => None,
            });
        }
        scraped
    }

    /// The job of these targets, and what selects their series and no others.
    fn selector(&self, targets: &[&Target]) -> Option<(String, String)> {
        let label = |target: &&Target, name: &str| {
            Some(target.labels.get(name)?.clone()).filter(|value| !value.chars().any(acts))
        };
        let job = label(targets.first()?, "job")?;
        let instance =
            |target: &&Target| label(target, "instance").filter(|_| target.labels.get("job") == Some(&job));
        let instances: BTreeSet<String> = targets.iter().filter_map(instance).collect();
        let all = self.targets.iter().filter(|target| target.labels.get("job") == Some(&job)).count();
        let all_of_them =
            targets.iter().filter(|target| target.labels.get("job") == Some(&job)).count() == all;
        let each: Vec<String> = instances.iter().map(|instance| regex::escape(instance)).collect();
        let selector = match (all_of_them, instances.first().filter(|_| instances.len() == 1)) {
            (true, _) => format!("job={}", quoted(&job)),
            (false, Some(instance)) => format!("job={},instance={}", quoted(&job), quoted(instance)),
            (false, None) => format!("job={},instance=~{}", quoted(&job), quoted(&each.join("|"))),
        };
        Some((job, selector))
    }

    async fn queries(&self, job: String, selector: &str, target: &Target) -> Result<Scraped, Fault> {
        let buckets = DURATIONS.map(|name| format!("{name}_bucket"));
        let names: Vec<&str> = REQUESTS.iter().copied().chain(buckets.iter().map(String::as_str)).collect();
        let (names, labels) = (names.join("|"), STATUS.join(", "));
        let known = format!("count by (__name__, {labels}) ({{__name__=~\"{names}\",{selector}}})");
        let known = self.now(&known).await?;
        let series: Vec<&Value> = known.as_array().into_iter().flatten().map(|one| &one["metric"]).collect();
        let window = window(&target.interval);
        let requests = REQUESTS.iter().find_map(|name| {
            let with =
                |label: &&&str| series.iter().any(|one| one["__name__"] == *name && one[**label].is_string());
            Some((name, STATUS.iter().find(with)?))
        });
        let error_rate = match requests {
            Some((name, label)) => {
                let all = format!("sum(rate({name}{{{selector}}}[{window}]))");
                let failed = format!("sum(rate({name}{{{selector},{label}=~\"5..\"}}[{window}]))");
                Some(Query { works: self.tells(&all).await?, promql: format!("{failed} / {all}") })
            }
            None => None,
        };
        let buckets = buckets.iter().find(|name| series.iter().any(|one| one["__name__"] == name.as_str()));
        let latency = match buckets {
            Some(name) => {
                let buckets = format!("sum by (le) (rate({name}{{{selector}}}[{window}]))");
                let promql = format!("histogram_quantile(0.95, {buckets})");
                Some(Query { works: self.tells(&buckets).await?, promql })
            }
            None => None,
        };
        Ok(Scraped { job, error_rate, latency })
    }

    /// Whether a query gives anything now.
    async fn tells(&self, promql: &str) -> Result<bool, Fault> {
        Ok(self.now(promql).await?.as_array().is_some_and(|series| !series.is_empty()))
    }

    async fn now(&self, promql: &str) -> Result<Value, Fault> {
        let Now { result } = self.server.listed("query", &[("query", promql)], LONGEST).await?;
        Ok(result)
    }
}

impl Target {
    /// Which host and port it is scraped at.
    fn place(&self) -> Option<(String, u16)> {
        let url = Url::parse(&self.url).ok()?;
        let host = url.host_str()?.trim_matches(['[', ']']).to_ascii_lowercase();
        Some((host, url.port_or_known_default()?))
    }
}

/// At which hosts and ports a service may be scraped.
#[derive(Debug)]
struct Places {
    /// Names and addresses of its own; at any port.
    own: BTreeSet<String>,
    /// Ports of this host.
    here: BTreeSet<u16>,
}

impl Places {
    fn of(subject: &Subject, doors: &[Door]) -> Self {
        let mut own = BTreeSet::new();
        for member in &subject.members {
            let found = &member.found;
            own.extend(door::addresses(found).iter().map(ToString::to_string));
            own.extend([
                member.name.clone(),
                found.name().to_owned(),
                found.text("/Config/Hostname").to_owned(),
            ]);
            let networks = found.entries("/NetworkSettings/Networks");
            let aliases =
                networks.flat_map(|(_, network)| network["Aliases"].as_array().into_iter().flatten());
            own.extend(aliases.filter_map(|alias| alias.as_str().map(str::to_owned)));
        }
        for (service, _) in &subject.services {
            own.extend([service.clone(), format!("tasks.{service}")]);
        }
        if let Runtime::Container { name } = &subject.runtime {
            own.insert(name.clone());
        }
        let own = own.iter().map(|name| name.to_ascii_lowercase()).filter(|name| !name.is_empty()).collect();
        let here = doors.iter().filter(|door| door.at.ip().is_loopback()).map(|door| door.at.port());
        let mesh = subject.mesh.iter().map(|(_, _, published)| *published);
        Self { own, here: here.chain(mesh).collect() }
    }

    fn has(&self, (host, port): &(String, u16)) -> bool {
        let address = format!("{host}:{port}").parse::<SocketAddr>();
        let here = matches!(host.as_str(), "localhost" | "::1" | "host.docker.internal" | "172.17.0.1")
            || address.is_ok_and(|address| address.ip().is_loopback());
        if here { self.here.contains(port) } else { self.own.contains(host) }
    }
}

/// A text of `PromQL`.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Over how long a rate is taken, by the interval of the scrapes as Prometheus writes it: `15s`, `1m`, `1m30s`.
fn window(interval: &str) -> String {
    let seconds = config::duration(interval).map_or(75, |interval| interval.as_secs());
    format!("{}m", (seconds * SCRAPES).div_ceil(60).clamp(1, 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_taken_over_several_scrapes() {
        for (interval, wanted) in [
            ("1s", "1m"),
            ("15s", "1m"),
            ("30s", "2m"),
            ("1m", "4m"),
            ("1m30s", "6m"),
            ("", "5m"),
            ("99h", "60m"),
        ] {
            assert_eq!(window(interval), wanted, "{interval}");
        }
    }

    #[test]
    fn what_stands_in_a_query_stays_within_its_quotes() {
        assert_eq!(quoted(r#"a"} or vector(1) or x{y="\"#), r#""a\"} or vector(1) or x{y=\"\\""#);
    }
}
