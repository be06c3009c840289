//! A check by `logs`.

use std::time::Duration;

use crate::config::check::{LogsCheck, Pattern};
use crate::config::table::Section;

/// Of one container no more lines are read at once, so that more could not be told.
const ABOVE_MAX: u32 = 5_000;

/// How far back lines may be counted, and how far they are.
const OVER: (&str, &str) = ("10s", "1h");
const USUAL: Duration = Duration::from_mins(1);

/// Which lines are counted, how far back, and how many there may be.
pub(super) fn read(section: &mut Section<'_>) -> Option<LogsCheck> {
    let mut table = section.section("logs")?;
    table.required(&["pattern"], "write { pattern = \"Traceback|ERROR\", above = 5, over = \"1m\" }");
    let (above, over) = (table.count("above", 0, 0), table.duration_within("over", USUAL, OVER));
    if above > ABOVE_MAX {
        let hint = "write fewer, or count them over a shorter time";
        table.wrong("above", format!("is more than {ABOVE_MAX}"), hint);
    }
    let pattern = table.string("pattern").map(|text| Pattern::new(&text));
    let pattern = match pattern {
        Some(Err(why)) => {
            table.wrong("pattern", why, "write it as `grep -E` would take it, in quotes of '…'");
            None
        }
        Some(Ok(pattern)) => Some(pattern),
        None => None,
    };
    table.end(&[]);
    Some(LogsCheck { pattern: pattern?, above, over })
}
