//! Whether a business metric is judged by its own past, and on what ground.

use crate::stats::season::{Direction, Learning, Season};

/// What a metric's own past lets expect of a watch, or why nothing.
pub type Learnt = Result<Box<Season>, Unjudged>;

/// Why a metric is not judged by its own past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unjudged {
    /// Its past says too little.
    Past(Learning),
    /// Its past is not known; why.
    Unknown(String),
}

/// Whether it is judged, on what ground, or why not. `golive check --online` says it in the same words as a watch.
pub fn standing(learnt: &Learnt) -> String {
    let why = match learnt {
        Ok(season) => return judged(season),
        Err(Unjudged::Unknown(why)) => why.clone(),
        Err(Unjudged::Past(learning)) => lacking(*learning),
    };
    format!("not judged: {why}")
}

fn judged(season: &Season) -> String {
    let known = known(season.minutes);
    let rises = if season.facts.empty && season.direction == Direction::Both {
        "; it is usually none, so only a rise is judged"
    } else {
        ""
    };
    format!("judged by {} imagined releases on {known} of its past{rises}", season.placebos)
}

fn lacking(learning: Learning) -> String {
    match learning {
        Learning::Watch { needed } => {
            format!("the watch is too short, its window has to be {needed} min at least")
        }
        Learning::Short { minutes, needed } => {
            format!("{} h of its past are known, {} h are needed", minutes / 60, needed.div_ceil(60))
        }
        Learning::Gaps => "its past has too many gaps".to_owned(),
        Learning::NoLevel => {
            "nothing is known of the hour before, or of the same hour on other days".to_owned()
        }
        Learning::AlwaysZero => "it has always been 0, so there is nothing to judge by".to_owned(),
        Learning::UsuallyZero => {
            "it is usually none, so a drop says nothing; a sum over more minutes as its query helps"
                .to_owned()
        }
    }
}

/// `28 days`, `29 h`
fn known(minutes: usize) -> String {
    let hours = minutes / 60;
    if hours < 48 { format!("{hours} h") } else { format!("{} days", hours / 24) }
}
