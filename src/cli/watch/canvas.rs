//! What the picture is drawn on.

use console::measure_text_width;
use jiff::Timestamp;

use crate::cli::show::{Mood, paint};
use crate::text::Texts;
use crate::untrusted::harmless;

/// How large it is, and what it is written in.
pub(super) struct Canvas<'a> {
    pub(super) texts: &'a Texts,
    pub(super) now: Timestamp,
    /// Of the terminal, as is its height.
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) color: bool,
}

impl Canvas<'_> {
    pub(super) fn paint(&self, text: &str, mood: Mood) -> String {
        paint(&harmless(text), mood, self.color)
    }

    /// Pieces one after the other, in as many lines as they need; those but the first begin further to the right.
    pub(super) fn filled(&self, begin: &str, pieces: &[String]) -> Vec<String> {
        let mut lines = vec![begin.to_owned()];
        for piece in pieces {
            let room =
                |line: &&mut String| measure_text_width(line) + 1 + measure_text_width(piece) <= self.width;
            match lines.last_mut().filter(room) {
                Some(line) => line.push_str(&format!(" {piece}")),
                None => lines.push(format!("    {piece}")),
            }
        }
        lines
    }
}
