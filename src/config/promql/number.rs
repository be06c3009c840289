//! Numbers and durations, as PromQL writes them.

/// A number as PromQL writes it, a duration among them.
pub(super) fn number(text: &str) -> Option<f64> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return matches!(text.to_ascii_lowercase().as_str(), "inf" | "nan").then_some(f64::NAN);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok().map(f64::from);
    }
    text.replace('_', "").parse().ok().or_else(|| duration(text))
}

/// A duration as PromQL writes it, from the beginning of a text: `5m`, `1h30m`, `90s`.
pub(super) fn duration(text: &str) -> Option<f64> {
    let (mut seconds, mut number) = (None, String::new());
    let mut rest = text.chars().filter(|c| !c.is_whitespace()).peekable();
    while let Some(c) = rest.next() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let milliseconds = c == 'm' && rest.peek() == Some(&'s');
        let unit = match c {
            'm' if milliseconds => 0.001,
            's' => 1.0,
            'm' => 60.0,
            'h' => 3_600.0,
            'd' => 86_400.0,
            'w' => 604_800.0,
            'y' => 31_536_000.0,
            _ => break,
        };
        if milliseconds {
            rest.next();
        }
        let Ok(count) = number.parse::<f64>() else { break };
        *seconds.get_or_insert(0.0) += count * unit;
        number.clear();
    }
    seconds.filter(|seconds| *seconds > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_promql_writes_them() {
        assert_eq!(duration("1h30m]"), Some(5400.0));
        assert_eq!(duration("1d"), Some(86_400.0));
        for none in ["", "5", "m", "0s", "]"] {
            assert_eq!(duration(none), None, "{none}");
        }
    }
}
