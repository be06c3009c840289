//! `[service.NAME.watch]`

use std::time::Duration;

use super::table::Section;
use super::triggers::OTHERWISE;
use crate::model::policy::Otherwise;

/// How a release is watched.
pub(super) struct Watch {
    pub(super) window: Duration,
    pub(super) grace: Duration,
    pub(super) deploy_within: Duration,
    pub(super) interval: Duration,
    pub(super) blind_after: Duration,
    pub(super) on_blind: Otherwise,
}

pub(super) fn read(section: &mut Section<'_>) -> Watch {
    let mut watch = Watch {
        window: Duration::from_mins(10),
        grace: Duration::from_secs(20),
        deploy_within: Duration::from_mins(10),
        interval: Duration::from_secs(5),
        blind_after: Duration::from_mins(1),
        on_blind: Otherwise::Hold,
    };
    if let Some(mut table) = section.section("watch") {
        watch.window = table.duration("window", watch.window);
        watch.grace = table.any_duration("grace").unwrap_or(watch.grace);
        watch.deploy_within = table.duration("deploy-within", watch.deploy_within);
        watch.interval = table.duration("interval", watch.interval);
        watch.blind_after = table.duration("blind-after", watch.blind_after);
        watch.on_blind = table.word("on-blind", &OTHERWISE, watch.on_blind);
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
