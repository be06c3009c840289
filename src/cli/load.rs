//! `golive load`: the process that makes a load run, for `golive verify`.

use std::io::BufReader;

use super::CliError;
use crate::clock::Clock;
use crate::load;

pub(super) async fn run() -> Result<u8, CliError> {
    let input = BufReader::new(std::io::stdin());
    load::serve(input, std::io::stdout(), &Clock::start()).await?;
    Ok(0)
}
