//! Readings as JSON.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs, serde_as};

use crate::decide::reading::{Bucket, Counts, Durations, Measure, Reading, Requests, Source, Stream, Use};

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Reading", rename_all = "kebab-case")]
pub(in crate::store) struct ReadingDef {
    #[serde_as(as = "StreamDef")]
    stream: Stream,
    #[serde_as(as = "SourceDef")]
    source: Source,
    at: Timestamp,
    #[serde_as(as = "MeasureDef")]
    measure: Measure,
}
as_core!(Reading, ReadingDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Stream", rename_all = "kebab-case")]
pub(in crate::store) enum StreamDef {
    Errors,
    Latency,
    Resources,
    Business(String),
}
as_core!(Stream, StreamDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Source", rename_all = "kebab-case")]
pub(in crate::store) enum SourceDef {
    Prometheus,
    Exposition,
    Probes,
    Host,
}
as_core!(Source, SourceDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Measure", rename_all = "kebab-case")]
pub(in crate::store) enum MeasureDef {
    Requests(#[serde_as(as = "RequestsDef")] Requests),
    Durations(#[serde_as(as = "DurationsDef")] Durations),
    Value(f64),
    Again(f64),
    Use(#[serde_as(as = "UseDef")] Use),
    Blind(String),
    Absent(String),
}
as_core!(Measure, MeasureDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Counts", rename_all = "kebab-case")]
pub(in crate::store) struct CountsDef {
    bad: u64,
    total: u64,
}
as_core!(Counts, CountsDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Requests", rename_all = "kebab-case")]
pub(in crate::store) struct RequestsDef {
    #[serde_as(as = "CountsDef")]
    seen: Counts,
    #[serde_as(as = "CountsDef")]
    newborn: Counts,
    #[serde_as(as = "BTreeMap<_, CountsDef>")]
    versions: BTreeMap<String, Counts>,
}
as_core!(Requests, RequestsDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Durations", rename_all = "kebab-case")]
pub(in crate::store) struct DurationsDef {
    #[serde_as(as = "Vec<BucketDef>")]
    seen: Vec<Bucket>,
    #[serde_as(as = "Vec<BucketDef>")]
    newborn: Vec<Bucket>,
}
as_core!(Durations, DurationsDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Bucket", rename_all = "kebab-case")]
pub(in crate::store) struct BucketDef {
    #[serde(serialize_with = "write_edge", deserialize_with = "read_edge")]
    le: f64,
    count: u64,
}
as_core!(Bucket, BucketDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Use", rename_all = "kebab-case")]
pub(in crate::store) struct UseDef {
    host: BTreeMap<String, f64>,
    own: BTreeMap<String, f64>,
    pressure: BTreeMap<String, f64>,
}
as_core!(Use, UseDef);

/// JSON knows no infinity: the last bucket's edge is null.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn write_edge<S: Serializer>(edge: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    edge.is_finite().then_some(*edge).serialize(serializer)
}

fn read_edge<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}
