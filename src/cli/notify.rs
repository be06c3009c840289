//! `golive notify`

use clap::Subcommand;

use super::{CliError, Context};

mod log;
mod retry;
mod test;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Send a test through real channels and say what each provider answered
    Test(test::Arguments),
    /// What was sent, tried and refused
    Log(log::Arguments),
    /// Send a delivery again that was given up
    Retry(retry::Arguments),
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    match arguments.verb {
        Verb::Test(arguments) => test::run(&arguments, context).await,
        Verb::Log(arguments) => log::run(&arguments, context),
        Verb::Retry(arguments) => retry::run(&arguments, context).await,
    }
}
