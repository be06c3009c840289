//! `golive demo`, its service and its deploy command.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{CliError, duration};
use crate::demo::processes::Processes;
use crate::demo::service::{self, Options};

pub(super) const AFTER: &str = "\
Uses containers where a Docker Engine answers, else plain processes, and says which. Everything it makes is removed.

Exit codes: 0 the service is healthy again, 1 it is not.";

#[derive(Debug, clap::Args)]
pub(super) struct Service {
    /// Where it listens
    #[arg(long)]
    listen: SocketAddr,
    /// What it says it is
    #[arg(long)]
    version: String,
    /// From then on /health answers 500
    #[arg(long, value_parser = duration)]
    fail_after: Option<Duration>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Deploy {
    /// The deploy directory
    dir: PathBuf,
    /// `version`, or `rollback VERSION`
    #[arg(required = true, num_args = 1..=2)]
    verb: Vec<String>,
}

pub(super) async fn run() -> Result<u8, CliError> {
    crate::demo::run(&mut std::io::stdout()).await?;
    Ok(0)
}

pub(super) async fn service(arguments: Service) -> Result<u8, CliError> {
    let Service { listen, version, fail_after } = arguments;
    service::run(Options { listen, version, fail_after }).await?;
    Ok(0)
}

pub(super) async fn deploy(arguments: Deploy) -> Result<u8, CliError> {
    let processes = Processes::open(&arguments.dir);
    match arguments.verb.as_slice() {
        [verb] if verb == "version" => writeln!(std::io::stdout(), "{}", processes.version()?)?,
        [verb, to] if verb == "rollback" => processes.deploy(to).await?,
        other => {
            return Err(CliError::Plain(format!(
                "`{}` is neither `version` nor `rollback VERSION`",
                other.join(" ")
            )));
        }
    }
    Ok(0)
}
