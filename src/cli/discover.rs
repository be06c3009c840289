//! `golive discover`

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{CliError, Context};
use crate::clock::Clock;
use crate::config::Config;
use crate::discover::{Around, draft, look};
use crate::docker::{Engine, SOCKET};
use crate::probe::Tools;
use crate::text::Texts;
use crate::untrusted::harmless;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Looks at containers, Compose projects, the Swarm, their HEALTHCHECKs and published ports, the usual paths of health checks,
/metrics and a Prometheus of this host. It asks by GET alone, at the loopback and at the containers' own addresses, and
changes nothing. What the configuration has already is left out. What is in force in the text works now: it passes
golive check --online.

Examples:
  golive discover                                              read it first
  golive discover --write /etc/golive/rules.d/discovered.toml  beside the rules that are there

Exit codes: 0 done, 69 no Docker Engine answers, 73 the file is there already or cannot be made.")]
pub(super) struct Arguments {
    /// Write it to that file, which must not be there; else it is printed
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    // Before all the work.
    if let Some(file) = arguments.write.as_deref().filter(|file| file.symlink_metadata().is_ok()) {
        return Err(there_already(file));
    }
    let config = if context.config.exists() { Some(context.config()?) } else { None };
    let socket = config.as_ref().map_or(Path::new(SOCKET), |config: &Config| &config.docker_socket);
    let failed = |error: &dyn std::fmt::Display| CliError::Plain(error.to_string());
    let engine = Engine::new(socket).map_err(|error| failed(&error))?;
    let tools = Tools::new(&engine).map_err(|error| failed(&error))?;
    let clock = Clock::start();
    let say = |doing: &str| drop(writeln!(std::io::stderr(), "{} …", harmless(doing)));
    let around =
        Around { engine: &engine, socket, tools: &tools, clock: &clock, config: config.as_ref(), say: &say };
    let seen = look(&around).await.map_err(CliError::NoEngine)?;
    let text = draft(&seen, &Texts::new(context.language(), None));
    match &arguments.write {
        Some(file) => written(file, &text)?,
        None => std::io::stdout().write_all(text.as_bytes())?,
    }
    Ok(0)
}

/// Whole or not at all, and never over what is there.
fn written(file: &Path, text: &str) -> Result<(), CliError> {
    let mut made = made(file).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            return there_already(file);
        }
        CliError::NotWritten(format!("{} cannot be made: {error}", file.display()))
    })?;
    made.write_all(text.as_bytes()).and_then(|()| made.sync_all()).map_err(|error| {
        drop(std::fs::remove_file(file));
        CliError::NotWritten(format!("{} cannot be written: {error}", file.display()))
    })
}

/// The directory of drop-ins need not be there yet.
fn made(file: &Path) -> std::io::Result<File> {
    let mut new = OpenOptions::new();
    let new = new.write(true).create_new(true);
    match new.open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let dir = file.parent().filter(|dir| dir.file_name().is_some_and(|name| name == "rules.d"));
            std::fs::create_dir(dir.ok_or(error)?)?;
            new.open(file)
        }
        made => made,
    }
}

fn there_already(file: &Path) -> CliError {
    CliError::NotWritten(format!(
        "{0} is there already and is left as it is: write to another file, such as \
         /etc/golive/rules.d/discovered.toml, which is read beside /etc/golive/rules.toml, or move it away: \
         mv {0} {0}.old",
        file.display()
    ))
}
