//! Whether a business metric is judged by its own past, and on what ground.

use serde::{Deserialize, Serialize};

use crate::model::phrase::Phrase;
use crate::stats::season::{Direction, Learning, Season};

/// What a metric's own past lets expect of a watch, or why nothing.
pub type Learnt = Result<Box<Season>, Unjudged>;

/// Why a metric is not judged by its own past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unjudged {
    /// Its past says too little.
    Past(Learning),
    /// Its past is not known; why.
    Unknown(String),
}

/// Whether it is judged, on what ground, or why not. `golive check --online` says it in the same words as a watch.
pub fn standing(learnt: &Learnt) -> Phrase {
    let why = match learnt {
        Ok(season) => return judged(season),
        Err(Unjudged::Unknown(why)) => Phrase::words(why),
        Err(Unjudged::Past(learning)) => lacking(*learning),
    };
    Phrase::new("past.not-judged").part("why", why)
}

fn judged(season: &Season) -> Phrase {
    let hours = season.minutes as u64 / 60;
    Phrase::new("past.judged")
        .count("placebos", season.placebos as u64)
        .count("days", (hours >= 48).then_some(hours / 24))
        .count("hours", hours)
        .flag("rises", season.facts.empty && season.direction == Direction::Both)
}

fn lacking(learning: Learning) -> Phrase {
    match learning {
        Learning::Watch { needed } => Phrase::new("past.short-watch").count("minutes", needed as u64),
        Learning::Short { minutes, needed } => Phrase::new("past.short")
            .count("known", minutes as u64 / 60)
            .count("needed", needed.div_ceil(60) as u64),
        Learning::Gaps => Phrase::new("past.gaps"),
        Learning::NoLevel => Phrase::new("past.no-level"),
        Learning::AlwaysZero => Phrase::new("past.always-zero"),
        Learning::UsuallyZero => Phrase::new("past.usually-zero"),
    }
}
