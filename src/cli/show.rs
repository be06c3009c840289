//! How things are shown on a terminal.

use std::io::{IsTerminal, Write as _};

use jiff::SignedDuration;
use serde::Serialize;

use super::CliError;

/// Whether colour is wanted there.
pub(super) fn color(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|no| !no.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !refused && !dumb
}

/// What a text means for the reader.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mood {
    Good,
    Uncertain,
    Bad,
}

/// A text in a mood's colour, where colour is wanted.
pub(super) fn paint(text: &str, mood: Mood, color: bool) -> String {
    let code = match mood {
        Mood::Good => 32,
        Mood::Uncertain => 33,
        Mood::Bad => 31,
    };
    if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Columns wide enough for what is in them.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain([heads[at].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let line: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// `3h 5m 10s`; nothing is shorter than nothing.
pub(super) fn lasting(duration: SignedDuration) -> String {
    format!("{:#}", SignedDuration::from_secs(duration.as_secs().max(0)))
}

/// A watch lasts as long as it was asked to; the proof of a restored version ends sooner when all is well.
pub(super) fn time_left(phase: &str, left: SignedDuration) -> String {
    format!("{} {}", lasting(left), if phase == "verifying" { "at most" } else { "left" })
}

/// What a program reads.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    writeln!(std::io::stdout(), "{json}")?;
    Ok(())
}
