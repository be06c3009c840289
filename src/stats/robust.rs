//! Estimates that a few wild values do not move. Values that are not numbers are left out.

/// The middle value.
pub fn median(values: &[f64]) -> Option<f64> {
    median_of(&mut values.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<_>>())
}

/// The median distance from the median, scaled to a standard deviation.
pub fn mad(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    median(&distances).map(|distance| 1.4826 * distance)
}

/// The median slope between any two (x, y) points, in time that grows with the square of their number.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<f64> {
    let slopes = points.iter().enumerate().flat_map(|(at, &(x, y))| {
        let later = points[at + 1..].iter().filter(move |point| (point.0 - x).abs() > 0.0);
        later.map(move |point| (point.1 - y) / (point.0 - x))
    });
    median(&slopes.collect::<Vec<_>>())
}

/// The same in place, of numbers only.
pub(super) fn median_of(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (lower, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if !even {
        return Some(upper);
    }
    let lower = lower.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(lower, upper))
}
