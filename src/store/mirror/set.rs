//! What is known and said of sets of containers as JSON.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, DurationSecondsWithFrac, SerializeAs, serde_as};

use super::reason::ReasonDef;
use crate::decide::reason::{Beside, How, Lack, Reason, Scaled, SetReason};
use crate::decide::roster::Did;

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Did", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum DidDef {
    Ran {
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        lasted: Duration,
    },
    Done,
    Nothing,
}
as_core!(Did, DidDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "SetReason", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum SetReasonDef {
    Lacks(#[serde_as(as = "Vec<LackDef>")] Vec<Lack>),
    Partly {
        removes: Vec<String>,
        #[serde_as(as = "Vec<BesideDef>")]
        leaves: Vec<Beside>,
        #[serde_as(as = "Box<ReasonDef>")]
        cause: Box<Reason>,
    },
    Scaled(#[serde_as(as = "Vec<ScaledDef>")] Vec<Scaled>),
    Empty {
        left: Vec<String>,
    },
}
as_core!(SetReason, SetReasonDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Lack", rename_all = "kebab-case")]
pub(in crate::store) struct LackDef {
    service: String,
    #[serde_as(as = "HowDef")]
    how: How,
}
as_core!(Lack, LackDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "How", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum HowDef {
    Missing,
    Ended {
        name: String,
        exit: Option<i64>,
    },
    Early {
        name: String,
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        after: Duration,
    },
    NeverWell {
        name: String,
        exit: Option<i64>,
    },
}
as_core!(How, HowDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Beside", rename_all = "kebab-case")]
pub(in crate::store) struct BesideDef {
    service: String,
    then: Option<String>,
    now: Option<String>,
}
as_core!(Beside, BesideDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Scaled", rename_all = "kebab-case")]
pub(in crate::store) struct ScaledDef {
    service: String,
    from: usize,
    to: usize,
}
as_core!(Scaled, ScaledDef);
