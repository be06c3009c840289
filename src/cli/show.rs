//! How things are shown on a terminal.

use std::io::{IsTerminal, Write as _};

use jiff::SignedDuration;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::CliError;
use crate::text::english;
use crate::untrusted::{acts, harmless};

/// Whether colour is wanted there.
pub(super) fn color(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|no| !no.is_empty());
    in_place(stream) && !refused
}

/// Whether what was written there can be drawn anew in its place.
pub(super) fn in_place(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !dumb()
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
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

/// One line, harmless.
pub(super) fn say(text: &str) -> Result<(), CliError> {
    Ok(writeln!(std::io::stdout(), "{}", harmless(text))?)
}

/// Lines, each of them harmless.
pub(super) fn print_lines(text: &str) -> Result<(), CliError> {
    let lines: Vec<String> = text.split('\n').map(harmless).collect();
    std::io::stdout().write_all(lines.join("\n").as_bytes())?;
    Ok(())
}

/// Columns wide enough for what is in them, as a terminal shows it: a Chinese character takes two places, a combining
/// mark none.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut text = String::new();
    for line in aligned(std::iter::once(&heads).chain(rows)) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The same without heads, a line a row; all have as many cells.
pub(super) fn aligned<'a>(rows: impl Iterator<Item = &'a Vec<String>>) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.map(|row| row.iter().map(|cell| harmless(cell)).collect()).collect();
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell: &String| cell.width()).max();
    let widths: Vec<usize> =
        (0..rows.first().map_or(0, Vec::len)).map(|at| width(at).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width)).collect();
        cells.join("  ")
    };
    rows.iter().map(line).collect()
}

/// A text with spaces behind it up to a width.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A watch lasts as long as it was asked to; the proof of a restored version ends sooner when all is well.
pub(super) fn time_left(phase: &str, left: SignedDuration) -> String {
    format!("{} {}", english().lasting(left), if phase == "verifying" { "at most" } else { "left" })
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
        if acts(character) && character != '\n' {
            text.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            text.push(character);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row's second cell begins at the same place of the terminal.
    #[test]
    fn columns_are_as_wide_as_a_terminal_shows_them() {
        // Chinese, fullwidth forms, a combining accent, an emoji, Korean, and a mark that turns the way of writing.
        for version in [
            "\u{7248}\u{672c}-1.4",
            "\u{ff56}\u{ff11}",
            "cafe\u{301}",
            "v2 \u{1f680}",
            "\u{d55c}\u{ae00}",
            "a\u{202e}b",
        ] {
            let rows = [
                vec![version.to_owned(), "accepted".to_owned()],
                vec!["1.4.1".to_owned(), "accepted".to_owned()],
            ];
            let drawn = table(&["VERSION", "STATE"], &rows);
            let places: Vec<usize> = drawn
                .lines()
                .map(|line| line[..line.find("accepted").or(line.find("STATE")).unwrap()].width())
                .collect();
            assert_eq!(places, [places[0]; 3], "{drawn}");
        }
    }
}
