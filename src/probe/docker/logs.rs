//! What a service's containers have written lately: how many lines of a kind.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::{Docker, Tasks, blind, set};
use crate::clock::Clock;
use crate::config::{LogsCheck, Runtime};
use crate::docker::logs::{LINES_MAX, Lines, Writer};
use crate::docker::swarm::Task;
use crate::docker::{EngineError, Inspect};
use crate::model::figure::Figure;
use crate::model::sample::Outcome;
use crate::probe::seen::{people, quote};

#[cfg(test)]
mod tests;

/// So many logs are read at once.
const AT_ONCE: usize = 4;

/// The logs of a service's containers. A release has containers of its own, so that only its own lines are counted.
#[derive(Debug)]
pub(in crate::probe) struct Logs {
    docker: Arc<Docker>,
    from: From,
    check: LogsCheck,
}

/// Whose they are.
#[derive(Debug)]
enum From {
    Containers(Runtime),
    Tasks(Tasks),
}

/// One log.
struct Log {
    /// The container's or the task's id.
    id: String,
    /// Whose it is, and which driver keeps it, where a container has it.
    container: Option<(String, String)>,
}

impl Logs {
    pub(in crate::probe) fn new(docker: Arc<Docker>, of: &Runtime, check: &LogsCheck) -> Self {
        let from = match of {
            Runtime::Swarm(set) => From::Tasks(Tasks::new(Arc::clone(&docker), set)),
            Runtime::Container { .. } | Runtime::Compose(_) | Runtime::Command(_) => {
                From::Containers(of.clone())
            }
        };
        Self { docker, from, check: check.clone() }
    }

    pub(in crate::probe) async fn look(&self, clock: &Clock) -> (Outcome, Option<Figure>) {
        let logs = match self.logs(clock).await {
            Ok(logs) if logs.is_empty() => {
                return (Outcome::Blind("there is no container whose log could be read".to_owned()), None);
            }
            Ok(logs) => logs,
            Err(error) => return (blind(&error), None),
        };
        let each: Vec<_> = logs.iter().map(|log| async move { (log, self.read(log).await) }).collect();
        let mut read = stream::iter(each).buffer_unordered(AT_ONCE);
        let mut all = Lines::default();
        while let Some((log, lines)) = read.next().await {
            match lines {
                Ok(lines) => all.add(lines),
                Err(error) => return (log.unread(&error), None),
            }
        }
        (self.told(&all), Some(Figure::count(all.meant, u64::from(self.check.above))))
    }

    async fn logs(&self, clock: &Clock) -> Result<Vec<Log>, EngineError> {
        let engine = &self.docker.engine;
        let found = match &self.from {
            From::Tasks(tasks) => {
                let running = tasks.list(clock).await?.into_iter().filter(Task::runs);
                return Ok(running.map(|task| Log { id: task.id().to_owned(), container: None }).collect());
            }
            From::Containers(Runtime::Container { name }) => engine.named(name).await?.into_iter().collect(),
            From::Containers(Runtime::Compose(of)) => set::members(engine, of).await?,
            From::Containers(Runtime::Swarm(_) | Runtime::Command(_)) => Vec::new(),
        };
        Ok(found.iter().map(Log::of).collect())
    }

    async fn read(&self, log: &Log) -> Result<Lines, EngineError> {
        // The engine's clock is the host's.
        let since = Clock::wall().checked_sub(self.check.over).unwrap_or_default();
        let writer = match &log.container {
            Some(_) => Writer::Container(&log.id),
            None => Writer::Task(&log.id),
        };
        let is_meant = |line: &[u8]| self.check.pattern.is_in(line);
        self.docker.engine.lines(writer, since, &is_meant).await
    }

    /// While there may be more lines than were read, too few of them say nothing.
    fn told(&self, all: &Lines) -> Outcome {
        let (meant, may, over) = (all.meant, self.check.above, people(self.check.over));
        let least = if all.cut { "at least " } else { "" };
        let lines = if meant == 1 { "1 line".to_owned() } else { format!("{meant} lines") };
        if meant > u64::from(may) {
            let last = quote(all.last.as_deref().unwrap_or_default());
            return Outcome::Failed(format!(
                "{least}{lines} of the last {over} match, {may} may; the last: {last}"
            ));
        }
        if all.cut {
            return Outcome::Blind(format!(
                "more was written in {over} than is read at once, {LINES_MAX} lines of a container: {least}{lines} match"
            ));
        }
        Outcome::Ok
    }
}

impl Log {
    fn of(found: &Inspect) -> Self {
        let driver = found.text("/HostConfig/LogConfig/Type");
        Self { id: found.id().to_owned(), container: Some((found.name().to_owned(), driver.to_owned())) }
    }

    /// Why it could not be read.
    fn unread(&self, error: &EngineError) -> Outcome {
        match &self.container {
            Some((name, driver)) if error.is_unreadable_log() => Outcome::Blind(format!(
                "{}: its logging driver \"{}\" keeps nothing that could be read",
                quote(name),
                quote(driver)
            )),
            Some(_) | None => blind(error),
        }
    }
}
