//! One plain paragraph and an exit code for whatever goes wrong.

use std::error::Error;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use super::show;
use crate::config::Mistakes;
use crate::control::client::ClientError;
use crate::daemon::DaemonError;
use crate::demo::DemoError;
use crate::docker::EngineError;
use crate::store::StoreError;
use crate::untrusted::harmless;

/// Contract §1.
const NOT_GOOD: u8 = 1;
const IMPOSSIBLE: u8 = 2;

/// `sysexits.h`
const USAGE: u8 = 64;
const UNAVAILABLE: u8 = 69;
const CANNOT_CREATE: u8 = 73;
const IO: u8 = 74;
const TEMPORARY: u8 = 75;
const PROTOCOL: u8 = 76;
const NOT_PERMITTED: u8 = 77;
const CONFIG: u8 = 78;

/// Why a verb could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
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
    /// What is looked at is the engine, and it does not answer.
    #[error(transparent)]
    NoEngine(EngineError),
    /// A file that a verb was to make, a sentence of its own.
    #[error("{0}")]
    NotWritten(String),
    /// A sentence of its own.
    #[error("{0}")]
    Plain(String),
    /// A value on the command line that only the verb could judge.
    #[error("{0}")]
    Usage(String),
    #[error("write the output")]
    Output(#[from] io::Error),
}

/// What clap says: help on standard output, mistakes on standard error.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

/// One plain paragraph on standard error.
pub(super) fn tell(error: &CliError) -> ExitCode {
    if let CliError::Output(error) = error
        && error.kind() == ErrorKind::BrokenPipe
    {
        // Whoever reads has seen enough: `golive releases | head`.
        return ExitCode::SUCCESS;
    }
    let mut stderr = io::stderr();
    let text = match error {
        CliError::Config(mistakes) | CliError::Daemon(DaemonError::Config(mistakes)) => {
            mistakes.render(show::color(&stderr))
        }
        CliError::Client(_)
        | CliError::Store(_)
        | CliError::Daemon(_)
        | CliError::Demo(_)
        | CliError::NoEngine(_)
        | CliError::NotWritten(_)
        | CliError::Plain(_)
        | CliError::Usage(_)
        | CliError::Output(_) => paragraph(error),
    };
    drop(writeln!(stderr, "{}", text.trim_end()));
    ExitCode::from(code(error))
}

fn code(error: &CliError) -> u8 {
    match error {
        CliError::Config(_) | CliError::Daemon(DaemonError::Config(_)) => CONFIG,
        CliError::Client(ClientError::NoDaemon { .. }) | CliError::NoEngine(_) => UNAVAILABLE,
        CliError::Client(ClientError::Forbidden { .. }) => NOT_PERMITTED,
        CliError::Client(ClientError::Refused(_)) => IMPOSSIBLE,
        CliError::Client(ClientError::Unknown(_)) | CliError::Usage(_) => USAGE,
        CliError::Client(ClientError::Garbled { .. }) => PROTOCOL,
        CliError::Client(ClientError::Busy(_))
        | CliError::Daemon(DaemonError::Store(StoreError::Busy { .. })) => TEMPORARY,
        CliError::Daemon(DaemonError::Socket { .. }) | CliError::NotWritten(_) => CANNOT_CREATE,
        CliError::Output(_) => IO,
        CliError::Store(_) | CliError::Daemon(_) | CliError::Demo(_) | CliError::Plain(_) => NOT_GOOD,
    }
}

/// What failed and everything behind it.
fn paragraph(error: &CliError) -> String {
    let a_sentence = match error {
        CliError::Client(error) => match error {
            ClientError::Refused(_) | ClientError::Unknown(_) | ClientError::Busy(_) => true,
            ClientError::NoDaemon { .. } | ClientError::Forbidden { .. } | ClientError::Garbled { .. } => {
                false
            }
        },
        CliError::Plain(_) | CliError::Usage(_) | CliError::NotWritten(_) => true,
        CliError::Config(_)
        | CliError::NoEngine(_)
        | CliError::Store(_)
        | CliError::Daemon(_)
        | CliError::Demo(_)
        | CliError::Output(_) => false,
    };
    let mut text = format!("golive: {}{error}", if a_sentence { "" } else { "failed to " });
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    let lines: Vec<String> = text.split('\n').map(harmless).collect();
    lines.join("\n")
}
