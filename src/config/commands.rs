//! The operator's programs: what is run, and for how long at most.

use std::time::Duration;

use super::table::Section;

const SHAPE: &str = "write { version = [\"…\"], rollback = [\"…\", \"{to}\"] }";

/// A program with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments; no shell.
    pub argv: Vec<String>,
    /// It is killed after this.
    pub limit: Duration,
}

/// What carries a service that is no container. `{to}` and `{from}` in arguments are replaced by versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// Prints the version that runs.
    pub version: Program,
    /// Goes to another version.
    pub rollback: Program,
    /// Says whether that would work.
    pub ready: Option<Program>,
    /// Says whether it has worked.
    pub verify: Option<Program>,
}

impl Commands {
    pub(super) fn read(mut table: Section<'_>) -> Option<Self> {
        let version = Program::read(&mut table, "version", "version-timeout", Duration::from_secs(10));
        let rollback = Program::read(&mut table, "rollback", "rollback-timeout", Duration::from_mins(10));
        let ready = Program::read(&mut table, "ready", "ready-timeout", Duration::from_secs(30));
        let verify = Program::read(&mut table, "verify", "verify-timeout", Duration::from_mins(1));
        table.required(&["version", "rollback"], SHAPE);
        table.end(&[]);
        Some(Self { version: version?, rollback: rollback?, ready, verify })
    }

    /// How long a step may take that runs one of them, and asks for the version before and after it.
    pub(super) fn longest(&self) -> Duration {
        let programs = [Some(&self.rollback), self.ready.as_ref(), self.verify.as_ref()];
        let longest = programs.into_iter().flatten().map(|program| program.limit).max().unwrap_or_default();
        longest.saturating_add(self.version.limit * 2)
    }
}

impl Program {
    fn read(
        table: &mut Section<'_>,
        key: &'static str,
        timeout: &'static str,
        default: Duration,
    ) -> Option<Self> {
        let argv = table.argv(key);
        let limit = table.duration(timeout, default);
        if table.has(timeout) && !table.has(key) {
            table.wrong_key(&[timeout], format!("is for `{key}`, which is not there"), "leave it out");
        }
        argv.map(|argv| Self { argv, limit })
    }
}
