//! When a waiver ends: a day, the whole of it, or a time.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Day(Date),
    Moment(Timestamp),
}

impl Until {
    /// A day ends where people live: in the configured zone, else in the host's.
    pub(super) fn moment(self, zone: Option<TimeZone>) -> Timestamp {
        match self {
            Self::Moment(moment) => moment,
            Self::Day(day) => {
                let end = day
                    .tomorrow()
                    .ok()
                    .and_then(|next| next.to_zoned(zone.unwrap_or_else(TimeZone::system)).ok());
                end.map_or(Timestamp::MAX, |end| end.timestamp())
            }
        }
    }
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write a day, 2026-03-09, or a time, 2026-03-09T18:00:00+01:00".to_owned();
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(Self::Moment(moment));
        }
        let plain = text.len() == "2026-03-09".len();
        text.parse::<Date>().ok().filter(|_| plain).map(Self::Day).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_where_people_live() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let end = |text: &str| text.parse::<Until>().map(|it| it.moment(Some(zone.clone())).to_string());
        assert_eq!(end("2026-03-09").unwrap(), "2026-03-09T16:00:00Z");
        assert_eq!(end("2026-03-09T18:00:00+08:00").unwrap(), "2026-03-09T10:00:00Z");
        for wrong in ["", "soon", "2026-02-30", "2026-03-09T18:00:00", "09.03.2026", "2026-03-09 and more"] {
            assert!(end(wrong).is_err(), "{wrong}");
        }
    }
}
