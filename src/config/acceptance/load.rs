//! `load`: a run of requests with a fixed beat.

use std::time::Duration;

use crate::config::table::Section;
use crate::model::policy::Ppm;

/// Of so many requests one may fail.
const ERROR_RATE: Ppm = Ppm(10_000);
/// No more requests in a second.
pub const RATE_MAX: u32 = 1000;
/// So many connections, unless it is said.
const CONNECTIONS: u32 = 200;
/// No more connections at once.
pub const CONNECTIONS_MAX: u32 = 500;
/// A run lasts no longer, its beginning that does not count included.
pub const LASTS_MAX: Duration = Duration::from_mins(10);
const LASTS: (&str, &str) = ("1s", "10m");
/// How long an answer is waited for, unless it is said: a service that stands still is to be measured, not given up.
const TIMEOUT: Duration = Duration::from_secs(10);
/// No answer is waited for longer.
pub const TIMEOUT_MAX: Duration = Duration::from_mins(1);

/// What looks into an answer, or asks in another way.
const BESIDE: [&str; 6] = ["times", "max-latency", "headers", "body-contains", "json", "keep-alive"];

/// A run of requests, each due at its moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// So many in a second.
    pub rate: u32,
    /// For so long.
    pub lasts: Duration,
    /// For so long before, which does not count.
    pub warm_up: Duration,
    /// 95 of a hundred are answered within this, from when they were due.
    pub p95: Option<Duration>,
    /// No greater a part fails.
    pub error_rate: Ppm,
    /// So many at once.
    pub connections: u32,
    /// An answer comes within this, or not at all.
    pub timeout: Duration,
    /// The host that it may go to, where that is neither this one nor the service's.
    pub allow: Option<String>,
}

/// Reads it, where the item has it.
pub(super) fn read(section: &mut Section<'_>) -> Option<Load> {
    if !section.has("load") {
        return None;
    }
    for key in section.given(&BESIDE) {
        let hint = "leave it out, or give it an item of its own";
        section.wrong_key(&[key], "stands beside `load`, which counts by status and time alone", hint);
    }
    let allow = section.take("allow").and_then(toml::Value::as_str).map(str::to_owned);
    let timeout = if section.has("timeout") { section.duration("timeout", TIMEOUT) } else { TIMEOUT };
    if timeout > TIMEOUT_MAX {
        section.wrong("timeout", "is longer than a minute", "write \"10s\", which is the default here");
    }
    let mut table = section.section("load")?;
    table.required(&["rate", "for"], "write { rate = 50, for = \"30s\", p95 = \"500ms\" }");
    let rate = table.count("rate", 1, 1);
    if rate > RATE_MAX {
        table.wrong("rate", "is more than 1000 requests a second", "write less: golive is no load farm");
    }
    let lasts = table.duration_within("for", Duration::from_secs(30), LASTS);
    let warm_up = table.any_duration("warm-up").unwrap_or_default();
    if warm_up.saturating_add(lasts) > LASTS_MAX {
        table.wrong("warm-up", "makes the run longer than ten minutes", "write less, here or in `for`");
    }
    let p95 = table.optional_duration("p95");
    if p95.is_some_and(|p95| p95 > timeout) {
        let hint = "make `timeout` of the item at least as long (10s unless set)";
        table.wrong("p95", "is longer than `timeout`, after which a request has failed anyway", hint);
    }
    let error_rate = table.ratio("error-rate", ERROR_RATE);
    let connections = table.count("connections", CONNECTIONS, 1);
    if connections > CONNECTIONS_MAX {
        table.wrong("connections", "is more than 500", "write less: 200 is the default");
    }
    table.end(&[]);
    Some(Load { rate, lasts, warm_up, p95, error_rate, connections, timeout, allow })
}
