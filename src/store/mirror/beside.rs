//! What others showed, as JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, DurationSecondsWithFrac, SerializeAs, serde_as};

use super::reading::CountsDef;
use crate::decide::event::{Beside, Busy, Kin, Look, Norm, Other, Tick, Usual};
use crate::decide::reading::Counts;

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Beside", rename_all = "kebab-case")]
pub(in crate::store) struct BesideDef {
    at: Timestamp,
    since: Timestamp,
    #[serde_as(as = "Vec<OtherDef>")]
    others: Vec<Other>,
}
as_core!(Beside, BesideDef);

/// Most of it is empty most of the time.
#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Other", rename_all = "kebab-case")]
pub(in crate::store) struct OtherDef {
    name: String,
    #[serde_as(as = "KinDef")]
    kin: Kin,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    interval: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde_as(as = "Option<BusyDef>")]
    busy: Option<Busy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde_as(as = "Option<UsualDef>")]
    usual: Option<Usual>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde_as(as = "Vec<TickDef>")]
    errors: Vec<Tick>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde_as(as = "Vec<TickDef>")]
    slow: Vec<Tick>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde_as(as = "Vec<LookDef>")]
    looks: Vec<Look>,
}
as_core!(Other, OtherDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Kin", rename_all = "kebab-case")]
pub(in crate::store) enum KinDef {
    Caller,
    Needed,
    Apart,
}
as_core!(Kin, KinDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Busy", rename_all = "kebab-case")]
pub(in crate::store) struct BusyDef {
    released: Option<Timestamp>,
}
as_core!(Busy, BusyDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Usual", rename_all = "kebab-case")]
pub(in crate::store) struct UsualDef {
    #[serde_as(as = "NormDef")]
    errors: Norm,
    #[serde_as(as = "NormDef")]
    slow: Norm,
}
as_core!(Usual, UsualDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Norm", rename_all = "kebab-case")]
pub(in crate::store) struct NormDef {
    tolerated: f64,
    dispersion: f64,
    beyond: bool,
}
as_core!(Norm, NormDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Tick", rename_all = "kebab-case")]
pub(in crate::store) struct TickDef {
    from: Timestamp,
    to: Timestamp,
    #[serde_as(as = "CountsDef")]
    counts: Counts,
}
as_core!(Tick, TickDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Look", rename_all = "kebab-case")]
pub(in crate::store) struct LookDef {
    check: String,
    at: Timestamp,
    passed: bool,
}
as_core!(Look, LookDef);
