//! A container as what runs: which version it is, and how it is.

use std::time::Duration;

use super::Inspect;
use crate::config::compose;
use crate::model::running::{Identity, Member, Running, Stage};
use crate::runtime::spec;
use crate::untrusted::clean;

impl Inspect {
    /// What the core wants to know of it.
    pub(in crate::runtime) fn running(&self) -> Running {
        Running {
            instance: self.id().to_owned(),
            identity: self.identity(),
            version: spec::version(self),
            alive: self.flag("/State/Running") && !self.flag("/State/Restarting"),
            started: self.started(),
            restarts: self.at("/RestartCount").as_u64().unwrap_or_default(),
            irreversible: self.label("golive.irreversible").map(clean),
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
    pub(in crate::runtime) fn identity(&self) -> Identity {
        Identity { image: self.image().to_owned(), spec: spec::hash(self) }
    }

    /// It as one of those that run under a service's name.
    pub(in crate::runtime) fn member(&self) -> Member {
        let period = self.at("/Config/Healthcheck/StartPeriod").as_u64().unwrap_or_default();
        Member {
            id: self.id().to_owned(),
            name: self.name().to_owned(),
            service: self.label(compose::SERVICE).unwrap_or(self.name()).to_owned(),
            identity: self.identity(),
            version: spec::version(self),
            stage: self.stage(),
            started: self.started(),
            ended: self.ended().filter(|_| !self.up()),
            restarts: self.at("/RestartCount").as_u64().unwrap_or_default(),
            start_period: Duration::from_nanos(period),
            may_end: !self.comes_back(),
            waits_for: compose::waits_for(self.label(compose::DEPENDS_ON).unwrap_or_default()),
        }
    }

    fn stage(&self) -> Stage {
        let exit = self.at("/State/ExitCode").as_i64();
        // What the engine has tried to start and could not is not waited for.
        let failed = !self.text("/State/Error").is_empty();
        match self.text("/State/Status") {
            _ if self.has_ended() => Stage::Done,
            "created" if !failed => Stage::Created,
            "paused" => Stage::Paused,
            "restarting" => Stage::Restarting,
            "exited" if !failed && self.comes_back() => Stage::Stopped,
            _ if self.flag("/State/Running") => Stage::Running,
            _ => Stage::Ended { exit },
        }
    }

    /// Whether its restart policy starts it again however it has ended.
    fn comes_back(&self) -> bool {
        matches!(self.text("/HostConfig/RestartPolicy/Name"), "always" | "unless-stopped")
    }
}
