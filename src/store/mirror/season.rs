//! What was learnt of a metric's own past, as JSON: a recorded release is judged again by the same.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs, serde_as};

use crate::decide::past::Unjudged;
use crate::stats::season::{Direction, Facts, Learning, Lens, Season, Spread, View};

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Season", rename_all = "kebab-case")]
pub(in crate::store) struct SeasonDef {
    #[serde_as(as = "WayDef")]
    direction: Direction,
    least: f64,
    #[serde_as(as = "FactsDef")]
    facts: Facts,
    #[serde_as(as = "Vec<LensDef>")]
    lenses: Vec<Lens>,
    joint: f64,
    placebos: usize,
    minutes: usize,
}
as_core!(Season, SeasonDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Direction", rename_all = "kebab-case")]
pub(in crate::store) enum WayDef {
    Drop,
    Rise,
    Both,
}
as_core!(Direction, WayDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Facts", rename_all = "kebab-case")]
pub(in crate::store) struct FactsDef {
    signed: bool,
    usual: f64,
    step: f64,
    empty: bool,
    tiny: f64,
}
as_core!(Facts, FactsDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Lens", rename_all = "kebab-case")]
pub(in crate::store) struct LensDef {
    #[serde_as(as = "ViewDef")]
    view: View,
    expected: Vec<Option<f64>>,
    days: usize,
    weeks: usize,
    #[serde_as(as = "Vec<SpreadDef>")]
    spreads: Vec<Spread>,
    limit: f64,
}
as_core!(Lens, LensDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "View", rename_all = "kebab-case")]
pub(in crate::store) enum ViewDef {
    Level,
    Root,
    Ratio,
}
as_core!(View, ViewDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Spread", rename_all = "kebab-case")]
pub(in crate::store) struct SpreadDef {
    window: usize,
    deviation: f64,
}
as_core!(Spread, SpreadDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Learning", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum LearningDef {
    Watch { needed: usize },
    Short { minutes: usize, needed: usize },
    Gaps,
    NoLevel,
    AlwaysZero,
    UsuallyZero,
}
as_core!(Learning, LearningDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Unjudged", rename_all = "kebab-case")]
pub(in crate::store) enum UnjudgedDef {
    Past(#[serde_as(as = "LearningDef")] Learning),
    Unknown(String),
}
as_core!(Unjudged, UnjudgedDef);
