//! A load with a fixed beat (guide G2.5, G3.2): request *i* is due at its moment, whatever became of those before it, and how long
//! it took counts from that moment. Whoever asks only when the last answer has come measures a service that stands still once,
//! and whoever leaves out what he never sent measures it not at all.
//!
//! It runs in a process of its own (`golive load`), so that nobody else's loop is late by it, nor it by theirs.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::acceptance::load::{CONNECTIONS_MAX, LASTS_MAX, RATE_MAX, TIMEOUT_MAX};
use crate::model::seconds;

mod beat;
mod calls;
mod connection;
mod host;
mod process;
mod run;
mod steady;
mod tally;
mod target;
#[cfg(test)]
mod tests;

pub use host::Alone;
pub use process::{Line, LoadError, elsewhere, serve};
pub use run::{Stop, run};
pub use steady::{Steady, Stretch};

/// More of a body is not read, and costs its connection.
const BODY_MAX: usize = 1 << 20;

/// Who asks, so that a team can leave it out of its business figures.
const USER_AGENT: &str = concat!("golive-acceptance/", env!("CARGO_PKG_VERSION"));

/// What is asked, how often, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spec {
    /// The address.
    pub url: String,
    /// Where it may go: nothing is looked up any more.
    pub addresses: Vec<IpAddr>,
    /// GET, as a rule.
    pub method: String,
    /// What is sent with it.
    pub send_headers: BTreeMap<String, String>,
    /// What it may be answered with.
    pub status: Vec<u16>,
    /// Whose certificates are believed, where not the host's.
    pub ca_file: Option<PathBuf>,
    /// So many requests in a second.
    pub rate: u32,
    /// For so long.
    #[serde(with = "seconds")]
    pub lasts: Duration,
    /// For so long before, which does not count.
    #[serde(with = "seconds")]
    pub warm_up: Duration,
    /// An answer comes within this, or not at all.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// So many at once.
    pub connections: u32,
    /// Where golive keeps its state here: one run at a time beside it.
    pub beside: PathBuf,
}

impl Spec {
    /// Why nothing like that is done, whoever asks for it.
    pub fn refused(&self) -> Option<String> {
        let whole = self.lasts.saturating_add(self.warm_up);
        let bounds = [
            (self.rate == 0 || self.rate > RATE_MAX, format!("{} requests a second", self.rate)),
            (self.lasts.is_zero() || whole > LASTS_MAX, format!("a run of {whole:?}")),
            (
                self.connections == 0 || self.connections > CONNECTIONS_MAX,
                format!("{} connections", self.connections),
            ),
            (
                self.timeout.is_zero() || self.timeout > TIMEOUT_MAX,
                format!("a timeout of {:?}", self.timeout),
            ),
            (self.addresses.is_empty(), "no address to go to".to_owned()),
        ];
        let (_, what) = bounds.into_iter().find(|(out, _)| *out)?;
        Some(format!("{what}: golive sends no such load"))
    }
}

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Progress {
    /// So many requests there will be, those that do not count included.
    pub of: u64,
    /// So many were due until now.
    pub due: u64,
    /// So many of those that count have an answer.
    pub answered: u64,
    /// So many have no right one.
    pub failed: u64,
    /// How long 95 of a hundred took.
    pub p95: f64,
}
