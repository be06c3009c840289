//! A run in a process of its own, from both sides: what is wanted goes in as a line of JSON, how far it is and what has come of it
//! come out as lines of JSON. Whoever closes the way in ends the run, on purpose or by being gone.

use std::future::Future;
use std::io::{BufRead, Read as _, Write};
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Alone, Progress, Spec, Stop, run};
use crate::clock::Clock;
use crate::model::load::Report;

/// What is wanted is no longer than this.
const SPEC_MAX: u64 = 256 * 1024;
/// This program, also where its file was replaced meanwhile.
const ITSELF: &str = "/proc/self/exe";
/// Beyond the time of the run itself, its process may take so long.
const SPARE: Duration = Duration::from_secs(30);

/// What comes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// How far it is, every second.
    Progress(Progress),
    /// What has come of it: the last line.
    Report(Box<Report>),
    /// Another run is under way on this host: the last line.
    Busy,
    /// It cannot be done; why. The last line.
    Refused(String),
}

/// Why nothing has come of a run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Another one is under way.
    #[error("another load run is under way on this host")]
    Busy,
    /// It cannot be done.
    #[error("{0}")]
    Refused(String),
    /// Its process could not be run, or ended without a word.
    #[error("its process {0}")]
    Lost(String),
}

/// The process: makes the run that it reads of, and says what has come of it.
pub async fn serve(
    mut input: impl BufRead + Send + 'static,
    mut out: impl Write,
    clock: &Clock,
) -> std::io::Result<()> {
    let mut wanted = String::new();
    input.by_ref().take(SPEC_MAX).read_line(&mut wanted)?;
    let spec: Spec = match serde_json::from_str(&wanted) {
        Ok(spec) => spec,
        Err(error) => {
            return say(&mut out, &Line::Refused(format!("what is wanted makes no sense: {error}")));
        }
    };
    if let Some(why) = spec.refused() {
        return say(&mut out, &Line::Refused(why));
    }
    let held = match Alone::beside(&spec.beside) {
        Ok(Some(held)) => held,
        Ok(None) => return say(&mut out, &Line::Busy),
        Err(error) => return say(&mut out, &Line::Refused(format!("is another run under way? {error}"))),
    };
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new().name("stop".to_owned()).spawn(move || {
        // Whatever comes, or nothing more.
        let _ = input.read_line(&mut String::new());
        let _ = tell.send(Stop);
    })?;
    let stop = async { told.await.unwrap_or(Stop) };
    let mut broken = Ok(());
    let report = run(&spec, clock, stop, |progress| {
        if broken.is_ok() {
            broken = say(&mut out, &Line::Progress(progress));
        }
    });
    let report = report.await;
    drop(held);
    broken?;
    match report {
        Ok(report) => say(&mut out, &Line::Report(Box::new(report))),
        Err(why) => say(&mut out, &Line::Refused(format!("failed to {why}"))),
    }
}

fn say(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Makes a run in another process, and waits for its end. When `stop` is over, it is ended, and says what there was until then.
pub async fn elsewhere(
    spec: &Spec,
    stop: impl Future<Output = ()>,
    told: impl FnMut(Progress),
) -> Result<Report, LoadError> {
    let lost = |error: std::io::Error| LoadError::Lost(format!("cannot be run: {error}"));
    let mut child = Command::new(ITSELF)
        .arg("load")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(lost)?;
    let limit = spec.warm_up + spec.lasts + spec.timeout + SPARE;
    let heard = timeout(limit, heard(&mut child, spec, stop, told)).await;
    heard.unwrap_or_else(|_| Err(LoadError::Lost(format!("had not ended after {limit:?}"))))
}

async fn heard(
    child: &mut Child,
    spec: &Spec,
    stop: impl Future<Output = ()>,
    mut told: impl FnMut(Progress),
) -> Result<Report, LoadError> {
    let lost = |error: std::io::Error| LoadError::Lost(format!("cannot be spoken with: {error}"));
    let silent = || LoadError::Lost("ended without a word".to_owned());
    let mut wanted = serde_json::to_vec(spec).map_err(|error| LoadError::Refused(error.to_string()))?;
    wanted.push(b'\n');
    let mut input = child.stdin.take();
    if let Some(input) = &mut input {
        input.write_all(&wanted).await.map_err(lost)?;
    }
    let mut lines = BufReader::new(child.stdout.take().ok_or_else(silent)?).lines();
    let mut stop = pin!(stop);
    loop {
        let line = tokio::select! {
            () = &mut stop, if input.is_some() => {
                input = None;
                continue;
            }
            line = lines.next_line() => line.map_err(lost)?.ok_or_else(silent)?,
        };
        let line = serde_json::from_str(&line)
            .map_err(|error| LoadError::Lost(format!("says what makes no sense: {error}")))?;
        match line {
            Line::Progress(progress) => told(progress),
            Line::Report(report) => {
                // So that nothing of it is left; it has nothing more to do.
                let _ = child.wait().await;
                return Ok(*report);
            }
            Line::Busy => return Err(LoadError::Busy),
            Line::Refused(why) => return Err(LoadError::Refused(why)),
        }
    }
}
