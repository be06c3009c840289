//! What somebody has asked the engine to stop: what ends then has not ended by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::docker::events::Heard;

/// So many are remembered until they end; of more, the oldest is forgotten.
const REMEMBERED: usize = 64;

/// Whoever is told to stop may take so long: ten seconds unless it is configured, and some drain for minutes.
const STOPPING: Duration = Duration::from_mins(10);

/// Signals that mean something to the program itself, unless it was not written to know them: then it ends at once.
const SOFT: [&str; 5] = ["1", "10", "12", "18", "23"];
const SOFT_STOPPING: Duration = Duration::from_secs(15);

/// Containers that were told to stop and have not ended yet.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Until when their end is what was asked for, by their ids, in the engine's nanoseconds.
    until: BTreeMap<String, i64>,
}

impl Asked {
    /// A `kill`: the engine sends a signal. Whether it is one that ends what gets it.
    pub(super) fn told(&mut self, heard: &Heard) -> bool {
        let soft = is_soft(heard);
        let patience = if soft { SOFT_STOPPING } else { STOPPING };
        let until = heard.time.saturating_add(i64::try_from(patience.as_nanos()).unwrap_or(i64::MAX));
        let known = self.until.entry(heard.actor.id.clone()).or_default();
        *known = until.max(*known);
        if self.until.len() > REMEMBERED
            && let Some(oldest) = self.until.iter().min_by_key(|(_, until)| **until).map(|(id, _)| id.clone())
        {
            self.until.remove(&oldest);
        }
        !soft
    }

    /// A `die`: whether somebody had asked for it.
    pub(super) fn ended(&mut self, heard: &Heard) -> bool {
        self.until.remove(&heard.actor.id).is_some_and(|until| heard.time <= until)
    }
}

/// Whether the signal only means something to the program itself.
pub(super) fn is_soft(heard: &Heard) -> bool {
    SOFT.contains(&heard.attribute("signal"))
}
