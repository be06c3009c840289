//! What `golive check --online` tries of the measurements.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::Report;
use crate::cli::CliError;
use crate::clock::Clock;
use crate::config::{Always, Config, Measured, Query, Service, Traffic};
use crate::load::Spec;
use crate::model::past;
use crate::model::past::Unjudged;
use crate::model::reading::{Source, Stream};
use crate::model::sample::Sample;
use crate::probe::exposition::Page;
use crate::probe::host::Host;
use crate::probe::prometheus::{Meter, Server, Servers};
use crate::probe::{Probe, Tools, Trial, place};
use crate::text::english;

/// So many checks that are made always are tried at once.
const AT_ONCE: usize = 10;

/// Every measurement of a service, and the checks of what it depends on.
pub(super) async fn measured(
    name: &str,
    service: &Service,
    (config, tools, clock): (&Config, &Tools, &Clock),
    report: &mut Report,
) -> Result<(), CliError> {
    let servers = Servers::new(&config.prometheus, tools);
    for measured in &service.measured {
        if let Some(mut host) = Host::new(measured, &service.runtime, tools) {
            told(name, service, &host.try_out(clock).await, report)?;
        }
        let (Some(server), Some(meter)) = (servers.of(measured), Meter::new(measured)) else { continue };
        told(name, service, &meter.try_out(server).await, report)?;
        if let Query::Seasonal { query, history } = &measured.query {
            let past = (query.as_str(), *history);
            own_past(
                &label(name, &measured.stream),
                service,
                &measured.stream,
                (server, past, clock.now()),
                report,
            )
            .await?;
        }
    }
    for mut page in Page::all(&service.measured, tools) {
        for trial in page.try_out(clock).await {
            told(name, service, &trial, report)?;
        }
    }
    if let Some(traffic) = &service.traffic {
        asked(name, (service, traffic), (config, tools, clock), report).await?;
    }
    for (dependency, check) in &service.dependencies {
        let sample = Probe::new(dependency, check, &service.runtime, tools).observe(clock).await;
        super::sampled(&format!("{name} dependency {dependency}"), &sample, report)?;
    }
    Ok(())
}

/// One of the requests that a watch would send, and what is judged by them.
async fn asked(
    name: &str,
    (service, traffic): (&Service, &Traffic),
    (config, tools, clock): (&Config, &Tools, &Clock),
    report: &mut Report,
) -> Result<(), CliError> {
    let what = format!("{name} watch.traffic");
    let aimed = tools.aimed(&traffic.url, &service.runtime, traffic.allow.as_deref()).await;
    let tried = match aimed {
        Ok(addresses) => Spec::steady(traffic, addresses, &config.state_dir).tried(clock).await,
        Err(why) => Err(english().sentence(&why)),
    };
    let tried = tried.map(|took| format!("answered in {} ms", took.as_millis()));
    let tried = tried.map_err(|why| format!("{}: {why}", place(&traffic.url)));
    report.line(&what, tried.as_deref().map_err(String::as_str))?;
    let by_them = service.policy.triggers.fed_by(Source::Traffic);
    let by_them: Vec<_> = by_them.iter().map(Stream::trigger).collect();
    let said = if by_them.is_empty() {
        "other sources have it, which these requests show in".to_owned()
    } else {
        format!("{} measured by golive's own requests alone", by_them.join(" and "))
    };
    report.note(&what, &said)
}

/// What is watched always: every limit, and every check.
pub(super) async fn always(
    (config, tools, clock): (&Config, &Tools, &Clock),
    report: &mut Report,
) -> Result<(), CliError> {
    let servers = Servers::new(&config.prometheus, tools);
    let measured: Vec<Measured> = config.rules.values().map(|rule| rule.measured.clone()).collect();
    let mut trials = Vec::new();
    if let Some(host) = measured.iter().find(|one| one.query == Query::Host) {
        trials.push(Host::alone(host, tools).try_out(clock).await);
    }
    for one in &measured {
        if let (Some(server), Some(meter)) = (servers.of(one), Meter::new(one)) {
            trials.push(meter.try_out(server).await);
        }
    }
    for mut page in Page::all(&measured, tools) {
        trials.extend(page.try_out(clock).await);
    }
    for trial in trials {
        let what = match &trial.stream {
            Stream::Business(rule) => format!("rule {rule}"),
            Stream::Errors | Stream::Latency | Stream::Resources | Stream::Alerts => "host.limits".to_owned(),
        };
        report.line(&what, trial.result.as_deref().map_err(String::as_str))?;
        for remark in &trial.remarks {
            report.note(&what, remark)?;
        }
    }
    let looks: Vec<_> =
        config.always.iter().map(|(name, check)| looked(name, check, (tools, clock))).collect();
    let mut looks = stream::iter(looks).buffered(AT_ONCE);
    while let Some(sample) = looks.next().await {
        super::sampled(&format!("check {}", sample.check), &sample, report)?;
    }
    Ok(())
}

async fn looked(name: &str, check: &Always, (tools, clock): (&Tools, &Clock)) -> Sample {
    Probe::always(name, check, tools).observe(clock).await
}

fn label(name: &str, stream: &Stream) -> String {
    match stream {
        Stream::Business(metric) => format!("{name} business {metric}"),
        Stream::Errors | Stream::Latency | Stream::Resources | Stream::Alerts => {
            format!("{name} {}", stream.trigger())
        }
    }
}

fn told(name: &str, service: &Service, trial: &Trial, report: &mut Report) -> Result<(), CliError> {
    let what = label(name, &trial.stream);
    report.line(&what, trial.result.as_deref().map_err(String::as_str))?;
    for remark in &trial.remarks {
        report.note(&what, remark)?;
    }
    let limit = service.policy.triggers.latency.as_ref().filter(|_| trial.stream == Stream::Latency);
    match limit.map(|limit| limit.above.as_secs_f64()).and_then(|limit| Some((limit, trial.missed(limit)?))) {
        Some((limit, (below, above))) => report.note(&what, &no_edge(limit, below, above)),
        None => Ok(()),
    }
}

fn no_edge(limit: f64, below: Option<f64>, above: Option<f64>) -> String {
    let near = match (below, above) {
        (Some(below), Some(above)) => format!("the nearest are {below} s and {above} s"),
        (Some(below), None) => format!("the last is {below} s"),
        (None, Some(above)) => format!("the first is {above} s"),
        (None, None) => "there is none".to_owned(),
    };
    format!(
        "no bucket ends at the limit of {limit} s ({near}), so what lies between is guessed; add one to the histogram"
    )
}

/// Whether a release could be judged by the metric's own past now, in the words of a watch.
async fn own_past(
    what: &str,
    service: &Service,
    stream: &Stream,
    (server, (query, history), now): (&Server, (&str, Duration), Timestamp),
    report: &mut Report,
) -> Result<(), CliError> {
    let business = service.policy.triggers.business.get(stream.trigger());
    let Some(anomaly) = business.and_then(|business| business.anomaly.as_ref()) else { return Ok(()) };
    let (what, from) = (format!("{what} history"), now.checked_sub(history).unwrap_or(Timestamp::MIN));
    let values = match server.history(query, from, now).await {
        Ok(values) => values,
        Err(fault) => return report.line(&what, Err(&fault.to_string())),
    };
    let learnt = anomaly.learn(&values, service.policy.window).map_err(Unjudged::Past);
    let said = english().sentence(&past::standing(&learnt));
    if learnt.is_ok() { report.line(&what, Ok(&said)) } else { report.note(&what, &said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_edge_is_explained() {
        let said = no_edge(2.0, Some(1.0), Some(2.5));
        assert!(said.contains("limit of 2 s (the nearest are 1 s and 2.5 s)"), "{said}");
        assert!(no_edge(2.0, Some(1.0), None).contains("the last is 1 s"));
        assert!(no_edge(2.0, None, Some(5.0)).contains("the first is 5 s"));
    }
}
