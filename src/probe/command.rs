//! Whether a command exits 0.
//!
//! It gets no shell, no input, and a process group of its own, which is killed when the check is given up. What leaves
//! that group on purpose (`setsid`) is ended by systemd with the unit.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::seen::quote;
use crate::decide::event::Outcome;

/// Of a longer output the end is kept; the rest is read and dropped, so that the command never waits for a reader.
const OUTPUT_MAX: usize = 1024;
/// How long output is still waited for when the command has ended: what it left in the background may hold its
/// output open for ever.
const DRAIN: Duration = Duration::from_millis(100);
/// Between golive and systemd only; a command that used them would speak in golive's name.
const PRIVATE: [&str; 4] = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY"];

pub(super) async fn look(argv: &[String]) -> Outcome {
    let Some((program, arguments)) = argv.split_first() else {
        return Outcome::Blind("no command is named".to_owned());
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    for name in PRIVATE {
        command.env_remove(name);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Outcome::Blind(format!("cannot run {program}: {error}")),
    };
    // Dropped before the child, whose process id cannot belong to anybody else until then.
    let mut group = Group { pid: child.id() };
    let (status, said, quiet) = end(&mut child).await;
    if quiet {
        group.pid = None;
    }
    match status {
        Ok(status) if status.success() => Outcome::Ok,
        Ok(status) => {
            let code = status.code().map_or_else(|| status.to_string(), |code| format!("exit {code}"));
            Outcome::Failed(if said.is_empty() { code } else { format!("{code}: {said}") })
        }
        Err(error) => Outcome::Blind(format!("cannot wait for {program}: {error}")),
    }
}

/// Its status, the last line that it said, and whether nobody holds its output open any more.
async fn end(child: &mut Child) -> (std::io::Result<ExitStatus>, String, bool) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (from_stdout, from_stderr) = (child.stdout.take(), child.stderr.take());
    let (status, quiet) = {
        let reading = async { tokio::join!(tail(from_stdout, &mut stdout), tail(from_stderr, &mut stderr)) };
        tokio::pin!(reading);
        let mut quiet = false;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status,
                _ = &mut reading, if !quiet => quiet = true,
            }
        };
        quiet = quiet || tokio::time::timeout(DRAIN, reading).await.is_ok();
        (status, quiet)
    };
    let said = [stderr, stdout].iter().map(|output| last_line(output)).find(|line| !line.is_empty());
    (status, said.unwrap_or_default(), quiet)
}

/// Reads to the end, and keeps the end.
async fn tail(output: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut output) = output else { return };
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = output.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..read]);
        kept.drain(..kept.len().saturating_sub(OUTPUT_MAX));
    }
}

fn last_line(output: &[u8]) -> String {
    let output = String::from_utf8_lossy(output);
    quote(output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default())
}

/// Kills the whole group when the check is given up, or has ended and left something that holds its output open.
struct Group {
    pid: Option<u32>,
}

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.pid.and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid
            && let Err(error) = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL)
        {
            tracing::debug!(%error, "a check's command had ended");
        }
    }
}

#[cfg(test)]
mod tests;
