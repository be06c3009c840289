//! What runs under a service's name, and what of it does not yet, or no longer.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::seconds;

/// What runs under a service's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Running {
    /// The engine's id of the container, or of each of several, with commas between; the version for the command
    /// runtime.
    pub instance: String,
    /// What makes it this release and no other.
    pub identity: Identity,
    /// The version as a person would name it.
    pub version: String,
    /// Whether its process is up.
    pub alive: bool,
    /// When its process was started last; of a set in a Swarm, when its release began, by the managers' clock.
    pub started: Option<Timestamp>,
    /// How often the engine restarted it by itself.
    pub restarts: u64,
    /// A reason that the release cannot be taken back, from the label `golive.irreversible`.
    pub irreversible: Option<String>,
    /// Why the engine itself has given its newest release up, paused it or taken it back (swarm only).
    pub given_up: Option<String>,
    /// Whether the engine is still replacing what ran before (swarm only).
    pub rolling_out: bool,
    /// What keeps the engine from going on with that, while it has got nowhere for a while (swarm only).
    pub stuck: Option<String>,
    /// That the engine has stopped in the middle for nothing that the release has done (swarm only).
    pub halted: Option<Halted>,
    /// What it consists of, in words, where that is more than one container.
    pub about: Option<String>,
    /// The containers that it consists of; none where the runtime knows of no containers.
    pub members: Vec<Member>,
    /// Whether somebody is making, stopping or removing some of them right now, so that it is not whole.
    pub settling: bool,
    /// Services that belong to it by the configuration and have no container.
    pub absent: Vec<String>,
    /// Services beside it in the same project that keep data and are left alone.
    pub left: Vec<Left>,
}

/// The engine has stopped replacing what ran before, because something ended that was not the release's to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Halted {
    /// What ended, by the engine's id: it is halted once for each.
    pub by: String,
    /// What it was, and why it has ended.
    pub why: String,
}

/// A service that is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Left {
    /// Its name in the project.
    pub service: String,
    /// What makes it this version of it and no other.
    pub identity: Identity,
    /// The version as a person would name it.
    pub version: String,
}

/// Two instances with the same identity are the same release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// The image id (`sha256:…`), or `service=id` of each where several have different ones; the version for the
    /// command runtime.
    pub image: String,
    /// A hash of the configuration without what changes from run to run.
    pub spec: String,
}

/// One container of what runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Member {
    /// The engine's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its service in a Compose project; its name where it is in none.
    pub service: String,
    /// What makes it this version of the service and no other.
    pub identity: Identity,
    /// The version as a person would name it.
    pub version: String,
    /// How far it is.
    pub stage: Stage,
    /// When it was started last.
    pub started: Option<Timestamp>,
    /// When it has ended, where it has since its last start.
    pub ended: Option<Timestamp>,
    /// How often its restart policy has started it again since somebody did.
    pub restarts: u64,
    /// For so long after a start its own HEALTHCHECK may fail.
    #[serde(with = "seconds")]
    pub start_period: Duration,
    /// Whether it stays ended when it has done its work, as its restart policy says.
    pub may_end: bool,
    /// Services that have to end well before it is started.
    pub waits_for: Vec<String>,
}

/// How far a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Stage {
    /// It was made and never started.
    Created,
    /// Its process is up.
    Running,
    /// Its process is frozen, on request.
    Paused,
    /// It has ended by itself, and its restart policy starts it again.
    Restarting,
    /// It has done its work and ended, or stands in for one that has.
    Done,
    /// Its restart policy would have started it again, had it not been stopped on request.
    Stopped,
    /// It has ended otherwise, or could not be started.
    Ended {
        /// With which exit code.
        exit: Option<i64>,
    },
}

/// What a deployment waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// Something else than what runs was announced, and nothing of it is seen yet.
    Announced(String),
    /// Somebody is at work on the containers.
    Settling,
    /// That container runs before the others are started, and has not ended yet.
    End(String),
    /// That container was made and never started.
    Start(String),
    /// That container is to be started again, by whoever has stopped it.
    StartAgain(String),
    /// That container is frozen, until somebody lets it go on.
    GoOn(String),
    /// The engine does not answer.
    Engine,
    /// That container has ended with the engine, which does not start it again.
    EndedWithEngine(String),
}

impl Running {
    /// The names of the containers that do not run and have not done their work either, and of the services without one.
    pub fn down(&self) -> Vec<String> {
        let up = |member: &&Member| matches!(member.stage, Stage::Running | Stage::Done);
        let down = self.members.iter().filter(|member| !up(member)).map(|member| member.name.clone());
        down.chain(self.absent.iter().cloned()).collect()
    }

    /// Whether that instance is this one, or one of those that it consists of.
    pub fn has(&self, instance: &str) -> bool {
        parts(&self.instance).any(|part| part == instance)
    }

    /// Whether it is a set, which may consist of several containers.
    pub fn is_set(&self) -> bool {
        self.about.is_some()
    }

    /// The newest start that somebody asked for: what a restart policy does by itself, after a crash, is none. Where no
    /// containers are known, the runtime says itself when it was.
    pub fn launched(&self) -> Option<Timestamp> {
        if self.members.is_empty() {
            return self.started;
        }
        self.members.iter().filter_map(Member::launched).max()
    }

    /// For how long after its newest start a HEALTHCHECK of its own may still fail.
    pub fn start_period(&self) -> Duration {
        let newest = self.launched();
        let left = self.members.iter().filter_map(|member| {
            let before = newest?.duration_since(member.launched()?).unsigned_abs();
            Some(member.start_period.saturating_sub(before))
        });
        left.max().unwrap_or_default()
    }

    /// The container of that id.
    pub fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }
}

impl Stage {
    /// Whether its process is up, frozen, or about to be started again by the engine.
    pub fn is_up(self) -> bool {
        match self {
            Self::Running | Self::Paused | Self::Restarting => true,
            Self::Created | Self::Done | Self::Stopped | Self::Ended { .. } => false,
        }
    }
}

impl Member {
    /// When somebody started it last, unless it has ended by itself since.
    pub fn launched(&self) -> Option<Timestamp> {
        self.started.filter(|_| self.restarts == 0 && self.stage == Stage::Running)
    }
}

/// The instances that an instance consists of.
pub fn parts(instance: &str) -> impl Iterator<Item = &str> {
    instance.split(',').filter(|part| !part.is_empty())
}
