//! `golive generate`

use std::path::{Path, PathBuf};

use clap::{Command, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use super::CliError;

/// The configuration's page is written by hand.
const RULES: &str = include_str!("generate/golive-rules.toml.5");

const SEE_ALSO: &str = "\
.SH \"SEE ALSO\"
\\fBgolive\\fR(1), \\fBgolive-rules.toml\\fR(5), \\fBdocker\\fR(1), \\fBsystemctl\\fR(1)
";

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: golive generate man /usr/local/share/man/man1")]
pub(super) struct Arguments {
    /// What to write
    what: What,
    /// Where to; it is made when it is not there
    dir: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    Man,
    Completions,
}

pub(super) fn run(arguments: &Arguments, mut program: Command) -> Result<u8, CliError> {
    let dir = &arguments.dir;
    std::fs::create_dir_all(dir)?;
    match arguments.what {
        What::Man => {
            let mut program = program.disable_help_subcommand(true);
            program.build();
            man(&program, dir)?;
            std::fs::write(dir.join("golive-rules.toml.5"), RULES)?;
        }
        What::Completions => {
            for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
                clap_complete::generate_to(shell, &mut program, "golive", dir)?;
            }
        }
    }
    Ok(0)
}

/// A page for the program and one for each verb.
fn man(program: &Command, dir: &Path) -> Result<(), CliError> {
    for verb in program.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        man(verb, dir)?;
    }
    let page = Man::new(program.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    let text = String::from_utf8_lossy(&text).replace(".SH EXTRA", ".SH \"NOTES AND EXIT STATUS\"");
    // The author is the project's, which every page would repeat.
    let text = text.split(".SH AUTHORS").next().unwrap_or_default().to_owned();
    std::fs::write(dir.join(page.get_filename()), text + SEE_ALSO)?;
    Ok(())
}
