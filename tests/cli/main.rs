//! The built program from outside: what is typed, what is printed, and the exit code.
//!
//! No Docker Engine is needed: where a daemon runs, its service is carried by commands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod checklist;
mod clock;
mod config;
mod discover;
mod generate;
mod guards;
mod help;
mod limits;
mod load;
mod no_daemon;
mod outside;
mod past;
mod people;
mod record;
mod script_faults;
mod secrets;
mod shop;
mod store;
mod supervised;
mod told;
mod verify;
mod waiting;
mod watching;

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use golive_fixtures::daemon::program;

/// Runs golive with these arguments, in a directory and an environment of its own.
fn golive(arguments: &[&str]) -> Assert {
    command(arguments).assert()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("TZ", "UTC");
    command
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// `rules.toml` in that directory.
fn rules(dir: &Path, text: &str) -> String {
    let path = dir.join("rules.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
