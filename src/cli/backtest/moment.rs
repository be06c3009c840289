//! A time as people type it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config;

/// `now`, `30d` (ago), `2026-03-01` or `2026-03-01T12:00:00Z`.
pub(super) fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(now);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(date) = text.parse::<Date>()
        && let Ok(at) = date.to_zoned(TimeZone::system())
    {
        return Ok(at.timestamp());
    }
    let ago = config::duration(text).and_then(|ago| now.checked_sub(ago).ok());
    ago.ok_or_else(|| {
        format!("\"{text}\" is no time: write 2026-03-01, 2026-03-01T12:00:00Z, 30d (ago) or now")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_ago() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        let at = |text: &str| moment(text, now).map(|at| at.to_string());
        assert_eq!(at("now").unwrap(), "2026-03-31T12:00:00Z");
        assert_eq!(at("30d").unwrap(), "2026-03-01T12:00:00Z");
        assert_eq!(at("2026-03-01T00:00:00+01:00").unwrap(), "2026-02-28T23:00:00Z");
        assert!(at("2026-03-01").is_ok());
        assert!(at("yesterday").unwrap_err().contains("is no time"));
    }
}
