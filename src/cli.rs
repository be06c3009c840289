//! The command line: one verb, one file.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, Language};
use crate::control::client::Client;
use crate::docker::Engine;
use crate::probe::Tools;

mod abort;
mod absence;
mod accept;
mod ack;
mod backtest;
mod backup;
mod check;
mod checklist;
mod daemon;
mod demo;
mod discover;
mod drill;
mod explain;
mod failure;
mod generate;
mod hold;
mod incidents;
mod items;
mod load;
mod notify;
mod record;
mod release;
mod releases;
mod resume;
mod rollback;
mod show;
mod status;
mod story;
mod verify;
mod wait;
mod watch;

use failure::CliError;

const AFTER: &str = "\
Examples:
  golive demo                                see the whole story in under a minute
  golive discover                            what runs here, as a first configuration
  golive check                               is /etc/golive/rules.toml right?
  golive status                              what runs, what is watched, what is wrong
  golive watch                               the same live, until ^C
  golive release shop 1.4 --wait             announce a release and wait for its outcome, in CI
  golive rollback shop --dry-run             what would a rollback do?
  golive explain                             why did golive do what it did last?

Exit codes:
    0  good
    1  something is not
    2  impossible, and why
   10  rolled back and verified
   11  rollback failed, or a person has to decide
   12  superseded or aborted
   64  wrong usage
   69  no daemon answers, or no Docker Engine
   73  a file or socket cannot be made
   75  another daemon runs, or this one is too busy
   77  you may not use the daemon
   78  the configuration has mistakes
  124  not decided in time";

/// A watchdog for Docker hosts: a bad release takes itself back.
#[derive(Debug, Parser)]
#[command(name = "golive", version, after_help = AFTER, max_term_width = 110)]
struct Arguments {
    #[command(flatten)]
    context: Context,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb gets.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Context {
    /// The configuration
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "/etc/golive/rules.toml",
        display_order = 900
    )]
    config: PathBuf,
    /// The daemon's control socket
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        default_value = "/run/golive/golive.sock",
        display_order = 901
    )]
    socket: PathBuf,
    /// Language, `en` or `zh-CN`; the configuration's when left out, else the terminal's (`LANG`)
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = language, display_order = 902)]
    lang: Option<Language>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the watchdog in the foreground; systemd does
    #[command(after_help = daemon::AFTER)]
    Daemon,
    /// Look at this host and write a first configuration
    Discover(discover::Arguments),
    /// Find every mistake in the configuration
    Check(check::Arguments),
    /// What runs, what is watched, what is wrong
    Status(status::Arguments),
    /// The same live: the watch, its triggers, a rollback step by step
    Watch(watch::Arguments),
    /// Block until the current release is decided
    Wait(wait::Arguments),
    /// Announce a release, before or after its container changes
    Release(release::Arguments),
    /// End the watch now: the release is good
    Accept(accept::Arguments),
    /// End the watch now and judge nothing
    Abort(abort::Arguments),
    /// Go back to an accepted version
    Rollback(rollback::Arguments),
    /// Automation off; watching and alerts go on
    Hold(hold::Arguments),
    /// Automation on again
    Resume(resume::Arguments),
    /// Acknowledge an incident, which stops its reminders
    Ack(ack::Arguments),
    /// List incidents
    Incidents(incidents::Arguments),
    /// List releases
    Releases(releases::Arguments),
    /// The checklist before a release: check, sign, waive
    Checklist(checklist::Arguments),
    /// Make the acceptance run: every item, its value against its limit
    Verify(verify::Arguments),
    /// Try whether it could be gone back, and whether somebody comes when called
    Drill(drill::Arguments),
    /// The release record
    Record(record::Arguments),
    /// Why golive did what it did, in order
    Explain(explain::Arguments),
    /// What today's rules would have done in the past
    Backtest(backtest::Arguments),
    /// Copy all that golive has stored into a file
    Backup(backup::Arguments),
    /// Try channels, see what was sent, send again
    Notify(notify::Arguments),
    /// The whole story in under a minute on this machine, without any configuration
    #[command(after_help = demo::AFTER)]
    Demo,
    /// Write man pages or shell completions into a directory
    Generate(generate::Arguments),
    /// A load run: what is wanted comes in as a line of JSON, what comes of it goes out as lines of JSON
    #[command(hide = true)]
    Load,
    /// The demo's service
    #[command(hide = true)]
    DemoService(demo::Service),
    /// The demo's deploy command
    #[command(hide = true)]
    DemoDeploy(demo::Deploy),
}

impl Context {
    fn config(&self) -> Result<Config, CliError> {
        Ok(Config::load(&self.config)?)
    }

    fn client(&self) -> Result<Client, CliError> {
        Ok(Client::new(&self.socket, self.language())?)
    }

    /// The language that the reader wants: as said, as configured, as the terminal is set.
    fn language(&self) -> Language {
        let configured = || Config::load(&self.config).ok().and_then(|config| config.spoken);
        let terminal = || ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok());
        let terminal = || terminal().and_then(|name| Language::of(&name));
        self.lang.or_else(configured).or_else(terminal).unwrap_or_default()
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
        Err(error) => return failure::usage(&error),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failure::tell(&error.into()),
    };
    let ended = runtime.block_on(verb(parsed.verb, &parsed.context));
    // A blocking call that hangs (a disk, a resolver) must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => failure::tell(&error),
    }
}

async fn verb(verb: Verb, context: &Context) -> Result<u8, CliError> {
    match verb {
        Verb::Daemon => daemon::run(context).await,
        Verb::Discover(arguments) => discover::run(&arguments, context).await,
        Verb::Check(arguments) => check::run(&arguments, context).await,
        Verb::Status(arguments) => status::run(&arguments, context).await,
        Verb::Watch(arguments) => watch::run(&arguments, context).await,
        Verb::Wait(arguments) => wait::run(arguments, context).await,
        Verb::Release(arguments) => release::run(arguments, context).await,
        Verb::Accept(arguments) => accept::run(&arguments, context).await,
        Verb::Abort(arguments) => abort::run(&arguments, context).await,
        Verb::Rollback(arguments) => rollback::run(arguments, context).await,
        Verb::Hold(arguments) => hold::run(arguments, context).await,
        Verb::Resume(arguments) => resume::run(&arguments, context).await,
        Verb::Ack(arguments) => ack::run(arguments, context).await,
        Verb::Incidents(arguments) => incidents::run(&arguments, context),
        Verb::Releases(arguments) => releases::run(&arguments, context),
        Verb::Checklist(arguments) => checklist::run(arguments, context).await,
        Verb::Verify(arguments) => verify::run(arguments, context).await,
        Verb::Drill(arguments) => drill::run(arguments, context).await,
        Verb::Record(arguments) => record::run(arguments, context).await,
        Verb::Explain(arguments) => explain::run(&arguments, context),
        Verb::Backtest(arguments) => backtest::run(&arguments, context).await,
        Verb::Backup(arguments) => backup::run(&arguments, context),
        Verb::Notify(arguments) => notify::run(arguments, context).await,
        Verb::Demo => demo::run().await,
        Verb::Generate(arguments) => generate::run(&arguments, Arguments::command()),
        Verb::Load => load::run().await,
        Verb::DemoService(service) => demo::service(service).await,
        Verb::DemoDeploy(deploy) => demo::deploy(deploy).await,
    }
}

/// The engine of a configuration; nothing is connected yet.
fn engine(config: &Config) -> Result<Engine, CliError> {
    Engine::new(&config.docker_socket).map_err(|error| CliError::Plain(error.to_string()))
}

/// The same, and what checks are made with.
fn tools(config: &Config) -> Result<(Engine, Tools), CliError> {
    let engine = engine(config)?;
    let tools = Tools::new(&engine).map_err(|error| CliError::Plain(error.to_string()))?;
    Ok((engine, tools))
}

/// A duration as in the configuration: `90s`, `15m`, `1h`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    crate::config::duration(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a number with a unit, e.g. 30s, 15m or 1h".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    Language::of(text).ok_or_else(|| "golive speaks en and zh-CN".to_owned())
}
