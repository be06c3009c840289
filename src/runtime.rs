//! The engine's side: what runs, can it be gone back to, and one step of a rollback at a time.
//!
//! Nothing here judges or retries by a policy of its own. One call is one attempt: check whether what is wanted
//! holds already, else act, within a deadline. That makes every call safe to repeat after a crash or a time-out,
//! when nobody knows what the engine still finished.

use std::path::PathBuf;

use crate::config;
use crate::docker::Engine;
use crate::model::plan::Plan;
use crate::model::running::{Identity, Running};
use crate::model::step::{Fault, FaultKind, Step};

mod beside;
pub mod command;
mod compose;
pub mod container;
mod copied;
pub mod events;
mod fault;
mod forensics;
mod hook;
mod paths;
mod pin;
mod sources;
mod steps;
mod successor;
pub mod swarm;

pub use command::Command;
pub use compose::Compose;
pub use container::Container;
pub use events::{Watched, watch};
pub use swarm::Swarm;

/// Why golive rolls nothing back on Podman.
pub const ON_PODMAN: &str = "Podman's Docker API does not tell all that a container was made with, such as a fixed address, and \
                             removes none that others live in: golive watches and tells there, and rolls nothing back";

/// What carries a service.
#[derive(Debug, Clone)]
pub enum Runtime {
    /// One container of a Docker Engine.
    Container(Container),
    /// Services of a Compose project, as one set.
    Compose(Compose),
    /// The operator's own commands.
    Command(Command),
    /// Services of a Docker Swarm.
    Swarm(Swarm),
}

/// A release as it was while it ran well: all that is needed to create it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The release.
    pub release: String,
    /// The image's id; the version for the command runtime.
    pub image: String,
    /// The inspect as the engine gave it, as JSON; all of them for a set, and empty for the command runtime.
    pub inspect: String,
}

/// What is saved of a bad release before it is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forensics {
    /// The inspect as the engine gave it, as JSON.
    pub inspect: String,
    /// The last lines that it wrote, at most 1000 and 256 KiB.
    pub logs: String,
    /// What the engine remembered of it, a line each, at most 200.
    pub events: String,
    /// Its exit code, when it had ended.
    pub exit: Option<i64>,
    /// Whether the kernel killed it for lack of memory.
    pub oom: bool,
}

/// A step holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The container that the step made or found, where it did; all of them, of a set.
    pub instance: Option<String>,
    /// What was saved, from [`Step::Forensics`].
    pub forensics: Option<Forensics>,
    /// The end of what the operator's program printed, where one was run.
    pub output: Option<String>,
}

impl Runtime {
    /// What carries that service. Nothing is asked or started yet.
    pub fn new(service: &str, config: &config::Service, engine: &Engine) -> Self {
        match &config.runtime {
            config::Runtime::Container { name } => {
                Self::Container(Container::new(engine.clone(), service, name, config))
            }
            config::Runtime::Compose(of) => Self::Compose(Compose::new(engine.clone(), service, of, config)),
            config::Runtime::Command(commands) => Self::Command(Command::new(service, commands, config)),
            config::Runtime::Swarm(set) => Self::Swarm(Swarm::new(engine.clone(), service, set, config)),
        }
    }

    /// What runs now; `None` when nothing does.
    pub async fn seen(&self) -> Result<Option<Running>, Fault> {
        match self {
            Self::Container(container) => container.seen().await,
            Self::Compose(set) => set.seen().await,
            Self::Command(command) => command.seen().await,
            Self::Swarm(swarm) => swarm.seen().await,
        }
    }

    /// Why a rollback would stop what runs first, although the old version is to start first.
    pub async fn stops_first(&self) -> Option<String> {
        match self {
            Self::Container(container) => container.stops_first().await,
            Self::Compose(_) | Self::Command(_) | Self::Swarm(_) => None,
        }
    }

    /// Health checks that look at what a rollback would leave alone, a sentence each.
    pub async fn beyond(&self) -> Result<Vec<String>, Fault> {
        match self {
            Self::Compose(set) => set.beyond().await,
            Self::Container(_) | Self::Command(_) | Self::Swarm(_) => Ok(Vec::new()),
        }
    }

    /// Records a release while it runs well, and pins its image. The caller stores the record.
    pub async fn keep(&self, release: &str, instance: &str) -> Result<Record, Fault> {
        match self {
            Self::Container(container) => container.keep(release, instance).await,
            Self::Compose(set) => set.keep(release, instance).await,
            Self::Command(command) => command.keep(release).await,
            Self::Swarm(swarm) => swarm.keep(release, instance).await,
        }
    }

    /// Whether a record is of that instance as it was accepted. What has been changed in place since is something else.
    pub fn tells_of(&self, record: &Record, instance: &str, identity: &Identity) -> bool {
        match self {
            Self::Container(_) => Container::tells_of(record, instance, identity),
            Self::Compose(_) => Compose::tells_of(record, instance, identity),
            Self::Command(_) => record.image == identity.image,
            Self::Swarm(swarm) => swarm.tells_of(record, identity),
        }
    }

    /// The record of a release that is kept elsewhere than in golive's own store: by another manager's golive, in the
    /// Swarm.
    pub async fn record(&self, release: &str) -> Result<Option<Record>, Fault> {
        match self {
            Self::Container(_) | Self::Compose(_) | Self::Command(_) => Ok(None),
            Self::Swarm(swarm) => swarm.record(release).await,
        }
    }

    /// Writes down what is known of the service where others that watch it can read it; does nothing where nobody does.
    pub async fn share(&self, facts: &str) -> Result<(), Fault> {
        match self {
            Self::Container(_) | Self::Compose(_) | Self::Command(_) => Ok(()),
            Self::Swarm(swarm) => swarm.share(facts).await,
        }
    }

    /// What stands in the way of going back to that release, in sentences; pins it anew where that helps.
    pub async fn prove(&self, record: &Record) -> Result<Vec<String>, Fault> {
        match self {
            Self::Container(container) => container.prove(record).await,
            Self::Compose(set) => set.prove(record).await,
            Self::Command(command) => command.prove(&record.image).await,
            Self::Swarm(swarm) => swarm.prove(record).await,
        }
    }

    /// The same, and whether it can be made anew beside what runs, where what carries the service makes anything.
    pub async fn rehearse(&self, record: &Record) -> Result<Vec<String>, Fault> {
        match self {
            Self::Container(container) => container.rehearse(record).await,
            Self::Compose(set) => set.rehearse(record).await,
            Self::Command(_) | Self::Swarm(_) => self.prove(record).await,
        }
    }

    /// Has the engine go on with an update that it has halted; does nothing where none carries out updates by itself.
    pub async fn go_on(&self) -> Result<(), Fault> {
        match self {
            Self::Container(_) | Self::Compose(_) | Self::Command(_) => Ok(()),
            Self::Swarm(swarm) => swarm.go_on().await,
        }
    }

    /// Drops the pin of that release, whose record it is.
    pub async fn forget(&self, release: &str, record: Option<&Record>) -> Result<(), Fault> {
        match self {
            Self::Container(container) => container.forget(release).await,
            Self::Compose(set) => set.forget(release, record).await,
            Self::Command(_) => Ok(()),
            Self::Swarm(swarm) => swarm.forget(release).await,
        }
    }

    /// Makes one step of a rollback hold. `record` is the release that is restored, `bad` the one that is left, as it
    /// was before the rollback began.
    pub async fn perform(
        &self,
        plan: &Plan,
        record: Option<&Record>,
        bad: Option<&Record>,
        step: Step,
    ) -> Result<Done, Fault> {
        match self {
            Self::Container(container) => container.perform(plan, record, bad, step).await,
            Self::Compose(set) => set.perform(plan, record, bad, step).await,
            Self::Command(command) => command.perform(plan, step).await,
            Self::Swarm(swarm) => swarm.perform(plan, record, bad, step).await,
        }
    }
}

impl Done {
    /// It holds, by that container.
    fn by(instance: &str) -> Self {
        Self { instance: Some(instance.to_owned()), ..Self::default() }
    }
}

/// Of several faults the one that is to be answered: where trying again may help one, it is tried again for all.
fn answered_first(faults: impl IntoIterator<Item = Fault>) -> Option<Fault> {
    let mut faults: Vec<Fault> = faults.into_iter().collect();
    faults.sort_by_key(|fault| match fault.kind {
        FaultKind::Unreachable => 0,
        FaultKind::Lost => 1,
        FaultKind::Pending => 2,
        FaultKind::Transient => 3,
        FaultKind::Refused | FaultKind::Foreign | FaultKind::Irreversible => 4,
    });
    faults.into_iter().next()
}

fn refused(text: impl Into<String>) -> Fault {
    Fault { kind: FaultKind::Refused, text: text.into() }
}

fn transient(text: impl Into<String>) -> Fault {
    Fault { kind: FaultKind::Transient, text: text.into() }
}

fn foreign(text: impl Into<String>) -> Fault {
    Fault { kind: FaultKind::Foreign, text: text.into() }
}

/// Where a program named in the configuration is, as the system would find it.
pub fn find_program(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runnable = |path: &PathBuf| {
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(runnable);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(runnable)
}
