//! Numbers as a verdict's sentence writes them.

use std::time::Duration;

use crate::decide::reading::{Counts, Source};

/// `0.15 %`, `24 %`: two digits that count.
pub(super) fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    match percent.abs() {
        0.0 => "0 %".to_owned(),
        p if p < 0.995 => format!("{percent:.2} %"),
        p if p < 9.95 => {
            let text = format!("{percent:.1}");
            format!("{} %", text.trim_end_matches(".0"))
        }
        _ => format!("{percent:.0} %"),
    }
}

/// `18 of 75 requests`
pub(super) fn of(counts: Counts) -> String {
    format!("{} of {} requests", counts.bad, counts.total)
}

/// `45 s`, `5 min`
pub(super) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 0.9995 => format!("{:.0} ms", s * 1000.0),
        s if s < 9.95 => {
            let text = format!("{s:.1}");
            format!("{} s", text.trim_end_matches(".0"))
        }
        s if s < 120.0 => format!("{:.0} s", s.floor()),
        s => format!("{:.0} min", s / 60.0),
    }
}

/// `1234`, `4.968`, `0.25`, `0.00001234`: four digits that count.
pub fn number(value: f64) -> String {
    let enough = |digits: &u8| value.abs() * 10_f64.powi(i32::from(*digits)) >= 1000.0;
    let digits = usize::from((0..12).find(enough).unwrap_or(12));
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// That something cannot be told, for how long, and why.
pub(super) fn untold(what: &str, lasted: Duration, why: &str) -> String {
    if lasted < Duration::from_secs(1) {
        return format!("{what} cannot be told: {why}");
    }
    format!("{what} cannot be told for {}: {why}", time(lasted))
}

/// What odds of at least `10^N` mean, from their natural logarithm.
pub(super) fn odds(log: f64) -> String {
    let power = (log / std::f64::consts::LN_10).floor().max(0.0);
    let watches = if power <= 6.0 { format!("{:.0}", 10_f64.powf(power)) } else { format!("10^{power:.0}") };
    format!("fewer than 1 watch in {watches} would look like this")
}

/// Who measured, where it has to be said.
pub(super) fn by(source: Source) -> &'static str {
    match source {
        Source::Prometheus | Source::Host => "",
        Source::Exposition => ", by the service's own metrics",
        Source::Probes => ", by golive's own health checks, as nothing else measures it",
    }
}
