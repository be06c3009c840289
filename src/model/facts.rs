//! What must survive a restart: one value per service, stored whole with every change.
//!
//! Counters and windows over samples are not here: they are counted anew from the recorded samples, so that a
//! changed limit counts under its new value while a decision once taken stays taken.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::checklist::Checklist;
use super::decision::Decision;
use super::drill::Drills;
use super::incident::Incident;
use super::plan::Plan;
use super::reason::{Blame, Reason};
use super::release::Release;
use super::running::{Identity, Waits};
use super::seconds;
use super::step::{PastStep, Step};

mod before;
mod times;

pub use before::{Before, HostBefore};

/// What golive knows of one service and must not forget.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Facts {
    /// The identity that was taken notice of last: anything else that runs is a new release.
    pub known: Option<Identity>,
    /// Accepted releases that can be gone back to, newest last.
    pub accepted: Vec<Release>,
    /// The release at hand: being watched, rolled back or held.
    pub release: Option<Release>,
    /// A release that was announced and has not been seen yet.
    pub announced: Option<Release>,
    /// Where the release at hand stands.
    pub phase: Phase,
    /// The last release that was decided, and how.
    pub decided: Option<Decision>,
    /// Automation is off.
    pub hold: Option<Hold>,
    /// When rollbacks were begun, newest last; older than a day is dropped.
    pub rollbacks: Vec<Timestamp>,
    /// Incidents that are not over.
    pub incidents: Vec<Incident>,
    /// Incidents that ended a short while ago: what begins again goes on in their thread.
    pub lately: Vec<Incident>,
    /// How many incidents there were; numbers them.
    pub incidents_ever: u32,
    /// Since when something else runs than the accepted release, with nobody watching it, and why.
    pub diverged: Option<Diverged>,
    /// Whose fault the trouble of the release at hand is.
    pub blame: Option<Blame>,
    /// What golive went back from, newest last: it is known when it comes again.
    pub quarantine: Vec<Quarantined>,
    /// A rollback of the release at hand that begins when its time has come, unless a person stops it.
    pub veto: Option<Veto>,
    /// What the `before` hook says of the release at hand: that it cannot be taken back, and why.
    pub irreversible: Option<String>,
    /// A rollback that ended a short while ago: what breaks until then by what the release did is part of it.
    pub aftermath: Option<Aftermath>,
    /// Somebody is at work on what runs.
    pub deployment: Option<Deployment>,
    /// The engine that it runs in does not answer.
    pub away: bool,
    /// Checklists of the versions that were worked on last, newest last.
    pub checklists: Vec<Checklist>,
    /// Whether going back has been tried.
    pub drills: Drills,
    /// The last rollback that was proved.
    #[serde(default)]
    pub restored: Option<Restored>,
}

/// A rollback that was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Restored {
    /// When.
    pub at: Timestamp,
    /// From the decision to the proof.
    #[serde(with = "seconds")]
    pub took: Duration,
}

/// What is left of a rollback that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Aftermath {
    /// Its incident.
    pub incident: Incident,
    /// When the release came that was taken back.
    pub since: Timestamp,
    /// Measurements over the last minutes tell of it until then.
    pub until: Timestamp,
}

/// What runs is being replaced, started or stopped by somebody else than golive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Deployment {
    /// When it began.
    pub began: Timestamp,
    /// What it waits for.
    pub waits: Vec<Waits>,
    /// Containers that somebody has asked the engine to stop, by their ids, until they have been started again.
    pub stops: BTreeMap<String, Stop>,
    /// People were told that it does not end, or that it was stopped.
    pub told: bool,
}

/// Somebody has asked the engine to stop a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stop {
    /// Its name.
    pub name: String,
    /// Its service.
    pub service: String,
    /// When it was asked for.
    pub at: Timestamp,
    /// When the engine had started it before that, by the engine's clock.
    pub started: Option<Timestamp>,
    /// By which signal.
    pub signal: String,
    /// When it has ended; of one that ended with the engine, when the engine was back.
    pub ended: Option<Timestamp>,
    /// Nobody has asked: it has ended with the engine.
    pub with_engine: bool,
}

/// Where the release at hand stands (contract §3).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Phase {
    /// Nothing is being released.
    #[default]
    Idle,
    /// A new release is being watched.
    Watching(Watch),
    /// It is being taken back.
    RollingBack(Rollback),
    /// The old version was started and has to prove itself.
    Verifying(Verification),
    /// A person has to decide, in their own time: the release stays.
    Held {
        /// Why.
        why: Reason,
        /// Until when an answer is waited for; for ever when absent.
        answer_by: Option<Timestamp>,
        /// Until when a failure that golive may act on by itself still ends the waiting.
        watched_until: Timestamp,
    },
    /// Something went wrong that golive cannot mend.
    NeedsPerson {
        /// What.
        why: Reason,
    },
}

/// The watch of a new release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Watch {
    /// When it began.
    pub began: Timestamp,
    /// When the newest container of the release was started on somebody's request, or the engine was back after an
    /// outage: what was seen before is not counted, and its grace begins then.
    pub started: Timestamp,
    /// How often in a row it was started anew on request, without a moment in which every check passed.
    pub restarted: u32,
    /// When it ends.
    pub ends: Timestamp,
    /// Whether the end was put off once, because something was undecided.
    pub extended: bool,
    /// Whether a shadow decision was told already.
    pub shadowed: bool,
    /// What was like before, by trigger and kind.
    pub before: BTreeMap<String, Before>,
    /// The host's use and the old containers' part in it before, by resource.
    pub host_before: BTreeMap<String, HostBefore>,
    /// The worst that a trigger's query gave in the ten minutes before, where that was beyond its limit when the release
    /// came.
    pub worst_before: BTreeMap<String, f64>,
    /// The alerts that had fired before it came; nothing where none had been read.
    #[serde(default)]
    pub alerts_before: Option<BTreeSet<String>>,
    /// Health was failing already when the release came.
    pub red_before: bool,
    /// How often each health check had come back by itself in the hour before.
    pub came_back: BTreeMap<String, u32>,
    /// Services of a set that did not do well already when the release came.
    pub lame: Vec<String>,
    /// Since when something speaks against the release, while it does.
    pub suspected: Option<Timestamp>,
    /// Something fails that is not the release's fault; told once.
    pub excused: Option<Reason>,
    /// The acceptance run that the release has to pass at its end, once it was begun.
    pub acceptance: Option<AcceptanceRun>,
}

impl Watch {
    /// What was before that is no release's at hand: it may be known late.
    pub fn released(&self) -> Timestamp {
        self.began.min(self.started)
    }
}

/// How far an acceptance run is (guide G3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum AcceptanceRun {
    /// Its items are being made.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// They have ended.
    Ended {
        /// What fell short, where anything did.
        short: Option<Reason>,
    },
}

/// A rollback under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rollback {
    /// From what to what.
    pub plan: Plan,
    /// Why.
    pub reason: Reason,
    /// What is left is bad, and is known when it comes again; a person may go back for other reasons.
    pub known_bad: bool,
    /// When it was decided.
    pub began: Timestamp,
    /// The step at hand.
    pub step: Step,
    /// Since when it is at hand.
    pub since: Timestamp,
    /// The steps before it, oldest first.
    #[serde(default)]
    pub past: Vec<PastStep>,
    /// When it was asked for last.
    pub asked: Timestamp,
    /// How often the step was tried without success.
    pub attempts: u32,
    /// When it is tried again; `None` while it is under way.
    pub retry_at: Option<Timestamp>,
    /// The successor's container, once created.
    pub successor: Option<String>,
    /// Why the rollback is being undone, once it is.
    pub undoing: Option<Reason>,
    /// The version that was restored first did not prove healthy; there is no third.
    pub again: bool,
}

/// The proof that the restored version works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verification {
    /// The rollback whose successor is being proved.
    pub rollback: Rollback,
    /// When the successor was started.
    pub began: Timestamp,
    /// Whether it is proved, and only finishing steps are left.
    pub proved: Option<Timestamp>,
}

/// Automation is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hold {
    /// Who said so.
    pub by: String,
    /// Why.
    pub why: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when; until `resume` when absent.
    pub until: Option<Timestamp>,
}

/// What runs is not what was released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Diverged {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: Reason,
    /// The version that should run by what was released, where one is known.
    pub released: Option<String>,
    /// The release that it came to this with.
    pub release: Option<String>,
}

/// What was gone back from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Quarantined {
    /// What it is known by.
    pub identity: Identity,
    /// Its version.
    pub version: String,
    /// The release.
    pub release: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: Reason,
}

/// A rollback that people may still stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Veto {
    /// Why it was decided.
    pub cause: Reason,
    /// When it begins.
    pub ends: Timestamp,
}

impl Hold {
    /// A hold that begins now.
    pub fn new(by: String, why: Option<String>, now: Timestamp, lasts: Option<Duration>) -> Self {
        Self { by, why, since: now, until: lasts.and_then(|lasts| now.checked_add(lasts).ok()) }
    }
}

impl Verification {
    /// Nothing is left to prove: it is proved, or golive gives way to somebody who deploys.
    pub fn settled(&self) -> bool {
        self.proved.is_some() || self.rollback.undoing.is_some()
    }
}

impl Facts {
    /// A version of that name is among those that were accepted.
    pub fn was_accepted(&self, version: &str) -> bool {
        self.accepted.iter().any(|accepted| accepted.version == version)
    }

    /// The watch at hand.
    pub fn watch(&self) -> Option<&Watch> {
        match &self.phase {
            Phase::Watching(watch) => Some(watch),
            Phase::Idle
            | Phase::RollingBack(_)
            | Phase::Verifying(_)
            | Phase::Held { .. }
            | Phase::NeedsPerson { .. } => None,
        }
    }

    /// The rollback at hand.
    pub fn rollback(&self) -> Option<&Rollback> {
        match &self.phase {
            Phase::RollingBack(rollback) => Some(rollback),
            Phase::Verifying(verification) => Some(&verification.rollback),
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
        }
    }
}
