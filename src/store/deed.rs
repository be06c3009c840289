//! What an event led to, as far as the record tells it: what is kept elsewhere is not repeated here.

use serde::{Deserialize, Serialize};

use crate::decide::action::{Action, Answer, Effect, Persist};
use crate::model::notice::Notice;
use crate::model::plan::Plan;
use crate::model::reading::Reading;
use crate::model::refusal::Refusal;
use crate::model::release::ReleaseState;
use crate::model::sample::Sample;
use crate::model::step::Step;
use crate::model::verdict::Verdict;

/// Something that an event led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Deed {
    /// People were told.
    Told {
        /// What.
        notice: Notice,
        /// Through which channels.
        channels: Vec<String>,
    },
    /// A step of a rollback was begun.
    Step {
        /// Which.
        step: Step,
        /// Of which rollback.
        plan: Plan,
    },
    /// A release became something.
    Filed {
        /// The release.
        release: String,
        /// What.
        state: ReleaseState,
    },
    /// A trigger says something else than before.
    Judged {
        /// Which.
        trigger: String,
        /// What it says.
        verdict: Verdict,
    },
    /// A watch has ended: what every trigger said then.
    Concluded {
        /// The triggers.
        verdicts: Vec<(String, Verdict)>,
    },
    /// What was normal before the release.
    Remembered {
        /// As readings by minute.
        readings: Vec<Reading>,
        /// Of health checks that failed then and came back.
        samples: Vec<Sample>,
    },
    /// What was asked for is not done.
    Refused {
        /// Why.
        why: Refusal,
    },
}

impl Deed {
    pub(super) fn of(action: &Action) -> Option<Self> {
        Some(match action.clone() {
            Action::Tell { notice, channels, .. } => Self::Told { notice, channels },
            Action::Effect(Effect::Step { plan, step, .. }) => Self::Step { step, plan },
            Action::Persist(Persist::File { release, state, .. }) => {
                Self::Filed { release: release.id, state }
            }
            Action::Answer(Answer::Refused { why }) => Self::Refused { why },
            Action::Persist(Persist::Judged { trigger, verdict, .. }) => Self::Judged { trigger, verdict },
            Action::Persist(Persist::Concluded { verdicts, .. }) => Self::Concluded { verdicts },
            Action::Persist(Persist::Remember { readings, samples, .. }) => {
                Self::Remembered { readings, samples }
            }
            Action::Effect(_)
            | Action::Persist(_)
            | Action::Answer(
                Answer::Done { .. } | Answer::Plan { .. } | Answer::Checklist { .. } | Answer::Drill { .. },
            ) => {
                return None;
            }
        })
    }
}
