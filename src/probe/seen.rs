//! What was seen, put into a few harmless words.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use crate::decide::event::Outcome;

/// What a service says about itself is quoted this far.
const QUOTED: usize = 200;

/// A duration for people: `2s`, `150ms`.
pub(super) fn people(duration: Duration) -> String {
    let whole = Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    format!("{:?}", if whole.is_zero() { duration } else { whole })
}

/// What somebody else wrote, made harmless and short: what does not show, or changes how the rest shows, is escaped,
/// and it is cut between characters.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::new();
    for character in text.trim().chars() {
        let before = quoted.len();
        if invisible(character) {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
        if quoted.len() > QUOTED {
            quoted.truncate(before);
            quoted.push('…');
            break;
        }
    }
    quoted
}

fn invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// An error of the operating system in talking to a service: the service's, or our own host's.
pub(super) fn io(error: &Error) -> Outcome {
    /// Too many open files in the process and in the system, no memory, no buffers (`errno(3)`).
    const OWN: [i32; 4] = [24, 23, 12, 105];
    let own = [ErrorKind::NetworkUnreachable, ErrorKind::NetworkDown, ErrorKind::AddrNotAvailable];
    if own.contains(&error.kind()) || error.raw_os_error().is_some_and(|code| OWN.contains(&code)) {
        return Outcome::Blind(format!("this host: {error}"));
    }
    let known = [
        (ErrorKind::ConnectionRefused, "connection refused"),
        (ErrorKind::ConnectionReset, "connection reset"),
        (ErrorKind::HostUnreachable, "no route to the host"),
    ];
    let words = known.iter().find(|(kind, _)| *kind == error.kind()).map(|(_, words)| (*words).to_owned());
    Outcome::Failed(words.unwrap_or_else(|| quote(&error.to_string())))
}
