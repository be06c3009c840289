//! A container as what runs: which version it is, and how it is.

use std::time::Duration;

use super::Inspect;
use crate::docker::labels::IRREVERSIBLE;
use crate::docker::labels::compose::{DEPENDS_ON, SERVICE};
use crate::docker::{compose, spec};
use crate::model::running::{Identity, Member, Running, Stage};
use crate::untrusted::clean;

impl Inspect {
    /// What the core wants to know of it.
    pub(crate) fn running(&self) -> Running {
        Running {
            instance: self.id().to_owned(),
            identity: self.identity(),
            version: spec::version(self),
            alive: self.runs() && !self.restarting(),
            started: self.started(),
            restarts: self.restarts(),
            irreversible: self.label(IRREVERSIBLE).map(clean),
            given_up: None,
            rolling_out: false,
            stuck: None,
            halted: None,
            about: None,
            members: vec![self.member()],
            settling: false,
            absent: Vec::new(),
            left: Vec::new(),
        }
    }

    /// What makes it this version and no other.
    pub(crate) fn identity(&self) -> Identity {
        Identity { image: self.image().to_owned(), spec: spec::hash(self) }
    }

    /// It as one of those that run under a service's name.
    pub(crate) fn member(&self) -> Member {
        let period = self.at("/Config/Healthcheck/StartPeriod").as_u64().unwrap_or_default();
        Member {
            id: self.id().to_owned(),
            name: self.name().to_owned(),
            service: self.label(SERVICE).unwrap_or(self.name()).to_owned(),
            identity: self.identity(),
            version: spec::version(self),
            stage: self.stage(),
            started: self.started(),
            ended: self.ended().filter(|_| !self.up()),
            restarts: self.restarts(),
            start_period: Duration::from_nanos(period),
            may_end: !self.comes_back(),
            waits_for: compose::waits_for(self.label(DEPENDS_ON).unwrap_or_default()),
        }
    }

    fn stage(&self) -> Stage {
        let exit = self.exit_code();
        // What the engine has tried to start and could not is not waited for.
        let failed = !self.start_error().is_empty();
        match self.status() {
            _ if self.has_ended() => Stage::Done,
            "created" if !failed => Stage::Created,
            "paused" => Stage::Paused,
            "restarting" => Stage::Restarting,
            "exited" if !failed && self.comes_back() => Stage::Stopped,
            _ if self.runs() => Stage::Running,
            _ => Stage::Ended { exit },
        }
    }

    /// Whether its restart policy starts it again however it has ended.
    fn comes_back(&self) -> bool {
        matches!(self.text("/HostConfig/RestartPolicy/Name"), "always" | "unless-stopped")
    }
}
