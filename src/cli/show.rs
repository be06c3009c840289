//! How things are shown on a terminal.

use std::io::IsTerminal;

/// Whether colour is wanted there.
pub(super) fn color(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
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
