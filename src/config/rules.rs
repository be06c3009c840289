//! `[host.limits]` and `[rule.…]`: what is watched always.

use std::collections::BTreeMap;
use std::time::Duration;

use super::origin::{self, Setting};
use super::prometheus::Names;
use super::table::{Section, one_of};
use super::tiers::TIERS;
use super::{Measured, Query, Service};
use crate::model::notice::Tier;
use crate::model::policy::{Autonomy, Ppm, Rule as Limit, RuleOf};
use crate::model::reading::Stream;
use crate::model::reason::Unit;

/// How long a limit may have to be passed before it is told.
pub(super) const LASTS: (&str, &str) = ("10s", "1d");

/// What is measured always is measured so often.
pub const EVERY: Duration = Duration::from_secs(10);

/// What a host's limits are called among the rules.
pub(super) const HOST: [&str; 3] = ["host-cpu", "host-memory", "host-disk"];

/// One limit that is watched always, and where its numbers come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What the core needs to know.
    pub limit: Limit,
    /// What is measured, and where.
    pub measured: Measured,
}

/// All of them, by name.
pub(super) fn read(
    root: &mut Section<'_>,
    servers: &Names,
    services: &BTreeMap<String, Service>,
) -> BTreeMap<String, Rule> {
    let mut rules = BTreeMap::new();
    if let Some(mut host) = root.section("host") {
        if let Some(limits) = host.section("limits") {
            rules.extend(host_limits(limits));
        }
        host.end(&[]);
    }
    root.named("rule", |name, mut section| {
        if HOST.contains(&name) {
            section.wrong_here("is what [host.limits] is called", "give it a name of its own");
        }
        if let Some(rule) = one(name, section, servers, services) {
            rules.insert(name.to_owned(), rule);
        }
    });
    rules
}

fn host_limits(mut section: Section<'_>) -> Vec<(String, Rule)> {
    let lasts = section.duration_within("for", Duration::from_mins(1), LASTS);
    let limits = [
        ("cpu", section.has("cpu"), section.ratio("cpu", Ppm(800_000))),
        ("memory", section.has("memory"), section.ratio("memory", Ppm(700_000))),
        ("disk", section.has("disk"), section.ratio("disk", Ppm(850_000))),
    ];
    section.end(&["network"]);
    let rule = |(what, _, above): (&str, bool, Ppm)| {
        let limit = Limit {
            of: RuleOf::Host(what.to_owned()),
            every: EVERY,
            above: Some(above.ratio()),
            below: None,
            lasts,
            tier: Tier::Important,
            unit: Unit::Ratio,
        };
        let measured = Measured::new(Stream::Resources, Query::Host);
        (format!("host-{what}"), Rule { limit, measured })
    };
    limits.into_iter().filter(|(_, written, _)| *written).map(rule).collect()
}

/// The service that is named, where one is.
pub(super) fn service<'s>(
    section: &mut Section<'_>,
    services: &'s BTreeMap<String, Service>,
) -> Option<&'s Service> {
    let name = section.string("service")?;
    let known = services.get(&name);
    if known.is_none() {
        let hint = format!("the services are {}", one_of(services.keys()));
        section.missing_in(&["service"], format!("there is no service \"{name}\""), &hint);
    }
    known
}

/// One rule; `None` when it cannot be made sense of, which is told.
fn one(
    name: &str,
    mut section: Section<'_>,
    servers: &Names,
    services: &BTreeMap<String, Service>,
) -> Option<Rule> {
    let (above, below) = (section.number("above"), section.number("below"));
    let lasts = section.duration_within("for", Duration::from_secs(30), LASTS);
    let tier = section.word("tier", &TIERS, Tier::General);
    let known = service(&mut section, services);
    let setting = Setting {
        autonomy: Autonomy::Off,
        command: true,
        servers: servers.clone(),
        server: servers.usual().map(str::to_owned),
        metrics: known.and_then(|service| service.metrics.clone()),
        traffic: false,
        urls: Vec::new(),
    };
    origin::only_one(&mut section, &["query", "metric"]);
    let server = origin::server(&mut section, &setting);
    let query =
        origin::promql(&mut section, "query", &setting.servers, server.as_deref()).map(|query| query.plain());
    let metric = origin::name(&mut section, "metric", "a metric");
    if !section.has("query") && !section.has("metric") {
        section.missing(
            "does not say what is measured",
            "add query = \"…\", or metric = \"…\" and service = \"…\"",
        );
    }
    if section.has("metric") && setting.metrics.is_none() && known.is_some() == section.has("service") {
        let hint = "add service = \"NAME\" of one that has `metrics = \"http://…\"`";
        section.missing_in(&["metric"], "needs a service with `metrics`", hint);
    }
    if section.given(&["above", "below"]).is_empty() {
        section.missing("has no limit", "add above or below");
    }
    if let (Some(low), Some(high)) = (below, above)
        && low >= high
    {
        let hint = "what is fine lies between the two";
        section.wrong("below", "is not less than `above`: every value would pass one of the limits", hint);
    }
    section.end(&[]);
    let exposed = || Some(Query::Exposed { from: setting.metrics.clone()?, metric: metric?, rate: false });
    let query = query.map(Query::Value).or_else(exposed)?;
    let limit = Limit { of: RuleOf::Metric, every: EVERY, above, below, lasts, tier, unit: Unit::Plain };
    let stream = Stream::Business(name.to_owned());
    Some(Rule { limit, measured: Measured { stream, query, server: server.unwrap_or_default() } })
}
