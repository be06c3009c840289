//! What is watched of a service, and what an event means for it.

use super::asked;
use super::notes::When;
use crate::config::{Compose, Runtime};
use crate::docker::compose::Place;
use crate::docker::events::Heard;
use crate::docker::labels::ROLLBACK;
use crate::docker::{Engine, EngineError, compose};
use crate::model::running::Running;
use crate::runtime::compose::Found;
use crate::runtime::copied;

/// What is watched of a service.
#[derive(Debug, Clone)]
pub enum Watched {
    /// The container of that name.
    Container(String),
    /// A set of a Compose project.
    Set(Compose),
}

impl Watched {
    /// What is to be watched of a service; nothing of one that is not the engine's.
    pub fn of(runtime: &Runtime) -> Option<Self> {
        match runtime {
            Runtime::Container { name } => Some(Self::Container(name.clone())),
            Runtime::Compose(of) => Some(Self::Set(of.clone())),
            Runtime::Swarm(_) | Runtime::Command(_) => None,
        }
    }

    /// What runs; where nothing does, what of its project is left alone.
    pub(super) async fn running(
        &self,
        engine: &Engine,
    ) -> Result<(Option<Running>, Vec<String>), EngineError> {
        match self {
            Self::Container(name) => Ok((copied::running(engine, name).await?, Vec::new())),
            Self::Set(of) => {
                let found = Found::look(engine, of).await?;
                Ok((found.running(of), found.left_names()))
            }
        }
    }

    /// Whether the container that an event is about is one of its own.
    pub(super) fn owns(&self, heard: &Heard) -> bool {
        match self {
            Self::Container(name) => heard.name() == name,
            Self::Set(of) => place(of, heard) == Place::Member,
        }
    }

    /// Whether one of its own that has died is missing now. One of a set that ended as it should has not died.
    pub(super) async fn lost(&self, heard: &Heard, engine: &Engine) -> bool {
        match self {
            Self::Set(_) if heard.exit() == Some(0) => {
                !matches!(engine.inspect(&heard.actor.id).await, Ok(Some(found)) if found.has_ended())
            }
            Self::Container(_) | Self::Set(_) => true,
        }
    }

    /// When to look at it after that event; `None` when it has nothing to do with it.
    pub(super) fn when(&self, heard: &Heard) -> Option<When> {
        match self {
            Self::Container(name) => {
                let own = heard.name() == name || heard.old_name() == name;
                (own && heard.action != "kill").then_some(When::Soon)
            }
            Self::Set(of) => (place(of, heard) != Place::Apart).then(|| of_a_set(heard)),
        }
    }
}

/// Whoever deploys a project replaces its containers one after the other: all of them are one release, seen when they
/// have settled. What golive does itself is seen at once.
fn of_a_set(heard: &Heard) -> When {
    let id = &heard.actor.id;
    let own = heard.name().contains(".golive-") || heard.old_name().contains(".golive-");
    let made = heard.actor.attributes.contains_key(ROLLBACK);
    match heard.action.as_str() {
        "start" if made => When::AtOnce,
        "destroy" if own => When::AtOnce,
        _ if own => When::Soon,
        // What only means something to the program itself does not stop it.
        "kill" if asked::is_soft(heard) => When::Soon,
        "kill" => When::Stopping(id.clone()),
        "die" => When::Stopped(id.clone()),
        "create" | "destroy" | "rename" => When::Settled,
        _ => When::Soon,
    }
}

/// By what an event tells, which says nothing of volumes.
fn place(of: &Compose, heard: &Heard) -> Place {
    compose::place(of, heard.name(), |label| heard.actor.attributes.get(label).map(String::as_str), || false)
}
