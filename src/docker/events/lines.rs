//! The lines of an event stream. One that is too long is left out, however often the engine says it again.

/// A line longer than this is not read: anybody's labels stand in an event, and as many as he likes.
pub(crate) const LONGEST: usize = 1 << 20;
/// Of a line that is too long its end is kept, in which the engine writes the time.
const END: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// How much of the buffer is known to hold no end of a line.
    looked: usize,
    /// The line that has begun is too long, and only its end is in the buffer.
    too_long: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    TooLong {
        /// When it happened, in nanoseconds.
        time: Option<i64>,
    },
}

impl Lines {
    pub(super) fn take(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next line that has come whole.
    pub(super) fn next(&mut self) -> Option<Line> {
        let Some(end) = self.buffer[self.looked..].iter().position(|byte| *byte == b'\n') else {
            self.shorten();
            return None;
        };
        let line: Vec<u8> = self.buffer.drain(..=self.looked + end).collect();
        self.looked = 0;
        let too_long = std::mem::take(&mut self.too_long) || line.len() > LONGEST;
        Some(if too_long { Line::TooLong { time: time(&line) } } else { Line::Whole(line) })
    }

    fn shorten(&mut self) {
        self.too_long |= self.buffer.len() > LONGEST;
        if self.too_long {
            let surplus = self.buffer.len().saturating_sub(END);
            self.buffer.drain(..surplus);
        }
        self.looked = self.buffer.len();
    }
}

fn time(line: &[u8]) -> Option<i64> {
    const KEY: &[u8] = b"\"timeNano\":";
    let after = line.windows(KEY.len()).rposition(|window| window == KEY)? + KEY.len();
    let digits: Vec<u8> = line[after..].iter().copied().take_while(u8::is_ascii_digit).collect();
    String::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_one_line_in_whatever_pieces_it_comes() {
        let long = format!("{{\"x\":\"{}\",\"timeNano\":1234567890123456789}}\n", "y".repeat(3 << 20));
        let stream = format!("first\n{long}{long}last\n");
        for size in [1 << 22, 1 << 14, 999] {
            let (mut lines, mut told) = (Lines::default(), Vec::new());
            for chunk in stream.as_bytes().chunks(size) {
                lines.take(chunk);
                told.extend(std::iter::from_fn(|| lines.next()));
                assert!(lines.buffer.len() <= LONGEST, "what is left out is not held");
            }
            let left_out = || Line::TooLong { time: Some(1_234_567_890_123_456_789) };
            let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
            assert_eq!(told, [whole("first\n"), left_out(), left_out(), whole("last\n")], "{size}");
        }
    }

    #[test]
    fn the_end_of_a_line_may_tell_no_time() {
        let mut lines = Lines::default();
        lines.take(&vec![b'x'; LONGEST + 1]);
        assert_eq!(lines.next(), None);
        lines.take(b"\"timeNano\":,\n");
        assert_eq!(lines.next(), Some(Line::TooLong { time: None }));
    }
}
