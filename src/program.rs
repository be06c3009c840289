//! Runs an operator's program, a hook or a check: no shell, no input, a process group of its own, a deadline, and output
//! of a bounded length. What leaves the group on purpose (`setsid`) is ended by systemd with the unit.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::task::JoinHandle;

#[cfg(test)]
mod tests;

/// Of a longer output the end is kept; the rest is read and dropped, so that the program never waits for a reader.
const USUAL: usize = 4096;
/// How long output is still waited for when the program has ended: what it left in the background may hold its
/// standard output open for ever.
const DRAIN: Duration = Duration::from_millis(200);
/// Between golive and systemd only; a program that used them would speak in golive's name, take its sockets, read its
/// secrets, or believe that its output goes to the journal.
const PRIVATE: [&str; 15] = [
    "CREDENTIALS_DIRECTORY",
    "FDSTORE",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_PIDFDID",
    "MANAGERPID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "NOTIFY_SOCKET",
    "SYSTEMD_EXEC_PID",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];

/// What becomes of what a program leaves in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It goes on: a deployment may leave something running.
    Running,
    /// It is killed where it holds the output open: what is run again and again must not pile up.
    Killed,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// The first line of its standard output.
    pub line: String,
    /// The end of its standard output.
    pub stdout: String,
    /// The end of its standard error.
    pub stderr: String,
}

/// A program gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// There is nothing to run.
    #[error("no program is named")]
    Nameless,
    /// It could not be started, or not be waited for.
    #[error("{program} cannot be run: {why}")]
    Unstarted {
        /// Which.
        program: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// Its time was over.
    #[error("{program} had not ended after {limit:?} and was killed{printed}")]
    Killed {
        /// Which.
        program: String,
        /// The time that it had.
        limit: Duration,
        /// What it had printed, where that was anything.
        printed: String,
    },
}

impl Ended {
    /// Its exit code; none when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The end of what it printed, on whichever output; none when that is nothing.
    pub fn printed(&self) -> Option<String> {
        let printed = format!("{}\n{}", self.stdout.trim(), self.stderr.trim());
        Some(printed.trim().to_owned()).filter(|printed| !printed.is_empty())
    }
}

/// Runs a program to its end. At the deadline, or when the caller loses interest, it is killed with all that it started
/// in its process group.
pub async fn run(
    argv: &[String],
    env: &[(&str, String)],
    limit: Option<Duration>,
    left: Left,
) -> Result<Ended, ProgramError> {
    run_keeping(argv, env, limit, left, USUAL).await
}

/// The same, and of each output so many bytes are kept.
pub async fn run_keeping(
    argv: &[String],
    env: &[(&str, String)],
    limit: Option<Duration>,
    left: Left,
    most: usize,
) -> Result<Ended, ProgramError> {
    let (program, args) = argv.split_first().ok_or(ProgramError::Nameless)?;
    let failed = |why| ProgramError::Unstarted { program: program.clone(), why };
    let mut command = Command::new(program);
    for name in PRIVATE {
        command.env_remove(name);
    }
    command.args(args).envs(env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    // Dropped before the child, whose process id cannot belong to anybody else until then.
    let mut group = Group(child.id());
    let (stdout, stderr) = (Reader::of(child.stdout.take(), most), Reader::of(child.stderr.take(), most));
    let waited = match limit {
        Some(limit) => tokio::time::timeout(limit, child.wait()).await.map_err(|_| limit),
        None => Ok(child.wait().await),
    };
    let status = match waited {
        Ok(status) => status.map_err(failed)?,
        Err(limit) => {
            drop(group);
            // So that it is no corpse; whoever was killed ends at once.
            let _ = tokio::time::timeout(DRAIN, child.wait()).await;
            let printed =
                Ended::of(ExitStatus::default(), &stdout.finish().await.0, &stderr.finish().await.0);
            let printed = printed.printed().map(|printed| format!("; it had printed: {printed}"));
            let printed = printed.unwrap_or_default();
            return Err(ProgramError::Killed { program: program.clone(), limit, printed });
        }
    };
    let ((stdout, out_closed), (stderr, err_closed)) = tokio::join!(stdout.finish(), stderr.finish());
    if left == Left::Running || (out_closed && err_closed) {
        group.0 = None;
    }
    Ok(Ended::of(status, &stdout, &stderr))
}

impl Ended {
    fn of(status: ExitStatus, stdout: &Kept, stderr: &Kept) -> Self {
        let line = text(&stdout.head).lines().next().unwrap_or_default().trim().to_owned();
        Self { status, line, stdout: text(&stdout.tail), stderr: text(&stderr.tail) }
    }
}

/// Kills a whole process group when it is dropped: a deploy script's children must not go on when the step counts as
/// failed.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.0.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid
            && let Err(error) = kill_process_group(pid, Signal::KILL)
        {
            tracing::debug!(%error, "a program had ended");
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is kept of an output: its first and its last so many bytes.
#[derive(Debug, Default)]
struct Kept {
    most: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// Reads one output in a task of its own, which ends with the output, or is aborted when the program has ended.
struct Reader {
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Reader {
    fn of(output: Option<impl AsyncRead + Unpin + Send + 'static>, most: usize) -> Self {
        let kept = Arc::new(Mutex::new(Kept { most, ..Kept::default() }));
        let into = Arc::clone(&kept);
        let task = tokio::spawn(async move {
            let Some(mut output) = output else { return };
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer).await {
                into.lock().unwrap_or_else(PoisonError::into_inner).take(&buffer[..read]);
            }
        });
        Self { kept, task }
    }

    /// What was read, and whether nobody holds the output open any more.
    async fn finish(mut self) -> (Kept, bool) {
        let closed = tokio::time::timeout(DRAIN, &mut self.task).await.is_ok();
        (std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner)), closed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Kept {
    fn take(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend_from_slice(bytes);
        let surplus = self.tail.len().saturating_sub(self.most);
        self.tail.drain(..surplus);
    }
}
