//! Notices, incidents and reasons as JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, DurationSecondsWithFrac, SerializeAs, serde_as};

use super::event::SampleDef;
use super::reason::{BlameDef, ReasonDef};
use crate::decide::action::{Incident, IncidentState, News, Notice, Place, Plan, Stage, Tier};
use crate::decide::event::Sample;
use crate::decide::reason::Blame;
use crate::decide::reason::Reason;

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Plan", rename_all = "kebab-case")]
pub(in crate::store) struct PlanDef {
    rollback: String,
    from: String,
    from_version: String,
    bad: Option<String>,
    to: String,
    to_version: String,
    reason: String,
}
as_core!(Plan, PlanDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Tier", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum TierDef {
    General,
    Important,
    Urgent,
}
as_core!(Tier, TierDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Notice", rename_all = "kebab-case")]
pub(in crate::store) struct NoticeDef {
    id: String,
    incident: String,
    #[serde_as(as = "TierDef")]
    tier: Tier,
    #[serde_as(as = "NewsDef")]
    news: News,
    service: Option<String>,
    at: Timestamp,
    release: Option<String>,
    from: Option<String>,
    to: Option<String>,
    #[serde_as(as = "Option<ReasonDef>")]
    reason: Option<Reason>,
    #[serde(default)]
    #[serde_as(as = "Option<BlameDef>")]
    blame: Option<Blame>,
    #[serde_as(as = "Vec<SampleDef>")]
    evidence: Vec<Sample>,
    acknowledgeable: bool,
    #[serde(default)]
    #[serde_as(as = "PlaceDef")]
    place: Place,
}
as_core!(Notice, NoticeDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Place", rename_all = "kebab-case")]
pub(in crate::store) struct PlaceDef {
    #[serde_as(as = "StageDef")]
    stage: Stage,
    folded: u32,
    reopened: u32,
    escalated: bool,
}
as_core!(Place, PlaceDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Stage", rename_all = "kebab-case")]
pub(in crate::store) enum StageDef {
    First,
    Update,
    Reminder,
    Escalation,
    Resolved,
}
as_core!(Stage, StageDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "News", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum NewsDef {
    Test,
    ServiceDown,
    ServiceUp,
    ServiceStopped,
    Incomplete,
    Complete,
    Scaled,
    DeploymentUnfinished,
    DeploymentFinished,
    ReleaseSeen,
    ReleaseAccepted,
    ReleaseSuperseded,
    ReleaseAborted,
    RollbackStarted,
    RollbackDone {
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        took: Duration,
    },
    RollbackFailed,
    RollbackImpossible,
    WouldRollBack,
    NotToBlame,
    Held,
    Blind,
    SeesAgain,
    EngineUnreachable,
    EngineBack,
    SwarmLost,
    SwarmBack,
    TookOver,
    UpdateStuck,
    UpdateMoves,
    UpdateResumed,
    NotReady,
    ReadyAgain,
    Diverged,
    Reconciled,
    KnownBad,
    CountDown {
        #[serde_as(as = "DurationSecondsWithFrac<f64>")]
        lasts: Duration,
    },
    RollbackAgain,
    LeftOver,
    RuleBroken {
        rule: String,
    },
    RuleMended {
        rule: String,
    },
    RuleBlind {
        rule: String,
    },
    ConfigReloaded,
    ConfigRejected,
    StoreLost,
    StoreBack,
    StateLost,
    ChannelDead {
        channel: String,
    },
    ChannelBack {
        channel: String,
    },
    Unheard,
    Heard,
    Digest {
        count: usize,
    },
}
as_core!(News, NewsDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Incident", rename_all = "kebab-case")]
pub(in crate::store) struct IncidentDef {
    id: String,
    service: Option<String>,
    release: Option<String>,
    #[serde_as(as = "TierDef")]
    tier: Tier,
    #[serde_as(as = "NewsDef")]
    news: News,
    #[serde_as(as = "Option<ReasonDef>")]
    reason: Option<Reason>,
    #[serde_as(as = "IncidentStateDef")]
    state: IncidentState,
    began: Timestamp,
    ended: Option<Timestamp>,
    notices: u32,
    remind_at: Option<Timestamp>,
    #[serde(default)]
    reminders: u32,
    #[serde(default)]
    escalate_at: Option<Timestamp>,
    #[serde(default)]
    escalated: bool,
    #[serde(default)]
    folded: u32,
    #[serde(default)]
    reopened: u32,
    #[serde(default)]
    calm_at: Option<Timestamp>,
}
as_core!(Incident, IncidentDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "IncidentState", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum IncidentStateDef {
    Open,
    Acknowledged { by: String },
    Resolved,
}
as_core!(IncidentState, IncidentStateDef);
