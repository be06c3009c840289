//! How things are shown on a terminal.

use std::io::{IsTerminal, Write as _};

use jiff::SignedDuration;
use serde::Serialize;

use super::CliError;
use crate::text::drives;

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

/// What somebody else wrote, as one line that does nothing to the terminal.
pub(super) fn harmless(text: &str) -> String {
    text.chars().map(|character| if drives(character) { ' ' } else { character }).collect()
}

/// Lines, each of them harmless.
pub(super) fn print_lines(text: &str) -> Result<(), CliError> {
    let lines: Vec<String> = text.split('\n').map(harmless).collect();
    std::io::stdout().write_all(lines.join("\n").as_bytes())?;
    Ok(())
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
        let cells = row.iter().map(|cell| harmless(cell)).zip(&widths);
        let line: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
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
    writeln!(std::io::stdout(), "{}", escaped(&json))?;
    Ok(())
}

/// JSON may hold what drives a terminal; it means the same with that escaped.
fn escaped(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, character| {
        if drives(character) && character != '\n' {
            text.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            text.push(character);
        }
        text
    })
}
