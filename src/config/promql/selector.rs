//! Which series a query reads.

use super::number::number;
use super::{Expression, OPERATORS, Token};

/// More are not looked for.
const SELECTORS_MAX: usize = 4;

/// What has a list of labels behind it.
const LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The selectors in a query, without their ranges and offsets, each once; none where it cannot be read.
pub fn selectors(promql: &str) -> Vec<String> {
    let Ok(expression) = Expression::of(promql.to_owned()) else { return Vec::new() };
    let mut found = Vec::new();
    let (mut next, mut before) = (0, "");
    while let Some(piece) = expression.pieces.get(next) {
        let (at, word) = (next, expression.word(next));
        next += 1;
        let behind = expression.after(at);
        let follows = behind.map_or("", |at| expression.word(at));
        match piece.kind {
            Token::Blank => continue,
            // Of a list of labels, of a range, and of labels' values nothing is read.
            Token::Open if word == "[" || LABELS.contains(&before.to_ascii_lowercase().as_str()) => {
                next = piece.partner + 1;
            }
            Token::Open if word == "{" => {
                next = piece.partner + 1;
                found.push(expression.without_comments(at..next));
            }
            Token::Word if !calls(follows) && reads(word) => {
                let end =
                    behind.filter(|_| follows == "{").map_or(at, |open| expression.pieces[open].partner);
                next = end + 1;
                found.push(expression.without_comments(at..next));
            }
            Token::Open | Token::Close | Token::Word | Token::Quoted | Token::Sign => {}
        }
        before = word;
    }
    found.sort();
    found.dedup();
    found.truncate(SELECTORS_MAX);
    found
}

/// Whether what follows a word makes it a call: its arguments, or the labels of an aggregation.
fn calls(follows: &str) -> bool {
    matches!(follows.to_ascii_lowercase().as_str(), "(" | "by" | "without")
}

/// Whether a word that calls nothing names a metric.
fn reads(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let keyword =
        OPERATORS.contains(&lower.as_str()) || LABELS.contains(&lower.as_str()) || lower == "offset";
    !keyword && number(word).is_none()
}

impl Expression {
    /// The next piece that is not blank.
    fn after(&self, at: usize) -> Option<usize> {
        (at + 1..self.pieces.len()).find(|at| self.pieces[*at].kind != Token::Blank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_that_a_query_reads_are_found() {
        for (query, selectors_of) in [
            ("job:p95:rate1m", &["job:p95:rate1m"][..]),
            (" (x) ", &["x"]),
            ("x {a=\"b\"} offset -5m", &["x {a=\"b\"}"]),
            ("{\"my.metric\"} @ end()", &["{\"my.metric\"}"]),
            ("sum by (le, on) (rate(d_bucket{job='x'}[5m]))", &["d_bucket{job='x'}"]),
            ("sum(rate(d_bucket[5m])) by (le)", &["d_bucket"]),
            ("rate(e[5m]) / on (job) group_left (x, y) rate(r[$__interval])", &["e", "r"]),
            ("a + a - -a", &["a"]),
            ("a or vector(0) and bool_metric", &["a", "bool_metric"]),
            ("label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\") > bool 1e3", &["up"]),
            ("max_over_time(rate(x[1m])[10m:1m]) # y", &["x"]),
            ("time() - max(last_success{job=~\"a|b\"})", &["last_success{job=~\"a|b\"}"]),
            ("5m + inf", &[]),
            ("vector(1)", &[]),
            ("sum(x", &[]),
            ("a + b + c + d + e", &["a", "b", "c", "d"]),
        ] {
            assert_eq!(selectors(query), selectors_of, "{query}");
        }
    }
}
