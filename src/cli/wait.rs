//! `golive wait`, and waiting after `--wait`.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::absence::{self, Absence};
use super::show::{say, time_left};
use super::{CliError, Context, duration};
use crate::clock::Clock;
use crate::control::client::{Client, ClientError};
use crate::control::wire::Outcome;
use crate::untrusted::harmless;

mod rest;
mod summary;

/// Contract §1.
const ACCEPTED: u8 = 0;
pub(super) const ROLLED_BACK: u8 = 10;
const NEEDS_PERSON: u8 = 11;
const OVERTAKEN: u8 = 12;
const TIMED_OUT: u8 = 124;

/// One question to the daemon waits so long, in seconds.
const TURN: u64 = 20;

/// Before anything is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// A container that was started a moment ago may not have been noticed yet: an answer about what was decided before
/// must still be the answer after this.
const SETTLE: Duration = Duration::from_secs(2);

/// Where no release is named and none is under way, one that was decided within this is meant.
const JUST_DECIDED: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Progress goes to standard error, the outcome to standard output. A daemon that is restarted meanwhile is waited for.
A container must have been started before `golive wait` is; `golive release --wait` may come first. Where nothing is under
way, a release that was decided in the last five minutes answers; else what runs does.

Exit codes: 0 accepted, 10 rolled back, 11 rollback failed or a person has to decide, 12 superseded or aborted,
69 no daemon, 124 not decided in time.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// Give up after this
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    timeout: Duration,
    /// This release instead of the current one
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// The release of this version, once it comes
    #[arg(long, value_name = "VERSION", conflicts_with = "release")]
    version: Option<String>,
    /// Add the outcome to this file as Markdown, as CI systems show it on a job's page
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let client = context.client()?;
    // A daemon that never answered is told at once; one that goes away later may come back.
    client.status(Some(&arguments.service)).await?;
    let Arguments { release, version, summary, .. } = arguments;
    let about = About { release, version, summary };
    until_decided(&client, &arguments.service, about, arguments.timeout).await
}

/// Which release is waited for, the current one when nothing is said; and where its outcome goes besides.
#[derive(Debug)]
pub(super) struct About {
    /// By its id.
    release: Option<String>,
    /// By its version.
    version: Option<String>,
    /// A file that it is added to.
    summary: Option<PathBuf>,
}

impl About {
    /// That one.
    pub(super) fn release(id: Option<String>) -> Self {
        Self { release: id, version: None, summary: None }
    }

    /// The same, with the outcome added to that file.
    pub(super) fn summed_up_in(self, summary: Option<PathBuf>) -> Self {
        Self { summary, ..self }
    }

    /// Whether what was decided is no answer: no release was asked about, and that was long ago.
    fn is_at_rest(&self, outcome: &Outcome, now: Timestamp) -> bool {
        let long_ago = outcome.decided_at.is_none_or(|at| now.duration_since(at) > JUST_DECIDED);
        self.release.is_none() && self.version.is_none() && outcome.phase == "idle" && long_ago
    }

    /// Whether that is another version than the one that is waited for.
    fn is_other(&self, outcome: &Outcome) -> bool {
        self.version.is_some() && self.version != outcome.version
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Ending {
    /// The exit code.
    pub(super) code: u8,
    /// The closing sentence.
    pub(super) sentence: String,
}

/// Waits for the decision on a release, tells each change and what came of it, and gives the exit code.
pub(super) async fn until_decided(
    client: &Client,
    service: &str,
    about: About,
    patience: Duration,
) -> Result<u8, CliError> {
    let ending = ending(client, service, (&about, patience), true).await?;
    say(&ending.sentence)?;
    Ok(ending.code)
}

/// Waits for the decision on a release; each change is told where that is `told`.
pub(super) async fn ending(
    client: &Client,
    service: &str,
    (about, patience): (&About, Duration),
    told: bool,
) -> Result<Ending, CliError> {
    let clock = Clock::start();
    let settled = if about.release.is_some() { Duration::ZERO } else { SETTLE.min(patience / 2) };
    let end = clock.now().checked_add(patience).unwrap_or(Timestamp::MAX);
    let settled = clock.now().checked_add(settled).unwrap_or(end);
    let release = about.release.clone();
    let mut progress = Progress { service, release, told, ..Progress::default() };
    loop {
        let left = Duration::try_from(end.duration_since(clock.now())).unwrap_or_default();
        if left.is_zero() {
            return Ok(progress.out_of_time(about));
        }
        let turn = if progress.phase.is_some() { TURN.min(left.as_secs()) } else { 0 };
        let question = client.outcome(service, progress.release.as_deref(), progress.phase.as_deref(), turn);
        let pause = match tokio::time::timeout(left, question).await {
            Err(_) => continue,
            Ok(Ok(outcome)) if progress.release.is_none() && about.is_other(&outcome) => {
                progress.not_yet(about, &outcome)?
            }
            Ok(Ok(outcome)) if outcome.decided() && clock.now() >= settled => {
                return if progress.phase.is_none() && about.is_at_rest(&outcome, clock.now()) {
                    rest::told(client, service, about, clock.now()).await
                } else {
                    Ok(progress.decided(about, &outcome))
                };
            }
            Ok(Ok(outcome)) if outcome.decided() => AGAIN,
            Ok(Ok(outcome)) => progress.seen(&outcome, clock.now())?,
            Ok(Err(error)) => progress.unanswered(error, clock.now())?,
        };
        tokio::time::sleep(pause.min(left)).await;
    }
}

/// What was told so far.
#[derive(Default)]
struct Progress<'a> {
    service: &'a str,
    release: Option<String>,
    version: Option<String>,
    phase: Option<String>,
    absence: Absence,
    /// Whether it is told at all.
    told: bool,
}

impl Progress<'_> {
    /// Tells what is new, and gives the pause before the next question.
    fn seen(&mut self, outcome: &Outcome, now: Timestamp) -> Result<Duration, CliError> {
        self.absence.is_over();
        let news = self.phase.as_ref() != Some(&outcome.phase) || self.release != outcome.release;
        self.release = self.release.take().or_else(|| outcome.release.clone());
        self.version = outcome.version.clone().or_else(|| self.version.take());
        self.phase = Some(outcome.phase.clone());
        if !news {
            return Ok(AGAIN);
        }
        let ends =
            outcome.ends_at.map(|ends| format!(", {}", time_left(&outcome.phase, ends.duration_since(now))));
        let phase =
            if outcome.release.is_some() && outcome.phase == "idle" { "announced" } else { &outcome.phase };
        self.tell(&format!("{} {phase}{}", self.about(), ends.unwrap_or_default()))?;
        Ok(Duration::ZERO)
    }

    /// Another version is at hand, or was decided last.
    fn not_yet(&mut self, about: &About, outcome: &Outcome) -> Result<Duration, CliError> {
        self.absence.is_over();
        if let Some(version) = about.version.as_ref().filter(|_| self.version.is_none()) {
            self.tell(&format!("{} has not come yet", harmless(version)))?;
            self.version = Some(version.clone());
        }
        // The daemon answers when that changes.
        self.phase = Some(outcome.phase.clone());
        Ok(Duration::ZERO)
    }

    /// A daemon that is gone may come back; anything else is an error.
    fn unanswered(&mut self, error: ClientError, now: Timestamp) -> Result<Duration, CliError> {
        let silence = self.absence.goes_on(error, now)?;
        if silence.new {
            self.tell(absence::TOLD)?;
        }
        Ok(silence.pause)
    }

    fn decided(mut self, about: &About, outcome: &Outcome) -> Ending {
        self.release.clone_from(&outcome.release);
        self.version = outcome.version.clone().or(self.version);
        let why = outcome.why.as_ref().map(|why| format!(": {}", harmless(why))).unwrap_or_default();
        let sentence = format!("{}: {}, {}{why}", self.service, outcome.state, self.about());
        summary::add(about, self.service, &self.about(), &outcome.state, outcome);
        let code = match outcome.state.as_str() {
            "accepted" => ACCEPTED,
            "rolled-back" => ROLLED_BACK,
            "superseded" | "aborted" => OVERTAKEN,
            _ => NEEDS_PERSON,
        };
        Ending { code, sentence }
    }

    fn out_of_time(&self, about: &About) -> Ending {
        let phase = self.phase.as_deref().unwrap_or("the daemon did not answer");
        let sentence = format!("{}: not decided in time, {} {phase}", self.service, self.about());
        let outcome = Outcome { phase: phase.to_owned(), ..Outcome::default() };
        summary::add(about, self.service, &self.about(), "not decided in time", &outcome);
        Ending { code: TIMED_OUT, sentence }
    }

    /// `1.4 (shop-20260102T030405678)`
    fn about(&self) -> String {
        match (&self.version, &self.release) {
            (Some(version), Some(release)) => format!("{} ({release})", harmless(version)),
            (None, Some(release)) => release.clone(),
            (_, None) => "no release".to_owned(),
        }
    }

    fn tell(&self, what: &str) -> Result<(), CliError> {
        if self.told {
            writeln!(std::io::stderr(), "{}: {what}", self.service)?;
        }
        Ok(())
    }
}
