//! Verdicts and refusals as JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs, serde_as};

use super::phrase::PhraseDef;
use super::reason::{ReasonDef, UnitDef};
use crate::decide::phrase::Phrase;
use crate::decide::reason::{Reason, Unit};
use crate::decide::refusal::Refusal;
use crate::decide::verdict::{Bound, Call, Verdict};

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Verdict", rename_all = "kebab-case")]
pub(in crate::store) struct VerdictDef {
    #[serde_as(as = "CallDef")]
    call: Call,
    value: Option<f64>,
    limit: Option<f64>,
    #[serde_as(as = "BoundDef")]
    bound: Bound,
    #[serde_as(as = "UnitDef")]
    unit: Unit,
    samples: u64,
    #[serde_as(as = "PhraseDef")]
    why: Phrase,
}
as_core!(Verdict, VerdictDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Call", rename_all = "kebab-case")]
pub(in crate::store) enum CallDef {
    Pass,
    Wait,
    Blind,
    Fail,
}
as_core!(Call, CallDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Bound", rename_all = "kebab-case")]
pub(in crate::store) enum BoundDef {
    Above,
    AtLeast,
    Below,
    Expected,
}
as_core!(Bound, BoundDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Refusal", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum RefusalDef {
    UnderWay,
    NothingToAccept,
    NothingToAbort,
    NothingRuns,
    UnknownRuns,
    Failing(#[serde_as(as = "Box<ReasonDef>")] Box<Reason>),
    NoTarget { wanted: Option<String>, runs: bool, accepted: Vec<String> },
    OnlyWatches { service: String, why: String },
    NoService(String),
    NoIncident(String),
    NoLetter(i64),
    NotStored,
    NotUnderstood,
    Failed(String),
}
as_core!(Refusal, RefusalDef);
