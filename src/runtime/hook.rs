//! The operator's programs around a rollback, and what they are told.

use std::time::Duration;

use crate::config;
use crate::decide::action::Plan;
use crate::decide::event::Fault;

use super::program::{self, Ended};
use super::{Done, refused};

const LIMIT: Duration = Duration::from_mins(1);

/// A service's `before` and `after` hooks.
#[derive(Debug, Clone)]
pub(super) struct Hooks {
    service: String,
    before: Option<Vec<String>>,
    after: Option<Vec<String>>,
}

impl Hooks {
    pub(super) fn new(service: &str, config: &config::Service) -> Self {
        Self { service: service.to_owned(), before: config.before.clone(), after: config.after.clone() }
    }

    /// Runs the `before` hook, where there is one: anything but success stops the rollback.
    pub(super) async fn before(&self, plan: &Plan) -> Result<Done, Fault> {
        self.run("before", self.before.as_deref(), plan).await
    }

    /// Runs the `after` hook, where there is one.
    pub(super) async fn after(&self, plan: &Plan) -> Result<Done, Fault> {
        self.run("after", self.after.as_deref(), plan).await
    }

    async fn run(&self, which: &str, argv: Option<&[String]>, plan: &Plan) -> Result<Done, Fault> {
        let Some(argv) = argv else { return Ok(Done::default()) };
        let ended = program::run(argv, &environment(&self.service, plan), LIMIT).await;
        match ended {
            Ok(ended) if ended.code == Some(0) => Ok(Done::default()),
            Ok(ended) => Err(refused(told(&format!("run the {which} hook"), &ended))),
            Err(error) => Err(refused(format!("run the {which} hook: {error}"))),
        }
    }
}

/// What every program of a rollback finds in its environment.
pub(super) fn environment(service: &str, plan: &Plan) -> [(&'static str, String); 4] {
    [
        ("GOLIVE_SERVICE", service.to_owned()),
        ("GOLIVE_FROM", plan.from_version.clone()),
        ("GOLIVE_TO", plan.to_version.clone()),
        ("GOLIVE_REASON", plan.reason.clone()),
    ]
}

/// A program's bad end with what it printed.
pub(super) fn told(doing: &str, ended: &Ended) -> String {
    let end = ended.code.map_or_else(|| "was killed by a signal".to_owned(), |code| format!("exited {code}"));
    let printed = format!("{}\n{}", ended.stdout.trim(), ended.stderr.trim());
    match printed.trim() {
        "" => format!("{doing}: it {end} and printed nothing"),
        printed => format!("{doing}: it {end} and printed: {printed}"),
    }
}
