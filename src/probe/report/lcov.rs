//! LCOV's tracefile: a record for each source file.

use std::io::BufRead;

use super::{Coverage, unread};

pub(super) fn counted(file: &mut impl BufRead) -> Result<Coverage, String> {
    let mut sum = Coverage::default();
    let (mut record, mut line, mut ended) = (Record::default(), Vec::new(), true);
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line).map_err(|error| unread(&error))? == 0 {
            break;
        }
        match line.trim_ascii() {
            b"" => {}
            b"end_of_record" => {
                let Coverage { covered, lines } = std::mem::take(&mut record).counted();
                sum = Coverage { covered: sum.covered + covered, lines: sum.lines + lines };
                ended = true;
            }
            text => {
                record.take(text)?;
                ended = false;
            }
        }
    }
    if !ended {
        return Err("it ends in the middle".to_owned());
    }
    Coverage::new(sum.covered, sum.lines)
}

/// One source file: its sums, where they are written, and the lines themselves.
#[derive(Default)]
struct Record {
    hit: Option<u64>,
    found: Option<u64>,
    lines: Coverage,
}

impl Record {
    fn take(&mut self, text: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(text).unwrap_or_default();
        let Some((key, value)) = text.split_once(':') else {
            // Whatever begins no record of a tracefile may be any text file.
            return if text.starts_with('#') { Ok(()) } else { Err("it is no LCOV tracefile".to_owned()) };
        };
        let number = |text: &str| -> Result<u64, String> {
            text.trim().parse().map_err(|_| format!("{key} is not followed by a number"))
        };
        match key {
            "LH" => self.hit = Some(number(value)?),
            "LF" => self.found = Some(number(value)?),
            "DA" => {
                let count = value.split(',').nth(1).unwrap_or_default();
                self.lines.lines += 1;
                self.lines.covered += u64::from(!count.trim().starts_with(['0', '-']));
            }
            _ => {}
        }
        Ok(())
    }

    fn counted(self) -> Coverage {
        match (self.hit, self.found) {
            (Some(covered), Some(lines)) => Coverage { covered, lines },
            _ => self.lines,
        }
    }
}
