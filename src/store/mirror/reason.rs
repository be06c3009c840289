//! Reasons as JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, DurationSecondsWithFrac, SerializeAs, serde_as};

use super::event::{StepDef, WaitsDef};
use super::phrase::PhraseDef;
use super::reading::SourceDef;
use super::set::SetReasonDef;
use crate::decide::event::{Step, Waits};
use crate::decide::phrase::Phrase;
use crate::decide::reading::Source;
use crate::decide::reason::{Blame, Breach, Change, Reason, Rule, Runs, SetReason, Unit, Unusual};

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Reason", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum ReasonDef {
    Health {
        check: String,
        failures: u32,
        limit: u32,
        seen: String,
    },
    Breach(#[serde_as(as = "Box<BreachDef>")] Box<Breach>),
    Flapping {
        check: String,
        failures: u32,
        of: u32,
        seen: String,
    },
    CrashLoop {
        ended: u32,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        within: Duration,
        seen: String,
    },
    GivenUp {
        seen: String,
    },
    NotToBlame {
        #[serde_as(as = "BlameDef")]
        blame: Blame,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    Unproved(#[serde_as(as = "Vec<PhraseDef>")] Vec<Phrase>),
    Doubts(#[serde_as(as = "Vec<PhraseDef>")] Vec<Phrase>),
    Unanswered(#[serde_as(as = "Box<ReasonDef>")] Box<Reason>),
    Person {
        by: String,
        why: Option<String>,
    },
    Accepted {
        by: String,
        why: Option<String>,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        unwatched: Duration,
        unpassed: Vec<String>,
        #[serde_as(as = "Option<Box<ReasonDef>>")]
        despite: Option<Box<Reason>>,
    },
    Blind {
        check: String,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        lasted: Duration,
        seen: String,
    },
    Undecided {
        check: String,
    },
    OnHold {
        why: Option<String>,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    AskFirst(#[serde_as(as = "Box<ReasonDef>")] Box<Reason>),
    Irreversible {
        why: String,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    NothingAccepted(#[serde_as(as = "Box<ReasonDef>")] Box<Reason>),
    Budget {
        per_day: u32,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    Maintenance {
        until: Timestamp,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    Quarantined {
        version: String,
        at: Timestamp,
        same: bool,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    Unheard(#[serde_as(as = "Box<ReasonDef>")] Box<Reason>),
    Step {
        #[serde_as(as = "StepDef")]
        step: Step,
        seen: String,
    },
    Stuck {
        undo: Option<String>,
        #[serde_as(as = "RunsDef")]
        runs: Runs,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    Unverified {
        check: Option<String>,
        seen: String,
    },
    WrongImage {
        running: String,
        wanted: String,
    },
    Superseded {
        version: String,
    },
    Stopped {
        #[serde_as(as = "Vec<WaitsDef>")]
        waits: Vec<Waits>,
        signal: Option<String>,
    },
    Unfinished {
        #[serde_as(as = "Vec<WaitsDef>")]
        waits: Vec<Waits>,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        lasted: Duration,
    },
    Restarted {
        times: u32,
        seen: String,
    },
    Set(#[serde_as(as = "SetReasonDef")] SetReason),
    Said(String),
}
as_core!(Reason, ReasonDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Runs", rename_all = "kebab-case")]
pub(in crate::store) enum RunsDef {
    Unknown,
    Nothing,
    Version(String),
}
as_core!(Runs, RunsDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Breach", rename_all = "kebab-case")]
pub(in crate::store) struct BreachDef {
    trigger: String,
    #[serde_as(as = "RuleDef")]
    rule: Rule,
    value: f64,
    limit: f64,
    #[serde_as(as = "UnitDef")]
    unit: Unit,
    samples: u64,
    bad: u64,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    over: Duration,
    #[serde_as(as = "SourceDef")]
    source: Source,
    before: Option<f64>,
    tolerated: Option<f64>,
    log_odds: Option<f64>,
    of: Option<String>,
    #[serde_as(as = "Option<UnusualDef>")]
    unusual: Option<Unusual>,
}
as_core!(Breach, BreachDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Unusual", rename_all = "kebab-case")]
pub(in crate::store) struct UnusualDef {
    days: usize,
    weeks: usize,
    #[serde_as(as = "Option<ChangeDef>")]
    change: Option<Change>,
    reached: usize,
    placebos: usize,
}
as_core!(Unusual, UnusualDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Change", rename_all = "kebab-case")]
pub(in crate::store) enum ChangeDef {
    OfExpected(f64),
    OfRange(f64),
}
as_core!(Change, ChangeDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Rule", rename_all = "kebab-case")]
pub(in crate::store) enum RuleDef {
    Limit,
    Evidence,
    Relative,
    SideBySide,
    Anomaly,
    Standing,
}
as_core!(Rule, RuleDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Unit", rename_all = "kebab-case")]
pub(in crate::store) enum UnitDef {
    Ratio,
    Seconds,
    Plain,
    Failures,
}
as_core!(Unit, UnitDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Blame", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum BlameDef {
    Release {
        neighbours: usize,
    },
    PreExisting,
    Neighbours(Vec<String>),
    Dependency(String),
    Host(String),
    Unknown,
    Spread {
        name: String,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        later: Duration,
        calls: bool,
        well: usize,
    },
    Earlier {
        name: String,
        since: Timestamp,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        by: Duration,
    },
    OldToo,
    Together {
        name: String,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        apart: Duration,
        later: bool,
    },
    Waits {
        name: String,
        until: Timestamp,
    },
}
as_core!(Blame, BlameDef);
