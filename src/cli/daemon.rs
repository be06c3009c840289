//! `golive daemon`

use super::{CliError, Context};

pub(super) const AFTER: &str = "\
Reload the configuration with SIGHUP (`systemctl reload golive`); end with SIGTERM or SIGINT. What it logs is set
with GOLIVE_LOG, e.g. GOLIVE_LOG=debug.

Exit codes: 0 ended by a signal, 73 the control socket cannot be made, 75 another daemon uses the state directory,
78 the configuration has mistakes, 1 anything else.";

pub(super) async fn run(context: &Context) -> Result<u8, CliError> {
    crate::telemetry::init();
    crate::daemon::run(&context.config, &context.socket).await?;
    Ok(0)
}
