//! The operator's programs around a rollback, and what they are told.

use crate::config::{self, Program};
use crate::model::plan::Plan;
use crate::model::step::{Fault, FaultKind};
use crate::program::{self, Ended, Left};
use crate::untrusted::{clean, short};

use super::{Done, refused};

/// A `before` hook that ends so says: this release cannot be taken back, and the first line it printed is why. No code
/// of the shell's, of sysexits or of curl's, so that no accident is taken for it.
const IRREVERSIBLE: i32 = 113;

/// A program is told this much of the reason, in bytes.
const LONGEST_REASON: usize = 2000;

/// A service's `before` and `after` hooks.
#[derive(Debug, Clone)]
pub(super) struct Hooks {
    service: String,
    before: Option<Program>,
    after: Option<Program>,
}

impl Hooks {
    pub(super) fn new(service: &str, config: &config::Service) -> Self {
        Self { service: service.to_owned(), before: config.before.clone(), after: config.after.clone() }
    }

    /// Runs the `before` hook, where there is one: anything but success stops the rollback.
    pub(super) async fn before(&self, plan: &Plan) -> Result<Done, Fault> {
        self.run("before", self.before.as_ref(), plan).await
    }

    /// Runs the `after` hook, where there is one.
    pub(super) async fn after(&self, plan: &Plan) -> Result<Done, Fault> {
        self.run("after", self.after.as_ref(), plan).await
    }

    async fn run(&self, which: &str, hook: Option<&Program>, plan: &Plan) -> Result<Done, Fault> {
        let Some(Program { argv, limit }) = hook else { return Ok(Done::default()) };
        match program::run(argv, &environment(&self.service, plan), Some(*limit), Left::Running).await {
            Ok(ended) if ended.status.success() => Ok(Done { output: ended.printed(), ..Done::default() }),
            Ok(ended) if ended.code() == Some(IRREVERSIBLE) && which == "before" => {
                let unsaid = || "the before hook says so".to_owned();
                let text = Some(ended.line).filter(|line| !line.is_empty()).unwrap_or_else(unsaid);
                Err(Fault { kind: FaultKind::Irreversible, text })
            }
            Ok(ended) => Err(refused(told(&format!("run the {which} hook"), &ended))),
            Err(error) => Err(refused(format!("run the {which} hook: {error}"))),
        }
    }
}

/// What every program of a rollback finds in its environment. Versions and reasons hold what images, containers and
/// services said of themselves: no byte of it may keep the program from being started, or act in its output.
pub(super) fn environment(service: &str, plan: &Plan) -> [(&'static str, String); 6] {
    [
        ("GOLIVE_SERVICE", service.to_owned()),
        ("GOLIVE_FROM", clean(&plan.from_version)),
        ("GOLIVE_TO", clean(&plan.to_version)),
        ("GOLIVE_REASON", short(&plan.reason, LONGEST_REASON)),
        ("GOLIVE_ROLLBACK", plan.rollback.clone()),
        ("GOLIVE_DRILL", plan.drill.map_or_else(String::new, |way| way.into_str().to_owned())),
    ]
}

/// A program's bad end with what it printed.
pub(super) fn told(doing: &str, ended: &Ended) -> String {
    let end =
        ended.code().map_or_else(|| "was killed by a signal".to_owned(), |code| format!("exited {code}"));
    match ended.printed() {
        None => format!("{doing}: it {end} and printed nothing"),
        Some(printed) => format!("{doing}: it {end} and printed: {printed}"),
    }
}
