//! Drills, as they are shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rollback::StepInfo;
use crate::decide::view::DrillView;
use crate::model::drill::{Drill, Leg, Level, Page, Swap};

/// `POST …/drill`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrillBody {
    /// ready, steps or swap.
    pub level: Level,
    /// Call whoever is on call.
    pub page: bool,
    /// It may go for real, outside a maintenance window too.
    pub for_real: bool,
}

/// `?drill=&timeout=`
#[derive(Debug, Deserialize)]
pub struct DrillQuery {
    /// This drill; the newest when absent.
    pub drill: Option<String>,
    /// Seconds to wait for its end; 30 at most.
    pub timeout: Option<u64>,
}

/// What is known of a service's drills.
#[derive(Debug, Serialize, Deserialize)]
pub struct DrillsInfo {
    /// When one passed last.
    pub passed_at: Option<Timestamp>,
    /// When the next is due by itself.
    pub due_at: Option<Timestamp>,
    /// The one at hand, or the last.
    pub newest: Option<DrillInfo>,
}

/// `GET …/drill`
#[derive(Debug, Serialize, Deserialize)]
pub struct DrillInfo {
    /// Its id.
    pub id: String,
    /// ready, steps or swap.
    pub level: String,
    /// The accepted release that it is about.
    pub release: String,
    /// Its version.
    pub version: String,
    /// Who asked for it; `null` where it was due.
    pub by: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `null` while it is under way.
    pub ended_at: Option<Timestamp>,
    /// Whether it passed; `null` while it is under way.
    pub passed: Option<bool>,
    /// It was to go for real, and has ended before anything was touched.
    pub impossible: bool,
    /// What stands in the way of a rollback; `null` before that is known.
    pub problems: Option<Vec<String>>,
    /// There and back, where it goes for real.
    pub swap: Option<SwapInfo>,
    /// The call to whoever is on call, where it makes one.
    pub page: Option<PageInfo>,
}

/// A drill that goes back and forth for real.
#[derive(Debug, Serialize, Deserialize)]
pub struct SwapInfo {
    /// The accepted release before, which it goes back to.
    pub to: String,
    /// Its version.
    pub to_version: String,
    /// The ways that were begun, in order.
    pub ways: Vec<LegInfo>,
}

/// One way of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct LegInfo {
    /// back or forth.
    pub way: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// For how many seconds at most the service was not there; `null` before the proof.
    pub without_service_seconds: Option<f64>,
    /// Its steps that are over, in order.
    pub steps: Vec<StepInfo>,
    /// Why it did not come to its end.
    pub failed: Option<String>,
}

/// A call to whoever is on call.
#[derive(Debug, Serialize, Deserialize)]
pub struct PageInfo {
    /// waiting, answered or unanswered.
    pub state: String,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// After how many seconds.
    pub after_seconds: Option<f64>,
}

impl DrillsInfo {
    /// None where none was made or is to be.
    pub(super) fn new(view: &DrillView) -> Option<Self> {
        let drills = &view.drills;
        let any = drills.newest.is_some() || view.due.is_some();
        any.then(|| Self {
            passed_at: drills.passed,
            due_at: view.due,
            newest: drills.newest.as_ref().map(DrillInfo::new),
        })
    }
}

impl DrillInfo {
    /// As it stands.
    pub fn new(drill: &Drill) -> Self {
        Self {
            id: drill.id.clone(),
            level: drill.level.into_str().to_owned(),
            release: drill.release.clone(),
            version: drill.version.clone(),
            by: drill.by.clone(),
            started_at: drill.began,
            ended_at: drill.ended(),
            passed: drill.passed(),
            impossible: drill.impossible(),
            problems: drill.outcome.as_ref().map(|outcome| outcome.problems.clone()),
            swap: drill.swap.as_ref().map(SwapInfo::new),
            page: drill.page.as_ref().map(|page| PageInfo::new(page, drill)),
        }
    }
}

impl SwapInfo {
    fn new(swap: &Swap) -> Self {
        Self {
            to: swap.to.clone(),
            to_version: swap.to_version.clone(),
            ways: swap.legs.iter().map(LegInfo::new).collect(),
        }
    }
}

impl LegInfo {
    fn new(leg: &Leg) -> Self {
        Self {
            way: leg.way.into_str().to_owned(),
            started_at: leg.began,
            without_service_seconds: leg.without().map(|without| without.as_secs_f64()),
            steps: leg.steps.iter().map(StepInfo::past).collect(),
            failed: leg.failed.clone(),
        }
    }
}

impl PageInfo {
    fn new(page: &Page, drill: &Drill) -> Self {
        let (state, acknowledged_by) = match page {
            Page::Waiting => ("waiting", None),
            Page::Answered { by, .. } => ("answered", Some(by.clone())),
            Page::Unanswered { .. } => ("unanswered", None),
        };
        let after_seconds = drill.answered_after().map(|after| after.as_secs_f64());
        Self { state: state.to_owned(), acknowledged_by, after_seconds }
    }
}
