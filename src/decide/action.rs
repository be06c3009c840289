//! Everything that the core can want, as one closed enum, each with its reason.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::checklist::Entry;
use crate::model::drill::{Drill, Level};
use crate::model::incident::Incident;
use crate::model::notice::Notice;
use crate::model::plan::Plan;
use crate::model::reading::Reading;
use crate::model::reason::{Beside, Reason};
use crate::model::refusal::Refusal;
use crate::model::release::{Release, ReleaseState};
use crate::model::running::Identity;
use crate::model::sample::Sample;
use crate::model::step::Step;
use crate::model::verdict::Verdict;

/// One thing to do, by who does it. Results come back as events.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Tell people.
    Tell {
        /// What is told.
        notice: Notice,
        /// Through which channels.
        channels: Vec<String>,
        /// When.
        when: When,
    },
    /// Write down, in the same transaction as the event.
    Persist(Persist),
    /// Do to what runs, or look at it.
    Effect(Effect),
    /// Answer whoever asked.
    Answer(Answer),
}

/// What is done once the decision to do it is on disk.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Save a release's record while it runs well, and pin its image. Answered by `Kept`.
    Keep {
        /// The service.
        service: String,
        /// The release.
        release: String,
        /// The instance to read it from.
        instance: String,
        /// What it was accepted as: changed in place, it is something else.
        identity: Identity,
    },
    /// Check that a release can be gone back to. Answered by `Proved`.
    Prove {
        /// The service.
        service: String,
        /// The release.
        release: String,
    },
    /// Drop the pin of a release that is no longer kept.
    Forget {
        /// The service.
        service: String,
        /// The release.
        release: String,
    },
    /// Do one step of a rollback. Answered by `StepDone` or `StepFailed`.
    Step {
        /// The service.
        service: String,
        /// Which rollback, from what to what.
        plan: Plan,
        /// The step.
        step: Step,
    },
    /// Have the engine go on with an update that it has halted.
    GoOn {
        /// The service.
        service: String,
    },
    /// Make every health check of the service now.
    ProbeNow {
        /// The service.
        service: String,
    },
    /// Make the acceptance items of a release, in place of an older run of the service. Answered by `AcceptanceRan`.
    RunAcceptance {
        /// The service.
        service: String,
        /// The release.
        release: String,
    },
    /// Try whether releases could be gone back to. Answered by `Drilled`.
    Drill {
        /// The service.
        service: String,
        /// The drill.
        drill: String,
        /// The releases.
        releases: Vec<String>,
        /// How far.
        level: Level,
    },
    /// Ask for the past of the service's business metrics. Answered by `Expected`.
    Recall {
        /// The service.
        service: String,
        /// The past ends here.
        until: Timestamp,
    },
}

/// What is written down beside the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Persist {
    /// What was normal before the release at hand, as readings by minute: for the record.
    Remember {
        /// The service.
        service: String,
        /// Of the hour before, oldest first.
        readings: Vec<Reading>,
        /// Of health checks that failed then and came back by themselves, oldest first.
        samples: Vec<Sample>,
    },
    /// A trigger says something else than before of the release at hand: for the record.
    Judged {
        /// The service.
        service: String,
        /// The trigger.
        trigger: String,
        /// What it says now.
        verdict: Verdict,
    },
    /// What every trigger says at the end of a watch: for the record.
    Concluded {
        /// The service.
        service: String,
        /// The release.
        release: String,
        /// The triggers, each with what it says.
        verdicts: Vec<(String, Verdict)>,
    },
    /// Put the release into the list of releases, or bring its row up to date.
    File {
        /// The release.
        release: Release,
        /// What has become of it.
        state: ReleaseState,
        /// Why, where there is more to say than the state itself.
        reason: Option<Reason>,
        /// A person asked for what came to this.
        asked: bool,
    },
    /// A drill has ended: for the record.
    Drilled {
        /// The service.
        service: String,
        /// The drill.
        drill: Drill,
    },
    /// People are told that what was promised in the record of a release is overdue: not again.
    Overdue {
        /// The release.
        release: String,
        /// The entries of the chain that promised it.
        entries: Vec<i64>,
    },
    /// Put the incident into the list of incidents, or bring its row up to date.
    Log(Incident),
}

/// The answer to an [`crate::model::event::Ask`].
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is being done.
    Done {
        /// The release that it is about, where there is one.
        release: Option<String>,
    },
    /// What a rollback would do.
    Plan {
        /// From what to what.
        plan: Plan,
        /// The steps in order.
        steps: Vec<Step>,
        /// What stands in the way; empty when the target is ready.
        problems: Vec<String>,
        /// Services that it would remove, because the version that it goes to has none of them.
        removes: Vec<String>,
        /// What the release has changed and it would leave alone.
        leaves: Vec<Beside>,
    },
    /// How the checklist of a version stands.
    Checklist {
        /// The version.
        version: String,
        /// Its items by name.
        entries: BTreeMap<String, Entry>,
    },
    /// A drill is being made.
    Drill {
        /// Its id.
        id: String,
    },
    /// It cannot be done, and why.
    Refused {
        /// What is in the way.
        why: Refusal,
    },
}

/// When a notice is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once, in a message of its own.
    Now,
    /// At that time, together with whatever else waits for the same address until then.
    Gathered(Timestamp),
}
