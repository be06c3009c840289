//! The text and OpenMetrics formats, line by line. A line that is neither makes the whole exposition unusable, as
//! Prometheus has it: what stands in the others cannot be trusted.

use std::borrow::Cow;

/// A series and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(super) value: f64,
}

impl Sample<'_> {
    pub(super) fn label(&self, label: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == label).map(|(_, value)| value.as_ref())
    }
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line<'a> {
    Sample(Sample<'a>),
    /// A comment, or nothing.
    Nothing,
    /// `# EOF`, with which OpenMetrics ends.
    End,
}

/// Takes a line apart; `None` when it is not one of these formats.
pub(super) fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim_matches([' ', '\t', '\r']);
    if text.is_empty() {
        return Some(Line::Nothing);
    }
    if let Some(comment) = text.strip_prefix('#') {
        return Some(if comment.trim() == "EOF" { Line::End } else { Line::Nothing });
    }
    let name = &text[..text.find(|c| !is_name(c)).unwrap_or(text.len())];
    let rest = text[name.len()..].trim_start_matches(BLANK);
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (mut name, mut labels) = ((!name.is_empty()).then_some(Cow::Borrowed(name)), Vec::new());
    let rest = match rest.strip_prefix('{') {
        Some(inside) => pairs(inside, &mut name, &mut labels)?,
        None if rest.len() == text.len() => return None,
        None => rest,
    };
    // A timestamp and an exemplar may follow, and neither is needed.
    let mut words = rest.split(BLANK).filter(|word| !word.is_empty());
    let value = number(words.next()?)?;
    let mut next = words.next();
    if let Some(time) = next.filter(|word| *word != "#") {
        number(time)?;
        next = words.next();
    }
    if next.is_some_and(|word| word != "#") {
        return None;
    }
    Some(Line::Sample(Sample { name: name?, labels, value }))
}

const BLANK: [char; 2] = [' ', '\t'];

/// `name="value", …}`; a text without a value is the metric's own name, which may be any text in quotes. Gives what
/// follows the bracket.
fn pairs<'a>(
    mut rest: &'a str,
    metric: &mut Option<Cow<'a, str>>,
    labels: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
) -> Option<&'a str> {
    loop {
        rest = rest.trim_start_matches(BLANK);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some(rest);
        }
        let name = match rest.strip_prefix('"') {
            Some(inside) => {
                let (name, after) = quoted(inside)?;
                rest = after;
                name
            }
            None => {
                let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
                rest = &rest[name.len()..];
                Cow::Borrowed(name)
            }
        };
        if name.is_empty() {
            return None;
        }
        rest = rest.trim_start_matches(BLANK);
        match rest.strip_prefix('=') {
            Some(after) => {
                let (value, after) = quoted(after.trim_start_matches(BLANK).strip_prefix('"')?)?;
                labels.push((name, value));
                rest = after;
            }
            None if metric.is_none() => *metric = Some(name),
            None => return None,
        }
        rest = rest.trim_start_matches(BLANK);
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest,
            None if rest.starts_with('}') => rest,
            None => return None,
        };
    }
}

/// A text up to its closing quote, and what follows it.
fn quoted(rest: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut plain = None::<String>;
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        if escaped {
            let text = plain.get_or_insert_default();
            match c {
                'n' => text.push('\n'),
                '\\' | '"' => text.push(c),
                // Anything else stays as it is written.
                other => text.extend(['\\', other]),
            }
            escaped = false;
        } else if c == '\\' {
            plain.get_or_insert_with(|| rest[..at].to_owned());
            escaped = true;
        } else if c == '"' {
            return Some((plain.map_or(Cow::Borrowed(&rest[..at]), Cow::Owned), &rest[at + 1..]));
        } else if let Some(text) = &mut plain {
            text.push(c);
        }
    }
    None
}

/// Go's and OpenMetrics' numbers, of which Rust knows all that are in use.
fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests;
