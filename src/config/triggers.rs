//! `[service.….trigger]`

use std::collections::BTreeMap;
use std::time::Duration;

use super::origin::{self, Origin, Setting};
use super::table::Section;
use super::{Measured, Query};
use crate::model::policy::{
    Alerts, Autonomy, ErrorRate, Latency, Level, OnEnvironment, Otherwise, Ppm, Resources, Triggers,
};
use crate::model::reading::{Source, Stream};

pub(super) const AUTONOMY: [(&str, Autonomy); 4] =
    [("off", Autonomy::Off), ("shadow", Autonomy::Shadow), ("ask", Autonomy::Ask), ("auto", Autonomy::Auto)];

/// For how long a limit has to be passed.
pub(super) const LASTS: (&str, &str) = ("1s", "1h");

const LEVEL: [(&str, Level); 3] =
    [("literal", Level::Literal), ("default", Level::Default), ("certain", Level::Certain)];
const ON_ENVIRONMENT: [(&str, OnEnvironment); 2] =
    [("hold", OnEnvironment::Hold), ("rollback", OnEnvironment::Rollback)];
pub(super) const OTHERWISE: [(&str, Otherwise); 3] =
    [("hold", Otherwise::Hold), ("accept", Otherwise::Accept), ("rollback", Otherwise::Rollback)];
const RESOURCES: [(&str, ()); 5] = [("cpu", ()), ("memory", ()), ("disk", ()), ("inodes", ()), ("load", ())];

/// The window that is judged grows to five minutes where requests are few.
const OVER: (&str, &str) = ("10s", "5m");

/// What the triggers ask of the core, and what is measured for them.
pub(super) struct Judging {
    pub(super) failures: u32,
    pub(super) health_autonomy: Autonomy,
    pub(super) triggers: Triggers,
    pub(super) ask_within: Option<Duration>,
    pub(super) ask_otherwise: Otherwise,
    pub(super) measured: Vec<Measured>,
}

impl Judging {
    /// Whether golive's own checks may feed one of the triggers: they stand in for what an exposition does not tell.
    pub(super) fn by_checks(&self) -> bool {
        let errors = self.triggers.error_rate.as_ref().map(|trigger| trigger.source);
        let latency = self.triggers.latency.as_ref().map(|trigger| trigger.source);
        let may = |source| matches!(source, Some(Source::Probes | Source::Exposition));
        may(errors) || may(latency)
    }
}

/// All of them but the business metrics, which have tables of their own.
pub(super) fn read(mut section: Section<'_>, setting: &Setting) -> Judging {
    let (failures, health_autonomy) = health(&mut section, setting);
    let (ask_within, ask_otherwise) = ask(&mut section);
    let mut measured = Vec::new();
    let triggers = Triggers {
        level: section.word("level", &LEVEL, Level::Default),
        relative: autonomy(&mut section, "relative", setting, Autonomy::Ask),
        flapping: autonomy(&mut section, "flapping", setting, Autonomy::Ask),
        crash_loop: autonomy(&mut section, "crash-loop", setting, Autonomy::Auto),
        on_environment: section.word("on-environment", &ON_ENVIRONMENT, OnEnvironment::Hold),
        error_rate: error_rate(&mut section, setting, &mut measured),
        latency: latency(&mut section, setting, &mut measured),
        resources: resources(&mut section, setting, &mut measured),
        business: BTreeMap::new(),
        alerts: alerts(&mut section, setting, &mut measured),
    };
    section.end(&[]);
    Judging { failures, health_autonomy, triggers, ask_within, ask_otherwise, measured }
}

/// What is written at a trigger stands; one that says nothing never does more than its service may.
pub(super) fn autonomy(
    section: &mut Section<'_>,
    key: &'static str,
    setting: &Setting,
    default: Autonomy,
) -> Autonomy {
    section.optional_word(key, &AUTONOMY).unwrap_or(default.min(setting.autonomy))
}

fn health(section: &mut Section<'_>, setting: &Setting) -> (u32, Autonomy) {
    if section.take("health").and_then(toml::Value::as_bool) == Some(false) {
        let why =
            "cannot be switched off: by health golive knows what is good, and that a rollback has worked";
        section.wrong("health", why, "write health = { autonomy = \"ask\" } or { autonomy = \"off\" }");
        return (3, setting.autonomy);
    }
    let mut health = section.table("health");
    let failures = health.count("failures", 3, 1);
    let autonomy = autonomy(&mut health, "autonomy", setting, Autonomy::Auto);
    health.end(&[]);
    (failures, autonomy)
}

fn ask(section: &mut Section<'_>) -> (Option<Duration>, Otherwise) {
    let mut ask = section.table("ask");
    let within = ask.optional_duration("within");
    let otherwise = ask.word("otherwise", &OTHERWISE, Otherwise::Hold);
    if ask.has("otherwise") && !ask.has("within") {
        let hint = "add within = \"30m\", say";
        ask.wrong_key(&["otherwise"], "has no `within` after which it would be done", hint);
    }
    ask.end(&[]);
    (within, otherwise)
}

fn error_rate(
    triggers: &mut Section<'_>,
    setting: &Setting,
    measured: &mut Vec<Measured>,
) -> Option<ErrorRate> {
    let written = triggers.has("error-rate");
    let mut section = triggers.switched("error-rate")?;
    let above = section.ratio("above", Ppm(50_000));
    let over = section.duration_within("over", Duration::from_mins(1), OVER);
    let min_requests = section.count("min-requests", 100, 1).into();
    let autonomy = autonomy(&mut section, "autonomy", setting, Autonomy::Auto);
    let origin = origin::requests(&mut section, setting, written);
    section.end(&[]);
    let source = measure(origin?, Stream::Errors, measured);
    Some(ErrorRate { above, over, min_requests, source, autonomy })
}

fn latency(triggers: &mut Section<'_>, setting: &Setting, measured: &mut Vec<Measured>) -> Option<Latency> {
    let written = triggers.has("latency-p95");
    let mut section = triggers.switched("latency-p95")?;
    let above = section.duration("above", Duration::from_secs(2));
    let over = section.duration_within("over", Duration::from_mins(1), OVER);
    let min_requests = section.count("min-requests", 200, 1).into();
    let autonomy = autonomy(&mut section, "autonomy", setting, Autonomy::Auto);
    let origin = origin::durations(&mut section, setting, written);
    section.end(&[]);
    let source = measure(origin?, Stream::Latency, measured);
    Some(Latency { above, over, min_requests, source, autonomy })
}

/// A service without containers cannot be held responsible for the host, unless that is asked for.
fn resources(
    triggers: &mut Section<'_>,
    setting: &Setting,
    measured: &mut Vec<Measured>,
) -> Option<Resources> {
    if setting.command && !triggers.has("resources") {
        triggers.take("resources");
        return None;
    }
    let mut section = triggers.switched("resources")?;
    let above = section.ratio("above", Ppm(900_000));
    let lasts = section.duration_within("for", Duration::from_mins(2), LASTS);
    let of = section.words("of", &RESOURCES);
    let of = of.unwrap_or_else(|| ["cpu", "memory", "disk"].map(str::to_owned).to_vec());
    let attribute = section.boolean("attribute").unwrap_or(!setting.command);
    if attribute && setting.command {
        let why = "needs containers, whose part in the host's use can be told, and the service has none";
        section.wrong("attribute", why, "leave it out");
    }
    let autonomy = autonomy(&mut section, "autonomy", setting, Autonomy::Auto);
    section.end(&[]);
    measured.push(Measured::new(Stream::Resources, Query::Host));
    Some(Resources { above, lasts, of, attribute, autonomy })
}

/// The team's own alerting rules, which a Prometheus evaluates.
fn alerts(triggers: &mut Section<'_>, setting: &Setting, measured: &mut Vec<Measured>) -> Option<Alerts> {
    const SHAPE: &str = "write matching = { service = \"shop\" }: labels that your alerting rules carry";
    if !triggers.has("alerts") {
        return None;
    }
    let mut section = triggers.switched("alerts")?;
    let matching = section.pairs("matching", SHAPE, |label, value| match value.as_str() {
        _ if !is_label(label) || label == "alertstate" => Err("is no label of an alerting rule".to_owned()),
        Some(text) => Ok(text.to_owned()),
        None => Err("is not a text".to_owned()),
    });
    section.required(&["matching"], SHAPE);
    if section.take("matching").and_then(toml::Value::as_table).is_some_and(toml::Table::is_empty) {
        section.wrong_key(&["matching"], "names no label", SHAPE);
    }
    let lasts = section.duration_within("for", Duration::from_mins(2), LASTS);
    let autonomy = autonomy(&mut section, "autonomy", setting, Autonomy::Ask);
    let server = setting.servers.named(&mut section).or_else(|| setting.server.clone());
    origin::needs_prometheus(&mut section, "matching", &setting.servers, server.as_deref());
    section.end(&[]);
    let (query, stream) = (Query::Alerts(matching), Stream::Alerts);
    measured.push(Measured { stream, query, server: server? });
    Some(Alerts { lasts, autonomy })
}

/// As Prometheus names labels.
fn is_label(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Notes what has to be measured, and by what.
pub(super) fn measure(origin: Origin, stream: Stream, measured: &mut Vec<Measured>) -> Source {
    let Origin { source, query, server } = origin;
    measured.extend(query.map(|query| Measured { stream, query, server }));
    source
}
