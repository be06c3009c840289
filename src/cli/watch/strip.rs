//! Values and time as a strip of characters.

/// From the lowest to the highest.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The newest values, the last one to the right; from zero, or the lowest if that is less, to the limit, or the highest if
/// that is more: it is seen how near they are to the limit. Where there was none, nothing is drawn.
pub(super) fn sparkline(values: &[Option<f64>], limit: Option<f64>, width: usize) -> String {
    let newest = &values[values.len().saturating_sub(width)..];
    let known = || newest.iter().flatten().copied().filter(|value| value.is_finite());
    let top = known().chain(limit).fold(0.0, f64::max);
    let bottom = known().fold(0.0, f64::min);
    let height = |value: f64| {
        let part = if top > bottom { (value - bottom) / (top - bottom) } else { 0.0 };
        // The least step that reaches it.
        let index = HEIGHTS.iter().enumerate().take_while(|(index, _)| at_least(part, *index)).count();
        HEIGHTS[index.saturating_sub(1)]
    };
    let drawn = newest.iter().map(|value| value.filter(|value| value.is_finite()).map_or(' ', height));
    let drawn: String = drawn.collect();
    format!("{drawn:>width$}")
}

/// Whether a part is as high as a step, of which there are as many as heights.
fn at_least(part: f64, step: usize) -> bool {
    let steps = u32::try_from(HEIGHTS.len()).unwrap_or(u32::MAX);
    let step = u32::try_from(step).unwrap_or(u32::MAX);
    part * f64::from(steps) >= f64::from(step)
}

/// How much of a time is over.
pub(super) fn bar(over: f64, whole: f64, width: usize) -> String {
    let halves = u32::try_from(width * 2).unwrap_or(u32::MAX);
    let part = if whole > 0.0 { (over / whole).clamp(0.0, 1.0) } else { 1.0 };
    let full = (0..halves).take_while(|half| part * f64::from(halves) >= f64::from(half + 1)).count();
    let half = if full % 2 == 1 { "╸" } else { "" };
    let (full, rest) = (full / 2, width - full.div_ceil(2));
    format!("{}{half}{}", "━".repeat(full), "─".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_shows_how_near_the_limit_is() {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(sparkline(&some(&[0.0, 0.01, 0.025, 0.05, 0.1]), Some(0.05), 8), "   ▁▁▃▅█");
        assert_eq!(sparkline(&some(&[0.048; 3]), Some(2.0), 3), "▁▁▁");
        assert_eq!(sparkline(&some(&[0.71, 0.4]), Some(0.55), 2), "█▅");
        assert_eq!(sparkline(&some(&[-1.0, 0.0, 1.0]), None, 3), "▁▅█");
        assert_eq!(sparkline(&[Some(1.0), None, Some(f64::NAN), Some(2.0)], None, 4), "▅  █");
        assert_eq!(sparkline(&some(&[1.0, 0.0, 0.0]), None, 2), "▁▁", "only the newest are drawn");
        assert_eq!(sparkline(&[], None, 3), "   ");
    }

    #[test]
    fn a_bar_is_as_wide_as_it_is_wanted() {
        let drawn = [0.0, 1.0, 1.3, 5.0, 9.9, 10.0, 12.0, -1.0].map(|over| bar(over, 10.0, 5));
        assert_eq!(drawn, ["─────", "╸────", "╸────", "━━╸──", "━━━━╸", "━━━━━", "━━━━━", "─────"]);
        assert_eq!(bar(0.0, 0.0, 2), "━━", "what lasts no time is over");
    }
}
