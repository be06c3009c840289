//! Runs an operator's program: no shell, no input, a deadline, and output of a bounded length.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

#[cfg(test)]
mod tests;

/// Of a longer output the end is kept; the rest is read and dropped, so that the program never waits for a reader.
const LONGEST: usize = 4096;
/// How long output is still waited for when the program has ended: what it left in the background may hold its
/// standard output open for ever.
const DRAIN: Duration = Duration::from_millis(200);
/// Between golive and systemd only; a program that used them would speak in golive's name, take its sockets or read
/// its secrets.
const PRIVATE: [&str; 7] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "CREDENTIALS_DIRECTORY",
];

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; none when a signal ended it.
    pub(super) code: Option<i32>,
    /// The first line of its standard output.
    pub(super) line: String,
    /// The end of its standard output.
    pub(super) stdout: String,
    /// The end of its standard error.
    pub(super) stderr: String,
}

/// A program gave no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProgramError {
    #[error("no program is named")]
    Nameless,
    #[error("{program} cannot be run: {why}")]
    Unstarted { program: String, why: std::io::Error },
    #[error("{program} had not ended after {limit:?} and was killed{printed}")]
    Killed { program: String, limit: Duration, printed: String },
}

impl Ended {
    /// The end of what it printed, on whichever output; none when that is nothing.
    pub(super) fn printed(&self) -> Option<String> {
        let printed = format!("{}\n{}", self.stdout.trim(), self.stderr.trim());
        Some(printed.trim().to_owned()).filter(|printed| !printed.is_empty())
    }
}

/// Runs a program to its end. At the deadline it is killed with all that it started in its process group; alone, when
/// the caller loses interest.
pub(super) async fn run(
    argv: &[String],
    env: &[(&str, String)],
    limit: Duration,
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
    let (stdout, stderr) = (Reader::of(child.stdout.take()), Reader::of(child.stderr.take()));
    let Ok(status) = tokio::time::timeout(limit, child.wait()).await else {
        kill(child).await;
        let printed = ended(None, stdout, stderr).await.printed();
        let printed = printed.map(|printed| format!("; it had printed: {printed}")).unwrap_or_default();
        return Err(ProgramError::Killed { program: program.clone(), limit, printed });
    };
    let code = status.map_err(failed)?.code();
    Ok(ended(code, stdout, stderr).await)
}

async fn ended(code: Option<i32>, stdout: Reader, stderr: Reader) -> Ended {
    let (stdout, stderr) = (stdout.finish().await, stderr.finish().await);
    let line = text(&stdout.head).lines().next().unwrap_or_default().trim().to_owned();
    Ended { code, line, stdout: text(&stdout.tail), stderr: text(&stderr.tail) }
}

/// Kills the whole group: a deploy script's children must not go on when the step counts as failed. The shell has the
/// one `kill` that is always there.
async fn kill(mut child: Child) {
    if let Some(group) = child.id() {
        let mut kill = Command::new("/bin/sh");
        kill.args(["-c", "kill -KILL -\"$0\"", &group.to_string()]);
        kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Where that fails, the program itself is killed below.
        let _ = tokio::time::timeout(DRAIN * 10, kill.status()).await;
    }
    let _ = tokio::time::timeout(DRAIN * 10, child.kill()).await;
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is kept of an output: its first and its last `LONGEST` bytes.
#[derive(Debug, Default)]
struct Kept {
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// Reads one output in a task of its own, which ends with the output, or is aborted when the program has ended.
struct Reader {
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Reader {
    fn of(output: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let kept = Arc::<Mutex<Kept>>::default();
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

    async fn finish(mut self) -> Kept {
        let _ = tokio::time::timeout(DRAIN, &mut self.task).await;
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Kept {
    fn take(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend_from_slice(bytes);
        let surplus = self.tail.len().saturating_sub(LONGEST);
        self.tail.drain(..surplus);
    }
}
