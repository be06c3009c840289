//! A service's rules as JSON, for releases that are exported.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, DurationSecondsWithFrac, SerializeAs, serde_as};

use super::event::StepDef;
use super::reading::SourceDef;
use crate::decide::event::Step;
use crate::decide::policy::{
    Anomaly, Autonomy, Business, Direction, ErrorRate, Latency, Level, Maintenance, OnBlind, OnEnvironment,
    Otherwise, Ppm, Quarantine, Resources, ServicePolicy, Triggers,
};
use crate::decide::reading::Source;

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "ServicePolicy", rename_all = "kebab-case")]
pub(in crate::store) struct ServicePolicyDef {
    #[serde_as(as = "AutonomyDef")]
    autonomy: Autonomy,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    window: Duration,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    grace: Duration,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    deploy_within: Duration,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    interval: Duration,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    blind_after: Duration,
    #[serde_as(as = "OnBlindDef")]
    on_blind: OnBlind,
    checks: Vec<String>,
    failures: u32,
    #[serde_as(as = "AutonomyDef")]
    health_autonomy: Autonomy,
    requests: Vec<String>,
    dependencies: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde_as(as = "TriggersDef")]
    triggers: Triggers,
    #[serde_as(as = "Option<DurationSecondsWithFrac<f64>>")]
    ask_within: Option<Duration>,
    #[serde_as(as = "OtherwiseDef")]
    ask_otherwise: Otherwise,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    verify: Duration,
    keep: usize,
    per_day: u32,
    #[serde(default)]
    shared: bool,
    #[serde(default)]
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    veto: Duration,
    #[serde(default = "watched")]
    #[serde_as(as = "QuarantineDef")]
    quarantine: Quarantine,
    /// Whoever judges a release anew asks what its rules say, at any hour.
    #[serde(skip)]
    maintenance: Maintenance,
    #[serde_as(as = "Vec<StepDef>")]
    steps: Vec<Step>,
    #[serde_as(as = "Vec<StepDef>")]
    finish: Vec<Step>,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    step_within: Duration,
}
as_core!(ServicePolicy, ServicePolicyDef);

/// As the configuration has it where nothing is said.
fn watched() -> Quarantine {
    Quarantine::Watch
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Quarantine", rename_all = "kebab-case")]
pub(in crate::store) enum QuarantineDef {
    Off,
    Watch,
    Ask,
    Rollback,
}
as_core!(Quarantine, QuarantineDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Triggers", rename_all = "kebab-case")]
pub(in crate::store) struct TriggersDef {
    #[serde_as(as = "LevelDef")]
    level: Level,
    #[serde_as(as = "AutonomyDef")]
    relative: Autonomy,
    #[serde_as(as = "AutonomyDef")]
    flapping: Autonomy,
    #[serde_as(as = "AutonomyDef")]
    crash_loop: Autonomy,
    #[serde_as(as = "OnEnvironmentDef")]
    on_environment: OnEnvironment,
    #[serde_as(as = "Option<ErrorRateDef>")]
    error_rate: Option<ErrorRate>,
    #[serde_as(as = "Option<LatencyDef>")]
    latency: Option<Latency>,
    #[serde_as(as = "Option<ResourcesDef>")]
    resources: Option<Resources>,
    #[serde_as(as = "BTreeMap<_, BusinessDef>")]
    business: BTreeMap<String, Business>,
}
as_core!(Triggers, TriggersDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "ErrorRate", rename_all = "kebab-case")]
pub(in crate::store) struct ErrorRateDef {
    #[serde_as(as = "PpmDef")]
    above: Ppm,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    over: Duration,
    min_requests: u64,
    #[serde_as(as = "SourceDef")]
    source: Source,
    #[serde_as(as = "AutonomyDef")]
    autonomy: Autonomy,
}
as_core!(ErrorRate, ErrorRateDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Latency", rename_all = "kebab-case")]
pub(in crate::store) struct LatencyDef {
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    above: Duration,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    over: Duration,
    min_requests: u64,
    #[serde_as(as = "SourceDef")]
    source: Source,
    #[serde_as(as = "AutonomyDef")]
    autonomy: Autonomy,
}
as_core!(Latency, LatencyDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Resources", rename_all = "kebab-case")]
pub(in crate::store) struct ResourcesDef {
    #[serde_as(as = "PpmDef")]
    above: Ppm,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    lasts: Duration,
    of: Vec<String>,
    attribute: bool,
    #[serde_as(as = "AutonomyDef")]
    autonomy: Autonomy,
}
as_core!(Resources, ResourcesDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Business", rename_all = "kebab-case")]
pub(in crate::store) struct BusinessDef {
    below: Option<f64>,
    above: Option<f64>,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    lasts: Duration,
    #[serde_as(as = "SourceDef")]
    source: Source,
    #[serde_as(as = "AutonomyDef")]
    autonomy: Autonomy,
    #[serde_as(as = "Option<AnomalyDef>")]
    anomaly: Option<Anomaly>,
}
as_core!(Business, BusinessDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Anomaly", rename_all = "kebab-case")]
pub(in crate::store) struct AnomalyDef {
    #[serde_as(as = "DirectionDef")]
    direction: Direction,
    least: f64,
    #[serde_as(as = "AutonomyDef")]
    autonomy: Autonomy,
}
as_core!(Anomaly, AnomalyDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Ppm")]
pub(in crate::store) struct PpmDef(u32);
as_core!(Ppm, PpmDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Autonomy", rename_all = "kebab-case")]
pub(in crate::store) enum AutonomyDef {
    Off,
    Shadow,
    Ask,
    Auto,
}
as_core!(Autonomy, AutonomyDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "OnBlind", rename_all = "kebab-case")]
pub(in crate::store) enum OnBlindDef {
    Hold,
    Accept,
    Rollback,
}
as_core!(OnBlind, OnBlindDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Otherwise", rename_all = "kebab-case")]
pub(in crate::store) enum OtherwiseDef {
    Hold,
    Accept,
    Rollback,
}
as_core!(Otherwise, OtherwiseDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Level", rename_all = "kebab-case")]
pub(in crate::store) enum LevelDef {
    Literal,
    Default,
    Certain,
}
as_core!(Level, LevelDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "OnEnvironment", rename_all = "kebab-case")]
pub(in crate::store) enum OnEnvironmentDef {
    Hold,
    Rollback,
}
as_core!(OnEnvironment, OnEnvironmentDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Direction", rename_all = "kebab-case")]
pub(in crate::store) enum DirectionDef {
    Drop,
    Rise,
    Both,
}
as_core!(Direction, DirectionDef);
