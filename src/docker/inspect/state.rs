//! How a container is: whether it runs, how it ended, what its HEALTHCHECK says.

use super::Inspect;

/// What a container's HEALTHCHECK says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health<'i> {
    /// That all is well, or there is none.
    Well,
    /// Nothing yet.
    Starting,
    /// That it is not.
    Unhealthy {
        /// What it printed last.
        said: &'i str,
    },
}

impl Inspect {
    /// The engine's own word for it.
    pub(crate) fn status(&self) -> &str {
        self.text("/State/Status")
    }

    /// Whether it has a process; one that is paused has, and one that waits to be restarted, to the engine, too.
    pub(crate) fn runs(&self) -> bool {
        self.flag("/State/Running")
    }

    pub(crate) fn restarting(&self) -> bool {
        self.flag("/State/Restarting")
    }

    pub(crate) fn paused(&self) -> bool {
        self.flag("/State/Paused")
    }

    /// How often its restart policy has started it again.
    pub(crate) fn restarts(&self) -> u64 {
        self.at("/RestartCount").as_u64().unwrap_or_default()
    }

    /// How it ended last.
    pub(crate) fn exit_code(&self) -> Option<i64> {
        self.at("/State/ExitCode").as_i64()
    }

    /// Whether the kernel has killed one of its processes for lack of memory since it was started.
    pub(crate) fn out_of_memory(&self) -> bool {
        self.flag("/State/OOMKilled")
    }

    /// Why it could not be started; empty where it could.
    pub(crate) fn start_error(&self) -> &str {
        self.text("/State/Error")
    }

    /// Its main process, as the host numbers it, while it has one.
    pub(crate) fn pid(&self) -> Option<i64> {
        self.at("/State/Pid").as_i64().filter(|pid| *pid > 0)
    }

    pub(crate) fn health(&self) -> Health<'_> {
        match self.text("/State/Health/Status") {
            "unhealthy" => {
                let last = self.items("/State/Health/Log").last();
                Health::Unhealthy { said: last.and_then(|run| run["Output"].as_str()).unwrap_or_default() }
            }
            "starting" => Health::Starting,
            _ => Health::Well,
        }
    }
}
