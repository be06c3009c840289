//! `[service.NAME.drill]`

use super::Runtime;
use super::table::Section;
use crate::model::drill::{Level, Schedule};
use crate::model::policy::Windows;

/// From one drill to the next.
const EVERY: (&str, &str) = ("1h", "366d");

const LEVELS: [(&str, Level); 3] = [("ready", Level::Ready), ("steps", Level::Steps), ("swap", Level::Swap)];

/// Why not everything is made beside what runs.
const BESIDE: &str = "needs containers of this engine, which golive makes one by one";

/// Why a Swarm is not swapped.
const SWARM: &str = "is not made of a Swarm, which replaces its tasks itself";

/// Why it needs a time of its own.
const WINDOW: &str =
    "goes without the service for a while, so golive does it by itself in a maintenance window only";

/// What the configuration says of drills.
pub(super) struct Drill {
    /// Those that are made without being asked for.
    pub(super) schedule: Option<Schedule>,
    /// What is made beside the running version is started.
    pub(super) starts: bool,
}

pub(super) fn read(section: &mut Section<'_>, maintenance: &Windows, runtime: Option<&Runtime>) -> Drill {
    let Some(mut table) = section.section("drill") else { return Drill { schedule: None, starts: false } };
    let every = table.duration_or_off("every", None, EVERY).filter(|every| !every.is_zero());
    let level = table.word("level", &LEVELS, Level::Ready);
    let starts = table.boolean("start").unwrap_or_default();
    let beside = matches!(runtime, Some(Runtime::Container { .. } | Runtime::Compose(_)) | None);
    if level == Level::Steps && !beside {
        table.wrong("level", BESIDE, "write level = \"ready\"");
    }
    if level == Level::Swap && matches!(runtime, Some(Runtime::Swarm(_))) {
        table.wrong("level", SWARM, "write level = \"ready\"");
    }
    if level == Level::Swap && every.is_some() && maintenance.windows.is_empty() {
        table.wrong("level", WINDOW, "give the service a maintenance window, or leave `every` out");
    }
    if starts && !beside {
        table.wrong("start", BESIDE, "leave it out");
    }
    table.end(&[]);
    Drill { schedule: every.map(|every| Schedule { every, level }), starts }
}
