//! `golive generate`

use std::path::{Path, PathBuf};

use clap::{Command, ValueEnum};
use clap_complete::Shell;

use super::CliError;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to write
    what: What,
    /// Where to
    dir: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// golive.1 and a page per verb
    Man,
    /// For bash, zsh and fish
    Completions,
}

pub(super) fn run(arguments: &Arguments, mut program: Command) -> Result<u8, CliError> {
    std::fs::create_dir_all(&arguments.dir)?;
    match arguments.what {
        What::Man => man(program, &arguments.dir)?,
        What::Completions => {
            for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
                clap_complete::generate_to(shell, &mut program, "golive", &arguments.dir)?;
            }
        }
    }
    Ok(0)
}

fn man(program: Command, dir: &Path) -> Result<(), CliError> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    clap_mangen::generate_to(program, dir)?;
    Ok(())
}
