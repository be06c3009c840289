//! Windows of the week.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Windows of the week, in their zone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Windows {
    /// The windows.
    pub windows: Vec<Window>,
    /// The zone that they are written in; UTC when absent.
    pub zone: Option<TimeZone>,
}

/// One window, on each of its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// On which days it opens, Monday first.
    pub days: [bool; 7],
    /// When it opens.
    pub opens: Time,
    /// When it closes: on the next day when that is not after its opening.
    pub closes: Time,
}

impl Windows {
    /// When the window that is open at that time closes.
    pub fn until(&self, at: Timestamp) -> Option<Timestamp> {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        let here = at.to_zoned(zone.clone()).datetime();
        let today = here.date();
        let days = [today.yesterday().ok(), Some(today)].into_iter().flatten();
        let spans = days.flat_map(|day| self.windows.iter().filter_map(move |window| window.on(day)));
        let open = spans.filter_map(|(opens, closes)| {
            let moment = |(day, time): (Date, Time)| {
                day.to_datetime(time).to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
            };
            // By the clock on the wall, too: one that opens in an hour that the clocks leave out is open when that is over.
            let has_opened = moment(opens)? <= at || opens.0.to_datetime(opens.1) <= here;
            let closes = moment(closes)?;
            (has_opened && at < closes).then_some(closes)
        });
        open.max()
    }
}

impl Window {
    /// Its opening and its end, if it opens on that day.
    fn on(&self, day: Date) -> Option<((Date, Time), (Date, Time))> {
        let number = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
        if !self.days[number] {
            return None;
        }
        let last = if self.closes > self.opens { day } else { day.checked_add(Span::new().days(1)).ok()? };
        Some(((day, self.opens), (last, self.closes)))
    }
}
