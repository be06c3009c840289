//! Ratios, read digit by digit: 5 % is 50,000 millionths, and no float comes near it.

use toml::Value;

use super::Section;
use crate::model::policy::Ppm;

const HINT: &str = "write \"5%\" or 0.05: from 0 to 1, to the millionth";

impl Section<'_> {
    /// A ratio, as `"5%"` or `0.05`.
    pub(in crate::config) fn ratio(&mut self, key: &'static str, default: Ppm) -> Ppm {
        let Some(value) = self.take(key) else { return default };
        match ratio(value) {
            Some(Ok(ratio)) => ratio,
            Some(Err(why)) => {
                let text = value.as_str().map(|text| format!("\"{text}\""));
                let number = || value.as_float().map(|number| format!("{number:?}"));
                let shown = text.or_else(number).unwrap_or_else(|| value.to_string());
                self.wrong(key, format!("{shown} {why}"), HINT);
                default
            }
            None => self.type_of(key, value, HINT).unwrap_or(default),
        }
    }
}

/// `None` when the value is of a type that no ratio has.
fn ratio(value: &Value) -> Option<Result<Ppm, &'static str>> {
    if let Some(text) = value.as_str() {
        let percent = text.trim().strip_suffix('%').ok_or("is not a ratio");
        return Some(percent.and_then(|percent| millionths(percent.trim_end(), 4)));
    }
    // The shortest decimal that is this float is the one that was written.
    let decimal = value
        .as_integer()
        .map(|number| number.to_string())
        .or(value.as_float().map(|number| number.to_string()));
    decimal.map(|decimal| millionths(&decimal, 6))
}

/// A decimal with its point moved to the right by some places.
fn millionths(decimal: &str, places: usize) -> Result<Ppm, &'static str> {
    const RANGE: &str = "is not from 0 to 1";
    let (negative, decimal) = decimal.strip_prefix('-').map_or((false, decimal), |rest| (true, rest));
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err("is not a ratio");
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if negative && !(whole.is_empty() && fraction.is_empty()) {
        return Err(RANGE);
    }
    if fraction.len() > places {
        return Err("is finer than a millionth");
    }
    // Digits alone: what does not fit is far out of range.
    let moved: u32 = format!("0{whole}{fraction:0<places$}").parse().map_err(|_| RANGE)?;
    if moved > 1_000_000 { Err(RANGE) } else { Ok(Ppm(moved)) }
}
