//! As much of PromQL as it takes to see what a query is made of. What is not recognized stays whole: only Prometheus
//! knows whether it is right.

use std::ops::Range;

mod kind;
mod number;
mod selector;

#[cfg(test)]
mod tests;

pub use kind::{Kind, Shape, adds_up, kind_of, shape_of};
pub use selector::selectors;

/// What joins two sides, or says how their series are matched: beside a division, it is no plain one.
const OPERATORS: [&str; 12] = [
    "and",
    "or",
    "unless",
    "atan2",
    "bool",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "fill",
    "fill_left",
    "fill_right",
];

/// A query, cut into pieces.
pub(super) struct Expression {
    text: String,
    pieces: Vec<Piece>,
}

struct Piece {
    kind: Token,
    span: Range<usize>,
    /// Of a bracket: the piece that closes or opens it.
    partner: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// White space or a comment.
    Blank,
    /// A name, a keyword or a number.
    Word,
    Quoted,
    Open,
    Close,
    /// Any other character.
    Sign,
}

impl Expression {
    /// Cuts a query, or says why it cannot be one.
    pub(super) fn of(text: String) -> Result<Self, String> {
        let (mut pieces, mut open, mut at) = (Vec::<Piece>::new(), Vec::new(), 0);
        while let Some(first) = text[at..].chars().next() {
            let (kind, length) = piece(first, &text[at..])?;
            let mut partner = pieces.len();
            if kind == Token::Open {
                open.push((first, pieces.len()));
            }
            if kind == Token::Close {
                let (bracket, opened) = open.pop().ok_or_else(|| format!("has a `{first}` too many"))?;
                if closing(bracket) != first {
                    return Err(format!("has a `{bracket}` that a `{first}` closes"));
                }
                pieces[opened].partner = pieces.len();
                partner = opened;
            }
            pieces.push(Piece { kind, span: at..at + length, partner });
            at += length;
        }
        match open.pop() {
            Some((bracket, _)) => Err(format!("has a `{bracket}` that is not closed")),
            None => Ok(Self { text, pieces }),
        }
    }

    /// The whole without its comments, so that it can be put into another query.
    pub(super) fn plain(&self) -> String {
        self.without_comments(self.trimmed(0..self.pieces.len()))
    }

    /// The two sides of what is one division of two counts and nothing else.
    pub(super) fn division(&self) -> Option<(String, String)> {
        let whole = self.bare(0..self.pieces.len());
        let mut slash = None;
        for at in self.top(whole.clone()) {
            let word = self.word(at);
            match self.pieces[at].kind {
                Token::Sign if word == "/" && slash.is_none() => slash = Some(at),
                Token::Sign if word != "@" => return None,
                Token::Word if OPERATORS.contains(&word.to_ascii_lowercase().as_str()) => return None,
                Token::Blank | Token::Word | Token::Quoted | Token::Open | Token::Close | Token::Sign => {}
            }
        }
        let slash = slash?;
        let (left, right) = (self.bare(whole.start..slash), self.bare(slash + 1..whole.end));
        let counted = self.counts(&left) && self.counts(&right);
        counted.then(|| (self.without_comments(left), self.without_comments(right)))
    }

    /// The buckets that a `histogram_quantile(0.95, …)` is made of.
    pub(super) fn buckets(&self) -> Option<String> {
        let whole = self.bare(0..self.pieces.len());
        let top: Vec<usize> = self.top(whole).filter(|at| self.pieces[*at].kind != Token::Blank).collect();
        let [name, open] = top.as_slice() else { return None };
        if self.word(*name) != "histogram_quantile" || self.word(*open) != "(" {
            return None;
        }
        let inside = open + 1..self.pieces[*open].partner;
        let commas: Vec<usize> = self.top(inside.clone()).filter(|at| self.word(*at) == ",").collect();
        let [comma] = commas.as_slice() else { return None };
        let level: f64 = self.without_comments(self.bare(inside.start..*comma)).parse().ok()?;
        let buckets = self.bare(comma + 1..inside.end);
        // A native histogram has no buckets by `le`.
        let classic = buckets.clone().any(|at| self.word(at) == "le" || self.word(at).contains("_bucket"));
        ((level - 0.95).abs() < 1e-9 && classic).then(|| self.without_comments(buckets))
    }

    /// Whether a side counts events: it names counters or gives rates of them. What is no counter must
    /// not be taken for one, or every fall of it would be a reset.
    fn counts(&self, side: &Range<usize>) -> bool {
        let counter = |at: usize| {
            let word = self.word(at);
            self.pieces[at].kind == Token::Word && (word.ends_with("_total") || word.ends_with("_count"))
        };
        match self.kind(side.clone()) {
            Kind::Rate { .. } => true,
            Kind::Counter => side.clone().any(counter),
            Kind::Number => false,
        }
    }

    /// The pieces of a range that are within no bracket of it; of brackets, the opening one.
    fn top(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let mut next = range.start;
        std::iter::from_fn(move || {
            let at = Some(next).filter(|at| *at < range.end)?;
            next = if self.pieces[at].kind == Token::Open { self.pieces[at].partner } else { at } + 1;
            Some(at)
        })
    }

    /// A range without the brackets around all of it.
    fn bare(&self, range: Range<usize>) -> Range<usize> {
        let mut range = self.trimmed(range);
        while !range.is_empty()
            && self.word(range.start) == "("
            && self.pieces[range.start].partner == range.end - 1
        {
            range = self.trimmed(range.start + 1..range.end - 1);
        }
        range
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let solid = |at: &usize| self.pieces[*at].kind != Token::Blank;
        match (range.clone().find(solid), range.clone().rfind(solid)) {
            (Some(first), Some(last)) => first..last + 1,
            (None, _) | (_, None) => range.start..range.start,
        }
    }

    fn without_comments(&self, range: Range<usize>) -> String {
        range.map(|at| self.word(at)).filter(|word| !word.starts_with('#')).collect()
    }

    fn word(&self, at: usize) -> &str {
        &self.text[self.pieces[at].span.clone()]
    }
}

/// What a text begins with, and how many bytes of it.
fn piece(first: char, text: &str) -> Result<(Token, usize), String> {
    let run = |of: fn(char) -> bool| text.find(|c| !of(c)).unwrap_or(text.len());
    Ok(match first {
        '#' => (Token::Blank, run(|c| c != '\n')),
        '"' | '\'' | '`' => (Token::Quoted, quoted(first, text)?),
        '(' | '[' | '{' => (Token::Open, 1),
        ')' | ']' | '}' => (Token::Close, 1),
        _ if first.is_whitespace() => (Token::Blank, run(char::is_whitespace)),
        _ if is_word(first) => (Token::Word, run(is_word)),
        _ => (Token::Sign, first.len_utf8()),
    })
}

/// The length of a quoted text. A backslash hides what follows it, except between backticks.
fn quoted(quote: char, text: &str) -> Result<usize, String> {
    let mut hidden = true; // the quote itself
    for (at, char) in text.char_indices() {
        if hidden {
            hidden = false;
        } else if char == quote {
            return Ok(at + 1);
        } else {
            hidden = char == '\\' && quote != '`';
        }
    }
    Err(format!("has a {quote} that is not closed"))
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | ':' | '.')
}

fn closing(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}
