//! A part of the terminal that is drawn again and again in the same place, and stays there in the end.

use console::{Term, measure_text_width};

use crate::cli::CliError;

/// How large a terminal is that does not say it.
const USUAL: (u16, u16) = (24, 80);

/// What stands on the terminal.
pub(super) struct Screen {
    term: Term,
    lines: Vec<String>,
}

impl Screen {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        Self { term: Term::buffered_stdout(), lines: Vec::new() }
    }

    /// Its width and height.
    pub(super) fn size(&self) -> (usize, usize) {
        let (height, width) = self.term.size_checked().unwrap_or(USUAL);
        (usize::from(width.max(1)), usize::from(height.max(2)))
    }

    /// Draws it where the last one stands. The cursor is left below it and never hidden, so that there is nothing to
    /// restore, however this ends.
    pub(super) fn show(&mut self, lines: Vec<String>) -> Result<(), CliError> {
        if lines == self.lines {
            return Ok(());
        }
        self.draw(lines)
    }

    /// The same though nothing has changed: somebody else has written there, or it is of another size.
    pub(super) fn draw(&mut self, lines: Vec<String>) -> Result<(), CliError> {
        let (width, height) = self.size();
        // In a terminal that has become narrower, a line goes on in the next one.
        let rows = |line: &String| measure_text_width(line).max(1).div_ceil(width);
        let above: usize = self.lines.iter().map(rows).sum();
        self.term.write_str("\r")?;
        self.term.move_cursor_up(above.min(height - 1))?;
        self.term.clear_to_end_of_screen()?;
        for line in &lines {
            self.term.write_line(line)?;
        }
        self.term.flush()?;
        self.lines = lines;
        Ok(())
    }
}
