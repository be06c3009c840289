//! Whether a command exits 0.

use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::quote;
use crate::decide::event::Outcome;

/// Output beyond this is read and thrown away, so that the command is not blocked by it.
const OUTPUT_MAX: u64 = 4096;

pub(super) async fn look(argv: &[String]) -> Outcome {
    let Some((program, arguments)) = argv.split_first() else {
        return Outcome::Blind("no command".to_owned());
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that what it starts ends with it.
    command.process_group(0).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Outcome::Blind(format!("cannot run {program}: {error}")),
    };
    let group = Group { pid: child.id() };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (status, stdout, stderr) = tokio::join!(child.wait(), said(stdout), said(stderr));
    group.gone();
    match status {
        Ok(status) if status.success() => Outcome::Ok,
        Ok(status) => {
            let said = if stderr.trim().is_empty() { stdout } else { stderr };
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let code = status.code().map_or_else(|| status.to_string(), |code| format!("exit {code}"));
            Outcome::Failed(if last.is_empty() { code } else { format!("{code}: {}", quote(last)) })
        }
        Err(error) => Outcome::Blind(format!("cannot wait for {program}: {error}")),
    }
}

async fn said(stream: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let mut bytes = Vec::new();
    let read = (&mut stream).take(OUTPUT_MAX).read_to_end(&mut bytes).await;
    if read.is_ok() {
        // Errors end the reading; what was said so far stands.
        drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Kills the whole group when the check is given up.
struct Group {
    pid: Option<u32>,
}

impl Group {
    fn gone(mut self) {
        self.pid = None;
    }
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
