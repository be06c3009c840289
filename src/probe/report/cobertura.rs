//! Cobertura's XML, as coverage.py, gcovr and others write it too.

use std::io::BufRead;

use super::Coverage;
use super::xml::{attribute, elements};

/// Of a rate without counts, so many lines stand for all: it has at most so many places.
const PLACES: f64 = 1e9;

pub(super) fn counted(file: &mut impl BufRead) -> Result<Coverage, String> {
    let mut found = None;
    elements(file, |open, name, element| {
        if !open.is_empty() {
            return Ok(());
        }
        if name != "coverage" {
            return Err(format!("it is no Cobertura report: it begins with <{name}>"));
        }
        let number = |key: &str| -> Result<Option<u64>, String> {
            let value = attribute(element, key)?;
            value.map(|value| value.parse().map_err(|_| format!("its {key} is not a number"))).transpose()
        };
        found = match (number("lines-covered")?, number("lines-valid")?, attribute(element, "line-rate")?) {
            (Some(covered), Some(lines), _) => Some(Coverage::new(covered, lines)?),
            (_, _, Some(rate)) => Some(of_rate(&rate)?),
            (_, _, None) => None,
        };
        Ok(())
    })?;
    found.ok_or_else(|| "it has no line-rate".to_owned())
}

fn of_rate(rate: &str) -> Result<Coverage, String> {
    let rate: f64 = rate.parse().map_err(|_| "its line-rate is not a number".to_owned())?;
    if !(0.0..=1.0).contains(&rate) {
        return Err("its line-rate is not from 0 to 1".to_owned());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the number of places"
    )]
    Coverage::new((rate * PLACES).round() as u64, PLACES as u64)
}
