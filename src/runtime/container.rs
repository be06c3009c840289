//! A service in one container: found by its name, dealt with by its id.

use std::time::Duration;

use crate::config::{self, Order, Pin};
use crate::docker::labels::ROLLBACK;
use crate::docker::{Engine, EngineError, Inspect};
use crate::model::plan::Plan;
use crate::model::step::Fault;

use super::hook::Hooks;
use super::{Record, beside, refused};

mod carrier;

/// A service in one container.
#[derive(Debug, Clone)]
pub struct Container {
    pub(super) engine: Engine,
    pub(super) service: String,
    pub(super) name: String,
    pub(super) stop_timeout: Duration,
    pub(super) pin: Pin,
    pub(super) order: Order,
    /// Whether a drill starts what it makes.
    pub(super) drill_starts: bool,
    /// The set that it is a member of, where it is one.
    pub(super) set: Option<config::Compose>,
    pub(super) hooks: Hooks,
}

impl Container {
    pub(super) fn new(engine: Engine, service: &str, name: &str, config: &config::Service) -> Self {
        let (service, name) = (service.to_owned(), name.to_owned());
        let hooks = Hooks::new(&service, config);
        let (stop_timeout, pin, order) = (config.stop_timeout, config.pin, config.order);
        let drill_starts = config.drill_starts;
        Self { engine, service, name, stop_timeout, pin, order, drill_starts, set: None, hooks }
    }

    /// Another container, which is dealt with in the same way.
    pub(super) fn renamed(&self, name: &str) -> Self {
        Self { name: name.to_owned(), order: Order::StopFirst, ..self.clone() }
    }
}

/// One rollback on one container.
pub(super) struct Swap<'a> {
    pub(super) on: &'a Container,
    pub(super) plan: &'a Plan,
    /// The bad release as it was before the rollback began.
    pub(super) bad: Option<Inspect>,
    /// The rollback of the service whose container this one lives in, where it is not the service's own.
    pub(super) dependent_of: Option<&'a str>,
}

impl Swap<'_> {
    pub(super) fn engine(&self) -> &Engine {
        &self.on.engine
    }

    /// The successor's name until it takes the service's.
    pub(super) fn temporary(&self) -> String {
        format!("{}.golive-{}", self.on.name, token(&self.plan.rollback))
    }

    /// The bad container's name once it is out of the way.
    pub(super) fn aside(&self) -> String {
        format!("{}.golive-bad-{}", self.on.name, token(&self.plan.rollback))
    }

    /// The bad container, when it is still there.
    pub(super) async fn bad_now(&self) -> Result<Option<Inspect>, EngineError> {
        match &self.plan.bad {
            Some(id) => self.engine().inspect(id).await,
            None => Ok(None),
        }
    }

    /// The successor, wherever it is: under its temporary name, the service's, or one that somebody gave it.
    pub(super) async fn successor(&self) -> Result<Option<Inspect>, EngineError> {
        for name in [&self.temporary(), &self.on.name] {
            if let Some(found) = self.engine().named(name).await?
                && found.made_by(&self.plan.rollback)
            {
                return Ok(Some(found));
            }
        }
        let label = format!("{ROLLBACK}={}", self.plan.rollback);
        let made = self.engine().labelled(&label).await?;
        match made.first().and_then(|made| made["Id"].as_str()) {
            Some(id) => self.engine().inspect(id).await,
            None => Ok(None),
        }
    }

    /// Whether that container is the one that is taken back.
    pub(super) fn is_bad(&self, container: &Inspect) -> bool {
        self.plan.bad.as_deref() == Some(container.id())
    }

    /// Whether the successor runs before the bad container is stopped.
    pub(super) fn starts_first(&self, good: &Inspect, bad: Option<&Inspect>) -> bool {
        self.on.order == Order::StartFirst && bad.is_none_or(|bad| beside::obstacle(good, bad).is_none())
    }

    /// How long a container gets to stop: its own time, but no longer than the configuration's.
    pub(super) fn grace(&self, container: Option<&Inspect>) -> Duration {
        let own = container.and_then(|container| container.at("/Config/StopTimeout").as_u64());
        own.map_or(self.on.stop_timeout, |own| self.on.stop_timeout.min(Duration::from_secs(own)))
    }
}

/// The inspect in a record.
pub(super) fn read(record: &Record) -> Result<Inspect, Fault> {
    Inspect::parse(record.inspect.clone())
        .map_err(|error| refused(format!("read the record of release {}: {error}", record.release)))
}

/// As much of a text as may stand in the name of a container.
pub(super) fn token(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}
