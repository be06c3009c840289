//! The golive program.

use std::process::ExitCode;

fn main() -> ExitCode {
    golive::cli::run(std::env::args_os())
}
