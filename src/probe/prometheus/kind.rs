//! What a query's numbers mean: counters, or rates of them. Its text says so.

/// What the numbers of a query count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Events since some beginning.
    Counter,
    /// Events per so many seconds, seen over a window of so many seconds.
    Rate {
        /// Seconds that the number is for.
        per: f64,
        /// Seconds that were looked at.
        window: f64,
    },
}

impl Kind {
    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Counter => "counters".to_owned(),
            Self::Rate { per: 1.0, .. } => "per second".to_owned(),
            Self::Rate { per, .. } => format!("per {per} s"),
        }
    }
}

/// A window that cannot be read is taken for this.
const WINDOW: f64 = 300.0;

/// What a query gives, by the functions in it. Recorded rates are known by the custom of naming them
/// `level:metric:rate5m`.
pub(super) fn of(promql: &str) -> Kind {
    let text = without_strings(promql);
    let called = |name: &str| calls(&text, name).map(|at| window(&text[at..]).unwrap_or(WINDOW));
    if let Some(window) = called("rate").or_else(|| called("irate")).or_else(|| called("deriv")) {
        return Kind::Rate { per: 1.0, window };
    }
    if let Some(window) = ["increase", "delta", "idelta"].iter().find_map(|name| called(name)) {
        return Kind::Rate { per: window, window };
    }
    let recorded = |operation: &str| {
        let after = text.split(operation).nth(1)?;
        let seconds = duration(after);
        (seconds.is_some() || !after.starts_with(is_name)).then_some(seconds.unwrap_or(WINDOW))
    };
    if let Some(window) = recorded(":rate").or_else(|| recorded(":irate")) {
        return Kind::Rate { per: 1.0, window };
    }
    match recorded(":increase") {
        Some(window) => Kind::Rate { per: window, window },
        None => Kind::Counter,
    }
}

/// Whether series are added up in it.
pub(super) fn adds_up(promql: &str) -> bool {
    let text = without_strings(promql);
    ["sum", "count", "avg", "max", "min", "topk"].iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            let rest = text[at + name.len()..].trim_start();
            !text[..at].ends_with(is_name)
                && (rest.starts_with('(') || rest.starts_with("by") || rest.starts_with("without"))
        })
    })
}

/// Where a function's arguments begin.
fn calls(text: &str, name: &str) -> Option<usize> {
    text.match_indices(name).find_map(|(at, _)| {
        let rest = &text[at + name.len()..];
        let call = rest.trim_start().starts_with('(') && !text[..at].ends_with(is_name);
        call.then_some(at + name.len())
    })
}

/// The first range in square brackets: `[5m]`, or `[30m:1m]`.
fn window(text: &str) -> Option<f64> {
    duration(text.split('[').nth(1)?)
}

/// A duration as PromQL writes it, from the beginning of a text: `5m`, `1h30m`, `90s`.
fn duration(text: &str) -> Option<f64> {
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

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// What stands in quotes or behind `#` calls nothing.
fn without_strings(promql: &str) -> String {
    let (mut text, mut quote, mut escaped, mut comment) = (String::new(), None, false, false);
    for c in promql.chars() {
        match quote {
            _ if comment => comment = c != '\n',
            Some(_) if escaped => escaped = false,
            Some(open) => {
                escaped = c == '\\' && open != '`';
                if c == open {
                    quote = None;
                }
            }
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == '#' => comment = true,
            None => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests;
