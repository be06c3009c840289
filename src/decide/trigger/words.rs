//! Parts that the sentences of several triggers have.

use std::time::Duration;

use crate::model::phrase::Phrase;
use crate::model::reading::Source;

/// `1234`, `4.968`, `0.25`, `0.00001234`: four digits that count.
pub fn number(value: f64) -> String {
    let enough = |digits: &u8| value.abs() * 10_f64.powi(i32::from(*digits)) >= 1000.0;
    let digits = usize::from((0..12).find(enough).unwrap_or(12));
    rounded(value, digits)
}

/// So many digits behind the point at most, and none at the end that say nothing.
pub fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // What rounds to nothing from below has no sign.
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// That something cannot be told, for how long, and why.
pub(super) fn untold(what: Phrase, lasted: Duration, why: &str) -> Phrase {
    let lasted = (lasted >= Duration::from_secs(1)).then_some(lasted);
    Phrase::new("verdict.untold").part("what", what).time("lasted", lasted).text("why", why)
}

/// What odds of at least `10^N` mean, from their natural logarithm.
pub(super) fn odds(log: f64) -> Phrase {
    let power = (log / std::f64::consts::LN_10).floor().max(0.0);
    let watches = if power <= 6.0 { format!("{:.0}", 10_f64.powf(power)) } else { format!("10^{power:.0}") };
    Phrase::new("verdict.odds").text("watches", watches)
}

/// Who measured, where it has to be said.
pub(super) fn by(source: Source) -> Option<Phrase> {
    match source {
        Source::Prometheus | Source::Host => None,
        Source::Exposition => Some(Phrase::new("verdict.by-exposition")),
        Source::Traffic => Some(Phrase::new("verdict.by-traffic")),
        Source::Probes => Some(Phrase::new("verdict.by-probes")),
    }
}
