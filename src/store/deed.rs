//! What an event led to, as far as the record tells it: what is kept elsewhere is not repeated here.

use serde::{Deserialize, Serialize};
use serde_with::serde_as;

use super::mirror::event::{SampleDef, StepDef};
use super::mirror::facts::ReleaseStateDef;
use super::mirror::notice::{NoticeDef, PlanDef};
use super::mirror::reading::ReadingDef;
use super::mirror::verdict::{RefusalDef, VerdictDef};
use crate::decide::action::{Action, Answer, Notice, Plan};
use crate::decide::event::{Sample, Step};
use crate::decide::facts::ReleaseState;
use crate::decide::reading::Reading;
use crate::decide::refusal::Refusal;
use crate::decide::verdict::Verdict;

/// Something that an event led to.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Deed {
    /// People were told.
    Told {
        /// What.
        #[serde_as(as = "NoticeDef")]
        notice: Notice,
        /// Through which channels.
        channels: Vec<String>,
    },
    /// A step of a rollback was begun.
    Step {
        /// Which.
        #[serde_as(as = "StepDef")]
        step: Step,
        /// Of which rollback.
        #[serde_as(as = "PlanDef")]
        plan: Plan,
    },
    /// A release became something.
    Filed {
        /// The release.
        release: String,
        /// What.
        #[serde_as(as = "ReleaseStateDef")]
        state: ReleaseState,
    },
    /// A trigger says something else than before.
    Judged {
        /// Which.
        trigger: String,
        /// What it says.
        #[serde_as(as = "VerdictDef")]
        verdict: Verdict,
    },
    /// A watch has ended: what every trigger said then.
    Concluded {
        /// The triggers.
        #[serde_as(as = "Vec<(_, VerdictDef)>")]
        verdicts: Vec<(String, Verdict)>,
    },
    /// What was normal before the release.
    Remembered {
        /// As readings by minute.
        #[serde_as(as = "Vec<ReadingDef>")]
        readings: Vec<Reading>,
        /// Of health checks that failed then and came back.
        #[serde_as(as = "Vec<SampleDef>")]
        samples: Vec<Sample>,
    },
    /// What was asked for is not done.
    Refused {
        /// Why.
        #[serde_as(as = "RefusalDef")]
        why: Refusal,
    },
}

impl Deed {
    pub(super) fn of(action: &Action) -> Option<Self> {
        Some(match action.clone() {
            Action::Tell { notice, channels, .. } => Self::Told { notice, channels },
            Action::Step { plan, step, .. } => Self::Step { step, plan },
            Action::File { release, state, .. } => Self::Filed { release: release.id, state },
            Action::Answer(Answer::Refused { why }) => Self::Refused { why },
            Action::Judged { trigger, verdict, .. } => Self::Judged { trigger, verdict },
            Action::Concluded { verdicts, .. } => Self::Concluded { verdicts },
            Action::Remember { readings, samples, .. } => Self::Remembered { readings, samples },
            Action::Keep { .. }
            | Action::Recall { .. }
            | Action::Prove { .. }
            | Action::Forget { .. }
            | Action::GoOn { .. }
            | Action::ProbeNow { .. }
            | Action::Log(_)
            | Action::Answer(Answer::Done { .. } | Answer::Plan { .. }) => return None,
        })
    }
}
