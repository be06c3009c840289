//! `golive demo`, its service and its deploy command.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{CliError, duration};
use crate::demo::customers::Customers;
use crate::demo::processes::Processes;
use crate::demo::service::{self, Options};

pub(super) const AFTER: &str = "\
Uses containers where a Docker Engine answers, else plain processes, and says which. Everything it makes is removed.
The engine is the one of DOCKER_HOST, where that is a unix socket of this host; else it is refused.

Exit codes: 0 the service is healthy again, 1 it is not.";

#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
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
    /// /health fails twice, passes once, and so on
    #[arg(long)]
    flap: bool,
    /// / answers 500, whatever /health says
    #[arg(long)]
    home_fails: bool,
    /// After that it ends by itself, as if it had crashed
    #[arg(long, value_parser = duration)]
    exit_after: Option<Duration>,
    /// It keeps every processor busy
    #[arg(long)]
    burn_cpu: bool,
    /// It holds so many MiB of memory
    #[arg(long, default_value_t = 0)]
    eat_memory: usize,
    /// There is no page /metrics
    #[arg(long)]
    no_metrics: bool,
    /// /metrics tells of so many
    #[arg(long, default_value_t = 1.0)]
    requests_per_second: f64,
    /// The part of them that is answered with 500
    #[arg(long, default_value_t = 0.0)]
    error_ratio: f64,
    /// How long each answer takes
    #[arg(long, value_parser = duration, default_value = "20ms")]
    latency: Duration,
    /// /metrics tells of so many
    #[arg(long, default_value_t = 0.0)]
    orders_per_second: f64,
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
    let customers = Customers {
        requests: arguments.requests_per_second,
        errors: arguments.error_ratio,
        latency: arguments.latency,
        orders: arguments.orders_per_second,
    };
    let options = Options {
        listen: arguments.listen,
        version: arguments.version,
        fail_after: arguments.fail_after,
        flap: arguments.flap,
        home_fails: arguments.home_fails,
        exit_after: arguments.exit_after,
        customers: (!arguments.no_metrics).then_some(customers),
        burn_cpu: arguments.burn_cpu,
        eat_memory: arguments.eat_memory,
    };
    service::run(options).await?;
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
