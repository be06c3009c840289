//! What a load run has shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What has come of a run. Times are in seconds, each from when the request was due.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// So many requests were due.
    pub due: u64,
    /// So many of them were sent.
    pub sent: u64,
    /// To so many there was an answer, whatever it was.
    pub answered: u64,
    /// So many were never sent.
    pub never_sent: u64,
    /// So many have no right answer.
    pub failed: u64,
    /// Why.
    pub errors: BTreeMap<Failure, u64>,
    /// Half of them came within this.
    pub p50: f64,
    /// 95 of a hundred.
    pub p95: f64,
    /// 99 of a hundred.
    pub p99: f64,
    /// All.
    pub max: f64,
    /// Right answers in a second.
    pub throughput: f64,
    /// So many connections at once.
    pub connections: u32,
    /// How late the generator itself was: half of the requests were sent, or put into the queue, within this.
    pub lateness_p50: f64,
    /// 99 of a hundred.
    pub lateness_p99: f64,
    /// All.
    pub lateness_max: f64,
    /// So much of a processor it used.
    pub cpu: f64,
    /// Why it ended before its time.
    pub stopped: Option<Stopped>,
}

/// Why a run ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// Whoever began it said so.
    Asked,
    /// More than half failed for as long as is borne.
    Failing,
}

/// Why a request has no right answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Failure {
    /// It was refused as one too many (429).
    TooMany,
    /// The server failed (5xx).
    Server,
    /// It was sent elsewhere, which is not followed.
    Redirect,
    /// Another status than those that are wanted.
    Status,
    /// There was no whole answer in time.
    TimedOut,
    /// Nobody takes connections there.
    Refused,
    /// The connection was ended.
    Cut,
    /// Both could not agree on TLS.
    Tls,
    /// What came is no HTTP.
    Unreadable,
    /// This host could not send it.
    Own,
    /// It was under way at the end.
    Unanswered,
    /// It was due, and there was no connection for it.
    NeverSent,
}
