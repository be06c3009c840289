//! The command line: one verb, one file.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, Mistakes};
use crate::control::client::{Client, ClientError};
use crate::daemon::DaemonError;
use crate::demo::DemoError;
use crate::store::StoreError;

mod check;
mod demo;
mod generate;
mod history;
mod incidents;
mod notify;
mod release;
mod rollback;
mod show;
mod status;
mod wait;

/// The exit codes that are not sysexits.
const ROLLED_BACK: u8 = 10;
const NEEDS_PERSON: u8 = 11;
const OVERTAKEN: u8 = 12;
const TIMED_OUT: u8 = 124;

/// sysexits.
const USAGE: u8 = 64;
const UNAVAILABLE: u8 = 69;
const TEMPORARY: u8 = 75;
const CONFIG: u8 = 78;

const AFTER: &str = "Examples:
  golive demo                                  see the whole story in under a minute
  golive check                                 is /etc/golive/rules.toml right?
  golive status                                what runs, what is watched, what is wrong
  golive release shop --version 1.4 --wait     announce a release and wait for its outcome, in CI
  golive rollback shop --dry-run               what would a rollback do?
  golive explain                               why did golive do what it did last?

Exit codes: 0 good, 1 something is not, 2 impossible, 10 rolled back, 11 rollback failed or a person has to decide,
12 superseded or aborted, 64 usage, 69 no daemon, 75 another daemon runs, 78 bad configuration, 124 timeout.";

/// A watchdog for Docker hosts: a bad release takes itself back.
#[derive(Debug, Parser)]
#[command(name = "golive", version, after_help = AFTER, max_term_width = 110)]
struct Arguments {
    /// The configuration
    #[arg(long, global = true, value_name = "FILE", default_value = "/etc/golive/rules.toml")]
    config: PathBuf,
    /// The daemon's control socket
    #[arg(long, global = true, value_name = "PATH", default_value = "/run/golive/golive.sock")]
    socket: PathBuf,
    /// Language of what is sent by `notify test`: en or zh-CN; the configuration's otherwise
    #[arg(long, global = true, value_name = "LANGUAGE")]
    lang: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the watchdog in the foreground; systemd does
    Daemon,
    /// Find every mistake in the configuration
    Check(check::Arguments),
    /// What runs, what is watched, what is wrong
    Status(status::Arguments),
    /// Block until the current release is decided
    Wait(wait::Arguments),
    /// Announce a release, before or after its container changes
    Release(release::Arguments),
    /// End the watch now: the release is good
    Accept(release::Service),
    /// End the watch now and judge nothing
    Abort(release::Service),
    /// Go back to an accepted version
    Rollback(rollback::Arguments),
    /// Automation off; watching and alerts go on
    Hold(release::Hold),
    /// Automation on again
    Resume(release::Service),
    /// Acknowledge an incident, which stops its reminders
    Ack(incidents::Ack),
    /// List incidents
    Incidents(incidents::List),
    /// List releases
    Releases(history::Releases),
    /// The release record
    Record(history::Record),
    /// Why golive did what it did, in order
    Explain(history::Explain),
    /// Try channels, see what was sent, send again
    Notify(notify::Arguments),
    /// The whole story in under a minute on this machine, without any configuration
    Demo,
    /// Write man pages or shell completions into a directory
    Generate(generate::Arguments),
    /// The demo's service
    #[command(hide = true)]
    DemoService(demo::Service),
    /// The demo's deploy command
    #[command(hide = true)]
    DemoDeploy(demo::Deploy),
}

/// Why a verb could not be done.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] Mistakes),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error("{0}")]
    Plain(String),
    #[error("write")]
    Output(#[from] std::io::Error),
}

/// What every verb gets.
struct Context {
    config: PathBuf,
    socket: PathBuf,
    lang: Option<String>,
}

impl Context {
    fn config(&self) -> Result<Config, CliError> {
        Ok(Config::load(&self.config)?)
    }

    fn client(&self) -> Result<Client, CliError> {
        Ok(Client::new(&self.socket)?)
    }
}

/// Parses, runs the verb, prints one error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider was installed before");
    }
    let parsed = Arguments::command().try_get_matches_from(arguments);
    let parsed = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(parsed) => parsed,
        Err(error) => {
            let usage = error.use_stderr();
            drop(error.print());
            return if usage { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let context = Context { config: parsed.config, socket: parsed.socket, lang: parsed.lang };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&CliError::Output(error)),
    };
    let ended = runtime.block_on(verb(parsed.verb, &context));
    // A blocking call that hangs (a disk, a resolver) must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => fail(&error),
    }
}

async fn verb(verb: Verb, context: &Context) -> Result<u8, CliError> {
    match verb {
        Verb::Daemon => {
            crate::telemetry::init();
            crate::daemon::run(&context.config, &context.socket).await?;
            Ok(0)
        }
        Verb::Check(arguments) => check::run(&arguments, context).await,
        Verb::Status(arguments) => status::run(&arguments, context).await,
        Verb::Wait(arguments) => wait::run(&arguments, context).await,
        Verb::Release(arguments) => release::run(arguments, context).await,
        Verb::Accept(service) => release::tell(&service, "accept", context).await,
        Verb::Abort(service) => release::tell(&service, "abort", context).await,
        Verb::Rollback(arguments) => rollback::run(arguments, context).await,
        Verb::Hold(arguments) => release::hold(arguments, context).await,
        Verb::Resume(service) => release::tell(&service, "resume", context).await,
        Verb::Ack(arguments) => incidents::ack(arguments, context).await,
        Verb::Incidents(arguments) => incidents::list(&arguments, context),
        Verb::Releases(arguments) => history::releases(&arguments, context),
        Verb::Record(arguments) => history::record(&arguments, context),
        Verb::Explain(arguments) => history::explain(&arguments, context),
        Verb::Notify(arguments) => notify::run(arguments, context).await,
        Verb::Demo => {
            crate::demo::run(&mut std::io::stdout()).await?;
            Ok(0)
        }
        Verb::Generate(arguments) => generate::run(&arguments, Arguments::command()),
        Verb::DemoService(service) => demo::service(service).await,
        Verb::DemoDeploy(deploy) => demo::deploy(deploy).await,
    }
}

/// One plain paragraph on standard error.
fn fail(error: &CliError) -> ExitCode {
    let mut stderr = std::io::stderr();
    let (code, text) = match error {
        CliError::Config(mistakes) | CliError::Daemon(DaemonError::Config(mistakes)) => {
            (CONFIG, mistakes.render(show::color(&stderr)))
        }
        CliError::Client(ClientError::NoDaemon { .. }) => (UNAVAILABLE, paragraph(error)),
        CliError::Client(ClientError::Refused(_)) => (2, paragraph(error)),
        CliError::Client(ClientError::Unknown(_)) => (USAGE, paragraph(error)),
        CliError::Daemon(DaemonError::Store(StoreError::Busy { .. })) => (TEMPORARY, paragraph(error)),
        CliError::Store(_)
        | CliError::Daemon(_)
        | CliError::Demo(_)
        | CliError::Plain(_)
        | CliError::Output(_) => (1, paragraph(error)),
    };
    drop(writeln!(stderr, "{}", text.trim_end()));
    ExitCode::from(code)
}

/// What failed and everything behind it.
fn paragraph(error: &CliError) -> String {
    let failed = match error {
        CliError::Plain(_) | CliError::Client(ClientError::Refused(_) | ClientError::Unknown(_)) => {
            "golive: "
        }
        CliError::Config(_)
        | CliError::Client(ClientError::NoDaemon { .. })
        | CliError::Store(_)
        | CliError::Daemon(_)
        | CliError::Demo(_)
        | CliError::Output(_) => "golive: failed to ",
    };
    let mut text = format!("{failed}{error}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
