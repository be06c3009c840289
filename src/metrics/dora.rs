//! How well releases went lately, in the figures that DORA compares: worked out when a release ends, shown at each scrape.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Labels;

/// One service's figures; what is not known is none, and no metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dora {
    /// So many releases went live.
    pub live: u32,
    /// From one to the next, in seconds.
    pub interval: Option<f64>,
    /// From the image's making to the release, in seconds: the median.
    pub lead_time: Option<f64>,
    /// The share of those that are decided that was taken back or could not be.
    pub failed: Option<f64>,
    /// The same without those that a person had taken back while no trigger failed.
    pub failed_automatic: Option<f64>,
    /// From the first sign that something failed to the proof that the old version works, in seconds: the median.
    pub recovery: Option<f64>,
    /// The longest.
    pub recovery_worst: Option<f64>,
    /// The share that came while there was trouble, or to mend it.
    pub rework: Option<f64>,
}

pub(super) fn registry(all: &BTreeMap<String, Dora>) -> Registry {
    let mut registry = Registry::default();
    let mut gauge = |name: &str, help: &str, of: &dyn Fn(&Dora) -> Option<f64>| {
        let rows = all.iter().filter_map(|(service, dora)| Some((labels(service), of(dora)?)));
        fill(&mut registry, name, help, rows.collect());
    };
    gauge("golive_dora_releases", "Releases that went live in the last 90 days", &|dora| {
        Some(f64::from(dora.live))
    });
    gauge("golive_dora_interval_seconds", "From one release to the next, on average", &|dora| dora.interval);
    gauge(
        "golive_dora_lead_time_seconds",
        "From the making of an image to its release, the median",
        &|dora| dora.lead_time,
    );
    gauge(
        "golive_dora_recovery_seconds",
        "From the first sign of a failure to the proof that the old version works, the median",
        &|dora| dora.recovery,
    );
    gauge("golive_dora_recovery_worst_seconds", "The same, the longest", &|dora| dora.recovery_worst);
    gauge(
        "golive_dora_rework_ratio",
        "Share of the releases that came while there was trouble, or to mend it",
        &|dora| dora.rework,
    );
    let failed = all.iter().flat_map(|(service, dora)| {
        [("any", dora.failed), ("automatic", dora.failed_automatic)].map(|(decided, ratio)| {
            let mut labels = labels(service);
            labels.push(("decided", decided.to_owned()));
            ratio.map(|ratio| (labels, ratio))
        })
    });
    fill(
        &mut registry,
        "golive_dora_change_failure_ratio",
        "Share of the decided releases that were taken back or could not be; automatic: without those that only a person wanted back",
        failed.flatten().collect(),
    );
    registry
}

fn labels(service: &str) -> Labels {
    vec![("service", service.to_owned())]
}

/// What nobody has a value of is not there.
fn fill(registry: &mut Registry, name: &str, help: &str, rows: Vec<(Labels, f64)>) {
    if rows.is_empty() {
        return;
    }
    let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
    for (labels, value) in rows {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}
