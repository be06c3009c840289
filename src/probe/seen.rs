//! What was seen, put into a few harmless words.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use crate::model::sample::Outcome;
use crate::untrusted;

/// What a service says about itself is quoted this far.
const QUOTED: usize = 200;

/// A duration for people: `2s`, `150ms`.
pub(super) fn people(duration: Duration) -> String {
    let whole = Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    format!("{:?}", if whole.is_zero() { duration } else { whole })
}

/// What a service wrote, harmless and short.
pub(super) fn quote(text: &str) -> String {
    untrusted::escaped(text, QUOTED)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_short_and_harmless() {
        assert_eq!(quote("  ok\n"), "ok");
        assert_eq!(quote("a\nb\u{1b}[31m\0"), "a\\nb\\u{1b}[31m\\u{0}");
        assert_eq!(quote("gnp.\u{202e}exe\u{200b}\u{2028}!"), "gnp.\\u{202e}exe\\u{200b}\\u{2028}!");
        let long = quote(&"é".repeat(10_000));
        assert_eq!(long.chars().count(), 101);
        assert!(long.ends_with("é…") && long.len() <= QUOTED + '…'.len_utf8());
        assert!(quote(&"\u{1b}".repeat(1000)).len() <= QUOTED + '…'.len_utf8());
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(people(Duration::from_secs(2)), "2s");
        assert_eq!(people(Duration::from_nanos(1_234_567_891)), "1.234s");
        assert_eq!(people(Duration::from_micros(12)), "12µs");
    }

    #[test]
    fn our_own_faults_are_told_from_the_services() {
        for own in [24, 23, 101, 100, 99, 12, 105] {
            assert!(matches!(io(&Error::from_raw_os_error(own)), Outcome::Blind(_)), "errno {own}");
        }
        let seen = [(111, "connection refused"), (104, "connection reset"), (113, "no route to the host")];
        for (code, words) in seen {
            assert_eq!(io(&Error::from_raw_os_error(code)), Outcome::Failed(words.to_owned()));
        }
    }
}
