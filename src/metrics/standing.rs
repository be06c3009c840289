//! How things stand, drawn anew from the view for each scrape.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Labels;
use crate::decide::view::{ServiceView, TriggerView, View};
use crate::model::drill::Leg;
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::Tier;
use crate::model::verdict::{Call, Verdict};
use crate::model::witness::Witness;

const DRILL: &str = "golive_drill_passed_timestamp_seconds";
const PHASES: [&str; 6] = ["idle", "watching", "rolling-back", "verifying", "held", "needs-person"];
const CALLS: [Call; 4] = [Call::Pass, Call::Fail, Call::Wait, Call::Blind];

pub(super) fn registry(view: &View, waiting: &BTreeMap<String, u64>, record: Option<&Witness>) -> Registry {
    let mut registry = Registry::default();
    let mut gauge = |name: &str, help: &str, rows: Vec<(Labels, f64)>| {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in rows {
            family.get_or_create(&labels).set(value);
        }
        registry.register(name, help, family);
    };
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    gauge("golive_up", "The daemon runs, and its loop answers", vec![(Vec::new(), 1.0)]);
    gauge("golive_build_info", "The daemon's version", vec![(version, 1.0)]);
    let services = || view.services.iter().map(|service| &**service);
    let phases = services().flat_map(|service| one_hot(service, "phase", &PHASES, service.phase));
    gauge("golive_release_phase", "1 for the phase that a service is in", phases.collect());
    gauge("golive_rollback_ready", "Whether a rollback would work", services().filter_map(ready).collect());
    drills(view, &mut gauge);
    let diverged = services().map(|service| (labels(service), truth(service.diverged.is_some())));
    let acts = services().map(|service| (labels(service), truth(service.standby_reason.is_none())));
    gauge(
        "golive_leader",
        "Whether this golive acts for the service, and does not only watch",
        acts.collect(),
    );
    gauge("golive_drift", "Whether something else runs than what was released last", diverged.collect());
    let values = services().flat_map(|service| {
        numbers(service, |verdict| verdict.value.filter(|_| verdict.call != Call::Blind))
    });
    gauge("golive_trigger_value", "What a trigger measured; none while it is blind", values.collect());
    let limits = services().flat_map(|service| numbers(service, |verdict| verdict.limit));
    gauge("golive_trigger_limit", "What it is held against", limits.collect());
    gauge("golive_trigger_verdict", "1 for what a trigger says", services().flat_map(verdicts).collect());
    always(view, &mut gauge);
    let open = [Tier::Urgent, Tier::Important, Tier::General].map(|tier| incidents(view, tier));
    gauge("golive_incidents_open", "Incidents that nobody has acknowledged", open.into());
    let needs = [
        ("docker", &view.docker_error),
        ("swarm", &view.swarm_error),
        ("clock", &view.clock_skew),
        ("store", &view.store_error),
        ("config", &view.config_error),
    ];
    let up = needs.map(|(name, error)| (vec![("dependency", name.to_owned())], truth(error.is_none())));
    gauge(
        "golive_dependency_up",
        "Whether golive has what it needs: Docker, a Swarm in which somebody acts, the same clock as who does, its state directory, its newest configuration",
        up.into(),
    );
    #[expect(clippy::cast_precision_loss, reason = "the outbox holds some ten thousand deliveries at most")]
    let waiting = waiting.iter().map(|(channel, count)| (vec![("channel", channel.clone())], *count as f64));
    gauge("golive_outbox_pending", "Deliveries that wait to be confirmed", waiting.collect());
    #[expect(
        clippy::cast_precision_loss,
        reason = "a record of so many entries is not written in a lifetime"
    )]
    let record = record.map(|head| (vec![("head", head.short().to_owned())], head.seq as f64));
    let entries = "Entries of the chain of release records, with the hash of the last";
    gauge("golive_record_chain", entries, record.into_iter().collect());
    registry
}

/// Whether going back was tried, and what that has cost where it was for real.
fn drills(view: &View, gauge: &mut impl FnMut(&str, &str, Vec<(Labels, f64)>)) {
    let services = || view.services.iter().map(|service| &**service);
    gauge(DRILL, "When a drill passed last, since 1970", services().filter_map(drilled).collect());
    gauge(
        "golive_drill_without_service_seconds",
        "For how long at most the service was not there, each way of the newest drill that went for real",
        services().flat_map(swapped).collect(),
    );
}

/// What is watched always.
fn always(view: &View, gauge: &mut impl FnMut(&str, &str, Vec<(Labels, f64)>)) {
    let rules = |of: fn(&Verdict) -> Option<f64>| {
        let number = |rule: &TriggerView| Some((named("rule", rule), of(&rule.verdict)?));
        view.rules.iter().filter_map(number).collect()
    };
    let values = rules(|verdict| verdict.value.filter(|_| verdict.call != Call::Blind));
    gauge("golive_rule_value", "What was measured of what is watched always; none while it is blind", values);
    gauge("golive_rule_limit", "What it is held against", rules(|verdict| verdict.limit));
    let verdicts = view.rules.iter().flat_map(|rule| calls(&named("rule", rule), rule));
    gauge("golive_rule_verdict", "1 for what it says", verdicts.collect());
}

fn labels(service: &ServiceView) -> Labels {
    vec![("service", service.name.clone())]
}

fn with(mut labels: Labels, name: &'static str, value: &str) -> Labels {
    labels.push((name, value.to_owned()));
    labels
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

fn one_hot(service: &ServiceView, name: &'static str, all: &[&str], is: &str) -> Vec<(Labels, f64)> {
    all.iter().map(|one| (with(labels(service), name, one), truth(*one == is))).collect()
}

/// Nothing before it was looked at.
fn drilled(service: &ServiceView) -> Option<(Labels, f64)> {
    Some((labels(service), service.drill.drills.passed?.as_duration().as_secs_f64()))
}

/// Both ways of one that went for real, as far as each was proved.
fn swapped(service: &ServiceView) -> Vec<(Labels, f64)> {
    let newest = service.drill.drills.newest.iter();
    let legs = newest.filter_map(|drill| drill.swap.as_ref()).flat_map(|swap| &swap.legs);
    let without = |leg: &Leg| {
        let labels = with(labels(service), "way", leg.way.into_str());
        Some((labels, leg.without()?.as_secs_f64()))
    };
    legs.filter_map(without).collect()
}

fn ready(service: &ServiceView) -> Option<(Labels, f64)> {
    let problems = service.problems.as_ref()?;
    Some((labels(service), truth(problems.is_empty())))
}

fn numbers(service: &ServiceView, of: impl Fn(&Verdict) -> Option<f64>) -> Vec<(Labels, f64)> {
    let number = |trigger: &TriggerView| {
        Some((with(labels(service), "trigger", &trigger.name), of(&trigger.verdict)?))
    };
    service.triggers.iter().filter_map(number).collect()
}

fn verdicts(service: &ServiceView) -> Vec<(Labels, f64)> {
    let of = |trigger: &TriggerView| calls(&with(labels(service), "trigger", &trigger.name), trigger);
    service.triggers.iter().flat_map(of).collect()
}

/// 1 for the word that it says.
fn calls(labels: &Labels, trigger: &TriggerView) -> [(Labels, f64); 4] {
    CALLS.map(|call| (with(labels.clone(), "verdict", call.into_str()), truth(trigger.verdict.call == call)))
}

fn named(name: &'static str, one: &TriggerView) -> Labels {
    vec![(name, one.name.clone())]
}

fn incidents(view: &View, tier: Tier) -> (Labels, f64) {
    let open = |incident: &&Incident| incident.tier == tier && *incident.standing() == IncidentState::Open;
    let count = u32::try_from(view.incidents.iter().filter(open).count()).unwrap_or(u32::MAX);
    (vec![("tier", tier.into_str().to_owned())], f64::from(count))
}
