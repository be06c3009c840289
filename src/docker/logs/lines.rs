//! Lines that were written to a log: how many there are of a kind.

use super::ERRORS;

/// No more lines of one log are read at once.
pub(crate) const LINES_MAX: u32 = 10_000;

/// Of a line this much is looked at, in bytes: the engine takes longer ones apart, too.
const LONGEST: usize = 16 << 10;

/// Of the last line that is meant this much is kept, in bytes.
const KEPT: usize = 400;

/// The lines of one log.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// So many are meant.
    pub(crate) meant: u64,
    /// The last one of those, as far as it is kept.
    pub(crate) last: Option<String>,
    /// There may be more than were read.
    pub(crate) cut: bool,
    /// What the engine says where it got no further.
    pub(super) broken: Option<String>,
    /// So many pieces have come. The engine counts these.
    pieces: u32,
    /// The line that is being written, by output: their pieces come in turns.
    begun: [Vec<u8>; 3],
}

impl Lines {
    /// A piece of what was written to an output.
    pub(super) fn take(&mut self, output: u8, text: &[u8], is_meant: &impl Fn(&[u8]) -> bool) {
        if output == ERRORS {
            self.broken = Some(String::from_utf8_lossy(&text[..text.len().min(KEPT)]).trim().to_owned());
            return;
        }
        let which = usize::from(output).min(self.begun.len() - 1);
        let mut rest = text;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.piece(which, &rest[..end]);
            self.whole(which, is_meant);
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            self.piece(which, rest);
        }
    }

    /// Nothing more comes: what was begun is a line, unless there was more.
    pub(super) fn end(&mut self, is_meant: &impl Fn(&[u8]) -> bool) {
        for which in 0..self.begun.len() {
            if !self.cut && !self.begun[which].is_empty() {
                self.whole(which, is_meant);
            }
        }
    }

    /// Those of another log, too.
    pub(crate) fn add(&mut self, more: Self) {
        self.meant += more.meant;
        self.cut |= more.cut;
        self.last = more.last.or(self.last.take());
    }

    fn piece(&mut self, which: usize, text: &[u8]) {
        self.pieces = self.pieces.saturating_add(1);
        self.cut |= self.pieces >= LINES_MAX;
        let line = &mut self.begun[which];
        let room = LONGEST.saturating_sub(line.len());
        line.extend_from_slice(&text[..text.len().min(room)]);
    }

    fn whole(&mut self, which: usize, is_meant: &impl Fn(&[u8]) -> bool) {
        let line = &mut self.begun[which];
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if is_meant(text) {
            self.meant += 1;
            self.last = Some(String::from_utf8_lossy(&text[..text.len().min(KEPT)]).into_owned());
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests;
