//! Windows of the week: `[service.NAME.maintenance]` and `freeze`.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::table::Section;
use crate::model::policy::{Window, Windows};

const SHAPE: &str =
    "write \"Sat 02:00-04:00\", \"Mon-Fri 12:00-12:30\", \"Sat,Sun 22:00-06:00\" or \"daily 03:00-03:30\"";

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When a person decides although golive may act.
pub(super) fn maintenance(section: &mut Section<'_>, zone: Option<&TimeZone>) -> Windows {
    let Some(mut table) = section.section("maintenance") else { return Windows::default() };
    table.required(&["windows"], SHAPE);
    let windows = read(&mut table, "windows", zone);
    table.end(&[]);
    windows
}

/// When nothing is released.
pub(super) fn freeze(section: &mut Section<'_>, zone: Option<&TimeZone>) -> Windows {
    read(section, "freeze", zone)
}

/// The windows of a key, in the zone of the whole configuration.
fn read(section: &mut Section<'_>, key: &'static str, zone: Option<&TimeZone>) -> Windows {
    let mut windows = Vec::new();
    for (index, text) in section.strings(key).unwrap_or_default().iter().enumerate() {
        match window(text) {
            Some(window) => windows.push(window),
            None => {
                section.wrong_in(&[key, &index.to_string()], format!("\"{text}\" is not a window"), SHAPE)
            }
        }
    }
    Windows { windows, zone: Some(zone.cloned().unwrap_or_else(TimeZone::system)) }
}

/// `DAYS HH:MM-HH:MM`
fn window(text: &str) -> Option<Window> {
    let (days, hours) = text.trim().rsplit_once(char::is_whitespace)?;
    let (opens, closes) = hours.split_once('-')?;
    Some(Window { days: weekdays(days)?, opens: time(opens)?, closes: time(closes)? })
}

fn weekdays(text: &str) -> Option<[bool; 7]> {
    let text = text.trim().to_ascii_lowercase();
    if text == "daily" {
        return Some([true; 7]);
    }
    let number = |day: &str| DAYS.iter().position(|known| *known == day.trim());
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        // From Saturday to Monday is over the end of the week.
        let many = (last + DAYS.len() - first) % DAYS.len();
        for day in first..=first + many {
            days[day % DAYS.len()] = true;
        }
    }
    Some(days)
}

/// `24:00` is the beginning of the next day.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    match (hour.parse().ok()?, minute.parse().ok()?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}
