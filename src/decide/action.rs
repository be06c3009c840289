//! Everything that the core can want, as one closed enum, each with its reason.

use std::time::Duration;

use jiff::Timestamp;

use super::event::{Identity, Sample, Step};
use super::facts::{Release, ReleaseState};
use super::reading::Reading;
use super::reason::{Beside, Blame, Reason};
use super::refusal::Refusal;
use super::verdict::Verdict;

mod incident;

pub use incident::{Incident, IncidentState};

/// One thing to do. Results come back as events.
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
    /// Ask for the past of the service's business metrics. Answered by `Expected`.
    Recall {
        /// The service.
        service: String,
        /// The past ends here.
        until: Timestamp,
    },
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
    /// Put the incident into the list of incidents, or bring its row up to date.
    Log(Incident),
    /// Answer whoever asked.
    Answer(Answer),
}

/// One rollback, from what to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The rollback's id, unique on this host; label of everything that golive makes for it.
    pub rollback: String,
    /// The release that is taken back.
    pub from: String,
    /// Its version.
    pub from_version: String,
    /// The container that runs it, where one is known.
    pub bad: Option<String>,
    /// The accepted release that is restored.
    pub to: String,
    /// Its version.
    pub to_version: String,
    /// Why, in one English sentence: hooks get it.
    pub reason: String,
}

/// The answer to an [`super::event::Ask`].
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
    /// It cannot be done, and why.
    Refused {
        /// What is in the way.
        why: Refusal,
    },
}

/// How loudly something is told (guide G6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// G6.3: anomaly, backup state, configuration change.
    General,
    /// G6.2: degraded, errors rising, resources short.
    Important,
    /// G6.1: down, data loss, security.
    Urgent,
}

/// When a notice is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once, in a message of its own.
    Now,
    /// At that time, together with whatever else waits for the same address until then.
    Gathered(Timestamp),
}

/// One piece of news for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Unique and stable: a receiver may drop what it has seen.
    pub id: String,
    /// The incident (thread) that it belongs to, or the release for news without one.
    pub incident: String,
    /// How loud.
    pub tier: Tier,
    /// What happened.
    pub news: News,
    /// The service; `None` for news about golive itself.
    pub service: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// The release.
    pub release: Option<String>,
    /// The version that is left.
    pub from: Option<String>,
    /// The version that is gone to.
    pub to: Option<String>,
    /// Why.
    pub reason: Option<Reason>,
    /// Whose fault it is, where that was asked.
    pub blame: Option<Blame>,
    /// The last samples behind the reason.
    pub evidence: Vec<Sample>,
    /// Whether a person can end a repeated notice with `golive ack`.
    pub acknowledgeable: bool,
    /// Where it stands in its incident's thread.
    pub place: Place,
}

/// Where a notice stands in its incident's thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// First, a new turn, said again, or over.
    pub stage: Stage,
    /// So many symptoms of the incident had no notice of their own.
    pub folded: u32,
    /// So often it has opened again after it seemed to be over.
    pub reopened: u32,
    /// Nobody had acknowledged it in time, so that more people are told.
    pub escalated: bool,
}

/// Which turn of an incident a notice tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Its first, or news without an incident.
    #[default]
    First,
    /// A new turn.
    Update,
    /// The same again, because nobody has acknowledged it.
    Reminder,
    /// The same to more people, because nobody has acknowledged it in time.
    Escalation,
    /// It is over.
    Resolved,
}

/// What is told (contract §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing is wrong; somebody tries the channels.
    Test,
    /// Health checks fail while nothing is being released.
    ServiceDown,
    /// They pass again.
    ServiceUp,
    /// Somebody has asked the engine to stop it, and it was not started again.
    ServiceStopped,
    /// Part of a set does not run, or has no container at all, though nothing was released.
    Incomplete,
    /// All of it does again.
    Complete,
    /// Another number of containers of the same release runs.
    Scaled,
    /// A deployment does not come to its end.
    DeploymentUnfinished,
    /// It has.
    DeploymentFinished,
    /// A new release runs and is watched.
    ReleaseSeen,
    /// The watch ended well.
    ReleaseAccepted,
    /// A newer release came.
    ReleaseSuperseded,
    /// A person ended the watch without a judgement.
    ReleaseAborted,
    /// A rollback began.
    RollbackStarted,
    /// The old version runs again and was proved to work.
    RollbackDone {
        /// From the decision to the proof.
        took: Duration,
    },
    /// The rollback could not be finished.
    RollbackFailed,
    /// A rollback would be needed and there is no way to do one.
    RollbackImpossible,
    /// A trigger failed in shadow mode: this is what would have been done.
    WouldRollBack,
    /// It fails, and not by its own fault: watched on.
    NotToBlame,
    /// A person has to decide.
    Held,
    /// A check has told nothing for too long.
    Blind,
    /// It tells again.
    SeesAgain,
    /// Docker does not answer while a release is watched or rolled back.
    EngineUnreachable,
    /// Docker answers again.
    EngineBack,
    /// The Swarm has no leader, so that nobody acts.
    SwarmLost,
    /// It has one again.
    SwarmBack,
    /// Another manager's golive is not heard of, and this one acts in its place.
    TookOver,
    /// The engine gets nowhere with replacing what ran before.
    UpdateStuck,
    /// It does again, or need not any more.
    UpdateMoves,
    /// golive had the engine go on with what it had halted for nothing that the release has done.
    UpdateResumed,
    /// The accepted version could not be restored if it were needed.
    NotReady,
    /// It could again.
    ReadyAgain,
    /// What runs is not what was released.
    Diverged,
    /// It is again.
    Reconciled,
    /// What runs was taken back before.
    KnownBad,
    /// A rollback begins by itself when its time has come, unless a person stops it.
    CountDown {
        /// So long from when it was decided.
        lasts: Duration,
    },
    /// The restored version did not prove healthy: on to an older one.
    RollbackAgain,
    /// The rollback worked, and something that it made or set aside could not be removed.
    LeftOver,
    /// A limit that is watched always is passed (guide G5).
    RuleBroken {
        /// The rule.
        rule: String,
    },
    /// It is kept again, or can be told again and is kept.
    RuleMended {
        /// The rule.
        rule: String,
    },
    /// Whether it is kept could not be told for long.
    RuleBlind {
        /// The rule.
        rule: String,
    },
    /// The configuration was changed.
    ConfigReloaded,
    /// A changed configuration was refused; the old one stays in force.
    ConfigRejected,
    /// The state directory cannot be written; rollbacks wait until it can.
    StoreLost,
    /// It can be written again.
    StoreBack,
    /// Something that was stored is damaged, or not there any more.
    StateLost,
    /// A channel takes no letters.
    ChannelDead {
        /// The channel, with the address where it has several.
        channel: String,
    },
    /// It takes them again.
    ChannelBack {
        /// The channel, with the address where it has several.
        channel: String,
    },
    /// No channel of the urgent tier has confirmed anything lately, so golive rolls nothing back by itself.
    Unheard,
    /// One has.
    Heard,
    /// Several notices in one message; none is written down with this.
    Digest {
        /// How many.
        count: usize,
    },
}
