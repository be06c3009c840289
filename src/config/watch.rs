//! `[service.NAME.watch]`

use std::path::PathBuf;
use std::time::Duration;

use super::acceptance::load::TIMEOUT_MAX;
use super::table::Section;
use super::tls;
use super::triggers::OTHERWISE;
use super::url::is_url;
use crate::model::policy::Otherwise;

/// Requests in a second, unless it is said.
const RATE: u32 = 5;
/// No more: it is to make a release judged, not to load it.
const RATE_MAX: u32 = 50;
/// An answer is waited for so long, unless it is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What golive asks of a release itself while it is watched, so that one that few others call can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// The address.
    pub url: String,
    /// So many requests in a second.
    pub rate: u32,
    /// An answer comes within this, or not at all.
    pub timeout: Duration,
    /// The host that it may go to, where that is neither this one nor the service's.
    pub allow: Option<String>,
    /// Whose certificates are believed, where not the host's.
    pub ca_file: Option<PathBuf>,
}

/// How a release is watched.
pub(super) struct Watch {
    pub(super) window: Duration,
    pub(super) grace: Duration,
    pub(super) deploy_within: Duration,
    pub(super) interval: Duration,
    pub(super) blind_after: Duration,
    pub(super) on_blind: Otherwise,
    pub(super) traffic: Option<Traffic>,
}

pub(super) fn read(section: &mut Section<'_>) -> Watch {
    let mut watch = Watch {
        window: Duration::from_mins(10),
        grace: Duration::from_secs(20),
        deploy_within: Duration::from_mins(10),
        interval: Duration::from_secs(5),
        blind_after: Duration::from_mins(1),
        on_blind: Otherwise::Hold,
        traffic: None,
    };
    if let Some(mut table) = section.section("watch") {
        watch.window = table.duration("window", watch.window);
        watch.grace = table.any_duration("grace").unwrap_or(watch.grace);
        watch.deploy_within = table.duration("deploy-within", watch.deploy_within);
        watch.interval = table.duration("interval", watch.interval);
        watch.blind_after = table.duration("blind-after", watch.blind_after);
        watch.on_blind = table.word("on-blind", &OTHERWISE, watch.on_blind);
        watch.traffic = table.section("traffic").and_then(traffic);
        if watch.interval < Duration::from_millis(100) {
            table.wrong("interval", "is shorter than golive can keep", "write \"100ms\" or more");
        }
        if watch.interval > watch.window {
            let key = if table.has("window") { "window" } else { "interval" };
            let hint = "make `window` longer than `interval` (10m and 5s unless set)";
            table.wrong(key, "lets the watch end before the checks are made a second time", hint);
        }
        if watch.window > Duration::from_hours(24 * 30) {
            table.wrong("window", "is longer than a month", "write \"10m\", say");
        }
        table.end(&[]);
    }
    watch
}

fn traffic(mut table: Section<'_>) -> Option<Traffic> {
    const HINT: &str = "write \"http://127.0.0.1:8080/\", say: a page that changes nothing";
    table.required(&["url"], HINT);
    let url = table.string("url");
    if let Some(Err(why)) = url.as_deref().map(is_url) {
        table.wrong("url", why, HINT);
    }
    let rate = table.count("rate", RATE, 1);
    if rate > RATE_MAX {
        table.wrong(
            "rate",
            "is more than 50 requests a second",
            "write less: 5 are enough to judge a release",
        );
    }
    let timeout = table.duration("timeout", TIMEOUT);
    if timeout > TIMEOUT_MAX {
        table.wrong("timeout", "is longer than a minute", "write \"10s\", which is the default here");
    }
    let (allow, ca_file) = (table.string("allow"), tls::ca_file(&mut table));
    table.end(&[]);
    Some(Traffic { url: url?, rate, timeout, allow, ca_file })
}
