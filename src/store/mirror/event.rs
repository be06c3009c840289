//! Events as JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, DurationSecondsWithFrac, SerializeAs, serde_as};

use super::beside::BesideDef;
use super::facts::FactsDef;
use super::reading::ReadingDef;
use super::running::{HaltedDef, LeftDef};
use super::season::{SeasonDef, UnjudgedDef};
use crate::decide::event::{
    Address, Announcement, Ask, Beside, Event, Fault, FaultKind, Halted, Happening, Identity, Kept, Left,
    Member, Outcome, Running, Sample, Stage, Standing, Step, Waits,
};
use crate::decide::facts::Facts;
use crate::decide::past::Learnt;
use crate::decide::reading::Reading;

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum EventDef {
    Started,
    Due,
    Service {
        service: String,
        #[serde_as(as = "HappeningDef")]
        what: Happening,
    },
    EngineLost {
        why: String,
    },
    EngineBack,
    SwarmLost {
        why: String,
    },
    SwarmBack,
    TookOver {
        from: String,
    },
    StoodStill {
        since: Timestamp,
    },
    ConfigReloaded,
    ConfigRejected {
        why: String,
    },
    StoreLost {
        why: String,
    },
    StoreBack,
    StateLost {
        why: String,
    },
    Watched(#[serde_as(as = "ReadingDef")] Reading),
    Told {
        #[serde_as(as = "AddressDef")]
        to: Address,
        notice: String,
    },
    NotTold {
        #[serde_as(as = "AddressDef")]
        to: Address,
        notice: String,
        why: String,
        given_up: bool,
    },
    Acknowledged {
        incident: String,
        by: String,
    },
}
as_core!(Event, EventDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Address", rename_all = "kebab-case")]
pub(in crate::store) struct AddressDef {
    channel: String,
    address: String,
}
as_core!(Address, AddressDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Happening", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum HappeningDef {
    Seen(#[serde_as(as = "Option<RunningDef>")] Option<Running>),
    Empty {
        left: Vec<String>,
    },
    Stopping {
        instance: String,
        signal: String,
    },
    Died {
        instance: String,
        asked: bool,
        exit: Option<i64>,
        oom: bool,
    },
    Sampled(#[serde_as(as = "SampleDef")] Sample),
    Dependency(#[serde_as(as = "SampleDef")] Sample),
    Measured(#[serde_as(as = "ReadingDef")] Reading),
    Beside(#[serde_as(as = "BesideDef")] Beside),
    Recalled(#[serde_as(as = "Vec<ReadingDef>")] Vec<Reading>),
    Expected {
        metric: String,
        until: Timestamp,
        #[serde_as(as = "Result<Box<SeasonDef>, UnjudgedDef>")]
        learnt: Learnt,
    },
    Kept {
        release: String,
        problems: Vec<String>,
    },
    Proved {
        release: String,
        problems: Vec<String>,
    },
    Unpinned {
        release: String,
    },
    StepDone {
        rollback: String,
        #[serde_as(as = "StepDef")]
        step: Step,
        instance: Option<String>,
        #[serde(default)]
        output: Option<String>,
    },
    StepFailed {
        rollback: String,
        #[serde_as(as = "StepDef")]
        step: Step,
        #[serde_as(as = "FaultDef")]
        fault: Fault,
    },
    Stands(#[serde_as(as = "StandingDef")] Standing),
    Asked {
        by: String,
        #[serde_as(as = "AskDef")]
        ask: Ask,
    },
}
as_core!(Happening, HappeningDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Standing", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum StandingDef {
    Acts {
        #[serde(default)]
        by: String,
        #[serde_as(as = "Option<Box<KeptDef>>")]
        kept: Option<Box<Kept>>,
    },
    Watches {
        why: String,
        #[serde_as(as = "Option<Box<KeptDef>>")]
        kept: Option<Box<Kept>>,
    },
}
as_core!(Standing, StandingDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Kept", rename_all = "kebab-case")]
pub(in crate::store) struct KeptDef {
    #[serde_as(as = "FactsDef")]
    facts: Facts,
    mine: bool,
}
as_core!(Kept, KeptDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Running", rename_all = "kebab-case")]
pub(in crate::store) struct RunningDef {
    instance: String,
    #[serde_as(as = "IdentityDef")]
    identity: Identity,
    version: String,
    alive: bool,
    started: Option<Timestamp>,
    restarts: u64,
    irreversible: Option<String>,
    #[serde(default)]
    given_up: Option<String>,
    #[serde(default)]
    rolling_out: bool,
    #[serde(default)]
    stuck: Option<String>,
    #[serde(default)]
    #[serde_as(as = "Option<HaltedDef>")]
    halted: Option<Halted>,
    #[serde(default)]
    about: Option<String>,
    #[serde_as(as = "Vec<MemberDef>")]
    members: Vec<Member>,
    settling: bool,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    #[serde_as(as = "Vec<LeftDef>")]
    left: Vec<Left>,
}
as_core!(Running, RunningDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Member", rename_all = "kebab-case")]
pub(in crate::store) struct MemberDef {
    id: String,
    name: String,
    service: String,
    #[serde_as(as = "IdentityDef")]
    identity: Identity,
    version: String,
    #[serde_as(as = "StageDef")]
    stage: Stage,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    restarts: u64,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    start_period: Duration,
    may_end: bool,
    waits_for: Vec<String>,
}
as_core!(Member, MemberDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Stage", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum StageDef {
    Created,
    Running,
    Paused,
    Restarting,
    Done,
    Stopped,
    Ended { exit: Option<i64> },
}
as_core!(Stage, StageDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Waits", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum WaitsDef {
    Announced(String),
    Settling,
    End(String),
    Start(String),
    StartAgain(String),
    GoOn(String),
    Engine,
    EndedWithEngine(String),
}
as_core!(Waits, WaitsDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Identity", rename_all = "kebab-case")]
pub(in crate::store) struct IdentityDef {
    image: String,
    spec: String,
}
as_core!(Identity, IdentityDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Sample", rename_all = "kebab-case")]
pub(in crate::store) struct SampleDef {
    check: String,
    began: Timestamp,
    #[serde_as(as = "DurationSecondsWithFrac<f64>")]
    took: Duration,
    #[serde_as(as = "OutcomeDef")]
    outcome: Outcome,
}
as_core!(Sample, SampleDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum OutcomeDef {
    Ok,
    Failed(String),
    Blind(String),
}
as_core!(Outcome, OutcomeDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Step", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum StepDef {
    Prepare,
    Forensics,
    Before,
    Create,
    Disarm,
    Stop,
    SetAside,
    TakeName,
    Start,
    Dependents,
    Command,
    Update,
    Converge,
    Verify,
    CleanUp,
    After,
    Undo,
    StandAside,
}
as_core!(Step, StepDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Fault", rename_all = "kebab-case")]
pub(in crate::store) struct FaultDef {
    #[serde_as(as = "FaultKindDef")]
    kind: FaultKind,
    text: String,
}
as_core!(Fault, FaultDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "FaultKind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum FaultKindDef {
    Unreachable,
    Lost,
    Transient,
    Refused,
    Foreign,
    Pending,
    Irreversible,
}
as_core!(FaultKind, FaultKindDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Ask", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum AskDef {
    Release(#[serde_as(as = "AnnouncementDef")] Announcement),
    Accept {
        reason: Option<String>,
        force: bool,
    },
    Abort,
    Rollback {
        to: Option<String>,
        reason: Option<String>,
        known_bad: bool,
    },
    Plan {
        to: Option<String>,
    },
    Hold {
        #[serde_as(as = "Option<DurationSecondsWithFrac<f64>>")]
        lasts: Option<Duration>,
        reason: Option<String>,
    },
    Resume,
}
as_core!(Ask, AskDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Announcement", rename_all = "kebab-case")]
pub(in crate::store) struct AnnouncementDef {
    version: String,
    by: Option<String>,
    with: Vec<String>,
    features: Vec<String>,
    improvements: Vec<String>,
    fixes: Vec<String>,
    config_changes: Vec<String>,
    irreversible: Option<String>,
}
as_core!(Announcement, AnnouncementDef);
